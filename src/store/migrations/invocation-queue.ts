import type { Migration } from "../migrate.ts";

export const invocationQueue: readonly Migration[] = [];
