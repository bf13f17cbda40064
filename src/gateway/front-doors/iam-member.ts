import type { Caller } from "../../kit/caller.ts";

/** Who the function is told that it was called by. Sources: "Request payload format", function URLs; "IAM authorization for HTTP APIs". */
export const iamMember = (caller: Exclude<Caller, { type: "anonymous" }>): Record<string, string | null> => ({
  accessKey: caller.accessKeyId ?? null,
  accountId: caller.account,
  callerId: caller.userId,
  cognitoIdentity: null,
  principalOrgId: null,
  userArn: caller.arn,
  userId: caller.userId,
});
