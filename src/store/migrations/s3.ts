import type { Migration } from "../migrate.ts";

export const s3: readonly Migration[] = [];
