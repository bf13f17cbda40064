import { evaluate, type Decision } from "../../../../iam/evaluate.ts";
import type { NamedPolicy, PolicyDocument } from "../../../../iam/document.ts";
import { parsePolicy } from "../../../../iam/policy.ts";
import { anonymous, type UserCaller } from "../../../../kit/caller.ts";
import { sourceIp } from "../../headers.ts";
import { methodArn, type Authorization, type Exchange } from "../exchange.ts";
import { GatewayFailure } from "../gateway-failure.ts";

/** What a Lambda authorizer answered, as it is kept. */
export interface AuthorizerAnswer {
  principalId: string;
  policy: PolicyDocument;
  context: Record<string, string>;
  usageIdentifierKey?: string;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const unusable = (reason: string): GatewayFailure => new GatewayFailure("AUTHORIZER_CONFIGURATION_ERROR", { reason: `Execution failed due to configuration error: ${reason}` });

const parse = (payload: Buffer): unknown => {
  try {
    return JSON.parse(payload.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
};

/** Values are handed on as texts; one that is an object or a list makes the whole answer unusable. */
const contextOf = (given: unknown): Record<string, string> => {
  if (given === undefined || given === null) return {};
  if (!isRecord(given)) throw unusable("the authorizer's context is no object");
  const entries = Object.entries(given).filter(([, value]) => value !== null);
  if (entries.some(([, value]) => typeof value === "object")) throw unusable("a value of the authorizer's context is an object or a list");
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
};

/** Source: "Output from an API Gateway Lambda authorizer". */
export const readAuthorizerAnswer = (payload: Buffer): AuthorizerAnswer => {
  const value = parse(payload);
  if (!isRecord(value)) throw unusable("Invalid JSON in response of the authorizer");
  const { principalId, policyDocument, context, usageIdentifierKey } = value;
  if (typeof principalId !== "string") throw unusable("the authorizer's principalId is no text");
  if (usageIdentifierKey !== undefined && usageIdentifierKey !== null && typeof usageIdentifierKey !== "string") throw unusable("the authorizer's usageIdentifierKey is no text");
  try {
    return { principalId, policy: parsePolicy(policyDocument), context: contextOf(context), ...(typeof usageIdentifierKey === "string" ? { usageIdentifierKey } : {}) };
  } catch (error) {
    throw error instanceof GatewayFailure ? error : unusable(`Invalid policy document: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** Somebody of the API's account whom no policy of IAM knows: only the authorizer's speaks for them. */
const principalOf = (account: string, name: string): UserCaller => ({ type: "user", account, arn: `arn:aws:iam::${account}:user/${name}`, userId: name, userName: name });

const refusal = ({ reason }: Decision): GatewayFailure =>
  new GatewayFailure("ACCESS_DENIED", reason === "explicit-deny" ? { message: "User is not authorized to access this resource with an explicit deny in an identity-based policy" } : {});

/** The authorizer's policy and the API's together: a Deny of either refuses, an Allow of either lets in. */
export const decide = (exchange: Exchange, answer: AuthorizerAnswer, nowMs: number): void => {
  const { account, policy: resourcePolicy } = exchange.serving.compiled;
  const asked = {
    action: "execute-api:Invoke", resource: methodArn(exchange), resourceAccount: account,
    context: {
      "aws:SourceIp": sourceIp(exchange.request), "aws:UserAgent": exchange.request.headers["user-agent"] ?? "", "aws:SecureTransport": "false", "aws:CurrentTime": new Date(nowMs).toISOString(), "aws:EpochTime": String(Math.floor(nowMs / 1000)),
    },
  };
  const policy: NamedPolicy = { name: "policy of the authorizer", document: answer.policy };
  const own = evaluate({ ...asked, caller: principalOf(account, answer.principalId), identityPolicies: [policy] });
  const ofApi = resourcePolicy === undefined ? undefined : evaluate({ ...asked, caller: anonymous, identityPolicies: [], resourcePolicy });
  const denied = [own, ofApi].find((decision) => decision?.reason === "explicit-deny");
  if (denied !== undefined) throw refusal(denied);
  if (!own.isAllowed && ofApi?.isAllowed !== true) throw refusal(own);
};

/** Whether the API's policy refuses before any authorizer is asked. */
export const isDeniedByPolicy = (exchange: Exchange): boolean => {
  const { account, policy: resourcePolicy } = exchange.serving.compiled;
  if (resourcePolicy === undefined) return false;
  const context = { "aws:SourceIp": sourceIp(exchange.request), "aws:UserAgent": exchange.request.headers["user-agent"] ?? "", "aws:SecureTransport": "false" };
  return evaluate({ caller: anonymous, action: "execute-api:Invoke", resource: methodArn(exchange), resourceAccount: account, context, identityPolicies: [], resourcePolicy }).reason === "explicit-deny";
};

export const authorizationOf = ({ principalId, context, usageIdentifierKey }: AuthorizerAnswer): Authorization => ({ principalId, context, ...(usageIdentifierKey === undefined ? {} : { usageIdentifierKey }) });
