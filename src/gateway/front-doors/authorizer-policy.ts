import type { PolicyDocument } from "../../iam/document.ts";
import { requestContextKeys } from "../../iam/context.ts";
import { evaluate, type Decision } from "../../iam/evaluate.ts";
import { parsePolicy } from "../../iam/policy.ts";
import { isApiError } from "../../kit/api-error.ts";
import type { Caller, UserCaller } from "../../kit/caller.ts";
import type { GatewayRequest } from "../dispatch.ts";
import { sourceIp } from "./headers.ts";
import { isRecord, parseJson } from "./parse-json.ts";

/** What a Lambda authorizer said: who comes, and what they may. */
export interface AuthorizerPolicy {
  principalId?: string;
  policy: PolicyDocument;
  context: Readonly<Record<string, unknown>> | null;
  usageIdentifierKey?: string;
}

/** Why what a function gave back is no answer of an authorizer. */
export interface NoAnswer {
  problem: string;
}

const isTextOrNothing = (value: unknown): value is string | null | undefined => value === undefined || value === null || typeof value === "string";

/** Source: "Output from an API Gateway Lambda authorizer". */
export const readAuthorizerPolicy = (payload: Buffer): AuthorizerPolicy | NoAnswer => {
  const value = parseJson(payload.toString("utf8"));
  if (!isRecord(value)) return { problem: "the authorizer's answer is no JSON object" };
  const { principalId, policyDocument, context = null, usageIdentifierKey } = value;
  if (principalId !== undefined && typeof principalId !== "string") return { problem: "the authorizer's principalId is no text" };
  if (context !== null && !isRecord(context)) return { problem: "the authorizer's context is no object" };
  if (!isTextOrNothing(usageIdentifierKey)) return { problem: "the authorizer's usageIdentifierKey is no text" };
  try {
    return { policy: parsePolicy(policyDocument), context, ...(principalId === undefined ? {} : { principalId }), ...(typeof usageIdentifierKey === "string" ? { usageIdentifierKey } : {}) };
  } catch (error) {
    if (isApiError(error)) return { problem: `the authorizer's policyDocument is no policy: ${error.message}` };
    throw error;
  }
};

/** Of REST and WebSocket APIs: who it is must be said, and what else is said goes into events as text. */
export interface NamedAuthorizerPolicy extends AuthorizerPolicy {
  principalId: string;
  context: Readonly<Record<string, string>>;
}

/** A value of the context that is an object or a list makes the whole answer unusable. */
export const readNamedAuthorizerPolicy = (payload: Buffer): NamedAuthorizerPolicy | NoAnswer => {
  const said = readAuthorizerPolicy(payload);
  if ("problem" in said) return said;
  const { principalId } = said;
  if (principalId === undefined) return { problem: "the authorizer's answer has no principalId" };
  const entries = Object.entries(said.context ?? {}).filter(([, value]) => value !== null);
  if (entries.some(([, value]) => typeof value === "object")) return { problem: "a value of the authorizer's context is an object or a list" };
  return { ...said, principalId, context: Object.fromEntries(entries.map(([name, value]) => [name, String(value)])) };
};

export interface AskedOfPolicy {
  api: { account: string; region: string };
  /** `arn:aws:execute-api:<region>:<account>:<api>/<stage>/…` */
  resource: string;
  request: Pick<GatewayRequest, "ip" | "headers">;
  /** Wall clock, milliseconds. */
  nowMs: number;
}

/** What a policy is asked about a request to an API. */
export const askedOf = ({ api, resource, request, nowMs }: AskedOfPolicy, caller: Caller) => ({
  caller, action: "execute-api:Invoke", resource, resourceAccount: api.account,
  context: requestContextKeys({ caller, region: api.region, nowMs, isSecure: false, sourceIp: sourceIp(request), userAgent: request.headers["user-agent"] ?? "" }),
});

/** Somebody of the API's account whom no policy of IAM knows: only the authorizer's speaks for them. */
const principalOf = ({ account }: AskedOfPolicy["api"], { principalId = "user" }: AuthorizerPolicy): UserCaller => ({
  type: "user", account, arn: `arn:aws:iam::${account}:user/${principalId}`, userId: principalId, userName: principalId,
});

/** Whether the authorizer lets a request in: its policy, held against what was asked for. */
export const evaluateAuthorizerPolicy = (said: AuthorizerPolicy, asked: AskedOfPolicy): Decision =>
  evaluate({ ...askedOf(asked, principalOf(asked.api, said)), identityPolicies: [{ name: "policy of the Lambda authorizer", document: said.policy }] });
