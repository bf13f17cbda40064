import type { Migration } from "../migrate.ts";

export const sns: readonly Migration[] = [];
