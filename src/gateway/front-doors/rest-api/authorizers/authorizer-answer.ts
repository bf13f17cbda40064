import { evaluate, type Decision } from "../../../../iam/evaluate.ts";
import { anonymous } from "../../../../kit/caller.ts";
import { askedOf, evaluateAuthorizerPolicy, readNamedAuthorizerPolicy, type AskedOfPolicy, type NamedAuthorizerPolicy } from "../../authorizer-policy.ts";
import { methodArn, type Authorization, type Exchange } from "../exchange.ts";
import { GatewayFailure } from "../gateway-failure.ts";

/** What a Lambda authorizer answered, as it is kept. */
export type AuthorizerAnswer = NamedAuthorizerPolicy;

export const readAuthorizerAnswer = (payload: Buffer): AuthorizerAnswer => {
  const said = readNamedAuthorizerPolicy(payload);
  if ("problem" in said) throw new GatewayFailure("AUTHORIZER_CONFIGURATION_ERROR", { reason: `Execution failed due to configuration error: ${said.problem}` });
  return said;
};

const refusal = ({ reason }: Decision): GatewayFailure =>
  new GatewayFailure("ACCESS_DENIED", reason === "explicit-deny" ? { message: "User is not authorized to access this resource with an explicit deny in an identity-based policy" } : {});

const askedAbout = (exchange: Exchange, nowMs: number): AskedOfPolicy => ({ api: exchange.serving.compiled, resource: methodArn(exchange), request: exchange.request, nowMs });

/** What the API's own policy says of somebody whom nobody knows; undefined when it has none. */
const decisionOfApi = (exchange: Exchange, nowMs: number): Decision | undefined => {
  const { policy: resourcePolicy } = exchange.serving.compiled;
  return resourcePolicy && evaluate({ ...askedOf(askedAbout(exchange, nowMs), anonymous), identityPolicies: [], resourcePolicy });
};

/** The authorizer's policy and the API's together: a Deny of either refuses, an Allow of either lets in. */
export const decide = (exchange: Exchange, answer: AuthorizerAnswer, nowMs: number): void => {
  const own = evaluateAuthorizerPolicy(answer, askedAbout(exchange, nowMs));
  const ofApi = decisionOfApi(exchange, nowMs);
  const denied = [own, ofApi].find((decision) => decision?.reason === "explicit-deny");
  if (denied !== undefined) throw refusal(denied);
  if (!own.isAllowed && ofApi?.isAllowed !== true) throw refusal(own);
};

/** Whether the API's policy refuses before any authorizer is asked. */
export const isDeniedByPolicy = (exchange: Exchange, nowMs: number): boolean => decisionOfApi(exchange, nowMs)?.reason === "explicit-deny";

export const authorizationOf = ({ principalId, context, usageIdentifierKey }: AuthorizerAnswer): Authorization => ({ principalId, context, ...(usageIdentifierKey === undefined ? {} : { usageIdentifierKey }) });
