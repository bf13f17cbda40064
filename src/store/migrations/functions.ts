import type { Migration } from "../migrate.ts";

export const functions: readonly Migration[] = [];
