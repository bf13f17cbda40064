import type { Migration } from "../migrate.ts";

export const logs: readonly Migration[] = [];
