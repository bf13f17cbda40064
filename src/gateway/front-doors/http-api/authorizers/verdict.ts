import { requestContextKeys } from "../../../../iam/context.ts";
import { evaluate } from "../../../../iam/evaluate.ts";
import { parsePolicy } from "../../../../iam/policy.ts";
import type { PolicyDocument } from "../../../../iam/document.ts";
import { isApiError } from "../../../../kit/api-error.ts";
import type { UserCaller } from "../../../../kit/caller.ts";
import { isRecord } from "../../answer-v2.ts";
import { sourceIp } from "../../headers.ts";
import { parseJson } from "../../parse-json.ts";
import { routeArn, type Passage } from "../passage.ts";

/** What a Lambda authorizer said: yes or no, or a policy, which each request is held against. */
export interface Verdict {
  isAuthorized?: boolean;
  policy?: PolicyDocument;
  principalId?: string;
  context: Readonly<Record<string, unknown>> | null;
}

/** Undefined when it is no answer of an authorizer. Source: "Authorizer response format". */
export const readVerdict = (payload: Buffer, isSimple: boolean): Verdict | undefined => {
  const value = parseJson(payload.toString("utf8"));
  if (!isRecord(value)) return undefined;
  const { context = null, principalId } = value;
  if (context !== null && !isRecord(context)) return undefined;
  if (isSimple) return typeof value["isAuthorized"] === "boolean" ? { isAuthorized: value["isAuthorized"], context } : undefined;
  if (principalId !== undefined && typeof principalId !== "string") return undefined;
  try {
    return { policy: parsePolicy(value["policyDocument"]), context, ...(principalId === undefined ? {} : { principalId }) };
  } catch (error) {
    if (isApiError(error)) return undefined;
    throw error;
  }
};

/** Whoever the authorizer says it is, with nothing but its policy. */
const principal = ({ served: { api } }: Passage, { principalId = "user" }: Verdict): UserCaller => ({
  type: "user", account: api.account, arn: `arn:aws:iam::${api.account}:user/${principalId}`, userId: principalId, userName: principalId,
});

export const allows = (passage: Passage, verdict: Verdict, nowMs: number): boolean => {
  if (verdict.policy === undefined) return verdict.isAuthorized === true;
  const caller = principal(passage, verdict);
  const { request, served: { api } } = passage;
  return evaluate({
    caller, action: "execute-api:Invoke", resource: routeArn(passage), resourceAccount: api.account,
    context: requestContextKeys({ caller, region: api.region, nowMs, isSecure: false, sourceIp: sourceIp(request), userAgent: request.headers["user-agent"] ?? "" }),
    identityPolicies: [{ name: "policy of the Lambda authorizer", document: verdict.policy }],
  }).isAllowed;
};
