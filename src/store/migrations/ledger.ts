import type { Migration } from "../migrate.ts";

export const ledger: readonly Migration[] = [];
