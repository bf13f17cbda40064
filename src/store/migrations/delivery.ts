import type { Migration } from "../migrate.ts";

export const delivery: readonly Migration[] = [];
