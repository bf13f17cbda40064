import { evaluateAuthorizerPolicy, readAuthorizerPolicy, type AuthorizerPolicy, type NoAnswer } from "../../authorizer-policy.ts";
import { isRecord, parseJson } from "../../parse-json.ts";
import { routeArn, type Passage } from "../passage.ts";

/** What a Lambda authorizer said: yes or no, or a policy, which each request is held against. */
export type Verdict = AuthorizerPolicy | { isAuthorized: boolean; context: AuthorizerPolicy["context"] };

const readSimple = (payload: Buffer): Verdict | NoAnswer => {
  const value = parseJson(payload.toString("utf8"));
  if (!isRecord(value) || typeof value["isAuthorized"] !== "boolean") return { problem: "the authorizer's answer has no isAuthorized" };
  const { isAuthorized, context = null } = value;
  return context === null || isRecord(context) ? { isAuthorized: isAuthorized as boolean, context } : { problem: "the authorizer's context is no object" };
};

/** Source: "Authorizer response format". */
export const readVerdict = (payload: Buffer, isSimple: boolean): Verdict | NoAnswer => (isSimple ? readSimple(payload) : readAuthorizerPolicy(payload));

export const allows = (passage: Passage, verdict: Verdict, nowMs: number): boolean =>
  "isAuthorized" in verdict ? verdict.isAuthorized : evaluateAuthorizerPolicy(verdict, { api: passage.served.api, resource: routeArn(passage), request: passage.request, nowMs }).isAllowed;
