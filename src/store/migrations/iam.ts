import type { Migration } from "../migrate.ts";

export const iam: readonly Migration[] = [];
