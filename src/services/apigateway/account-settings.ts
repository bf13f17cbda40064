import type { Account } from "@aws-sdk/client-api-gateway";

/** The kind, and the only id of it, in `api_item`. */
export const ACCOUNT_SETTINGS = "account";

export type StoredAccount = Pick<Account, "cloudwatchRoleArn">;
