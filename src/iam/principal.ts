import { listOf } from "./document.ts";
import type { Caller, ServiceCaller } from "../kit/caller.ts";

/**
 * How a principal element names a caller, weakest first. `account`: its account, which leaves the decision to the
 * account's own policies · `role`: the role, within its boundary and session policy · `direct`: this very principal.
 */
export type Grant = "account" | "role" | "direct";

type PrincipalElement = "*" | Record<string, string | string[]>;

const grantOfAws = (principal: string, caller: Caller): Grant | undefined => {
  if (principal === "*") return "direct";
  if (caller.type === "service" || caller.type === "anonymous") return undefined;
  const account = /^\d{12}$/.test(principal) ? principal : /^arn:aws[a-z-]*:iam::(\d{12}):root$/.exec(principal)?.[1];
  if (account !== undefined) return caller.account === account ? "account" : undefined;
  if (principal === caller.arn) return "direct";
  return caller.type === "role-session" && principal === caller.roleArn ? "role" : undefined;
};

/** A service by its name, or by that which it has in the region of what it acts for: `logs.us-east-1.amazonaws.com`. */
const isService = (principal: string, { service, sourceArn }: ServiceCaller): boolean => {
  if (principal === service || principal === "*") return true;
  const region = sourceArn?.split(":")[3];
  return region !== undefined && region !== "" && principal === service.replace(".", `.${region}.`);
};

const STRENGTH: Record<Grant, number> = { account: 0, role: 1, direct: 2 };

/** The strongest way in which the element names the caller; undefined when it does not. */
export const grantOf = (element: PrincipalElement, caller: Caller): Grant | undefined => {
  if (element === "*") return "direct";
  const grants: Grant[] = [];
  for (const [type, value] of Object.entries(element)) {
    for (const principal of listOf(value)) {
      if (type === "Service" && caller.type === "service" && isService(principal, caller)) grants.push("direct");
      const grant = type === "AWS" ? grantOfAws(principal, caller) : undefined;
      if (grant !== undefined) grants.push(grant);
    }
  }
  return grants.toSorted((a, b) => STRENGTH[b] - STRENGTH[a])[0];
};

const NAME = String.raw`[\w+=,.@-]+`;
const PRINCIPAL_ARN = new RegExp(String.raw`^arn:aws[a-z-]*:(iam::\d{12}:(root|(user|role)(/${NAME})+)|sts::\d{12}:(assumed-role/${NAME}|federated-user)/${NAME})$`);

/** An account, a user, a role or one of its sessions: whole, as "you cannot use a wildcard to match part of a principal name or ARN" ("Principal", IAM user guide). */
export const isPrincipalArn = (text: string): boolean => PRINCIPAL_ARN.test(text);

/** What a policy may be told to trust: an account, the ARN of a principal, a service name, or everyone. */
export const isPrincipalText = (text: string): boolean => text === "*" || /^\d{12}$/.test(text) || /^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/.test(text) || isPrincipalArn(text);
