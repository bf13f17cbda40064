import type { Caller } from "../kit/caller.ts";
import { findFailedCondition, seenConditions, type ContextKeys, type FailedCondition, type SeenCondition } from "./conditions.ts";
import { listOf, type NamedPolicy, type Statement } from "./document.ts";
import { statementsOf } from "./policy.ts";
import { grantOf, type Grant } from "./principal.ts";
import { expandVariables } from "./variables.ts";
import { matchesArn, matchesWildcard } from "./wildcard.ts";

export interface AuthorizationRequest {
  caller: Caller;
  /** `lambda:InvokeFunction` */
  action: string;
  /** An ARN, or `*` where the action has no resource. */
  resource: string;
  /** Whose resource it is. */
  resourceAccount: string;
  /** Full key names, any case. */
  context: Readonly<Record<string, string | readonly string[]>>;
  identityPolicies: readonly NamedPolicy[];
  resourcePolicy?: NamedPolicy | undefined;
  permissionsBoundary?: NamedPolicy | undefined;
  /** Given when the session was made: one of them must allow. Undefined: the session was not narrowed. */
  sessionPolicies?: readonly NamedPolicy[] | undefined;
  /** The resource's own policy must agree, even within the account: the trust policy of a role. */
  isResourcePolicyRequired?: boolean;
}

export type DecisionReason = "root" | "identity-policy" | "resource-policy" | "explicit-deny" | "implicit-deny";

/** Where it failed first, in the order it is looked at; `matched` when it did not. */
export type StatementOutcome = "matched" | "principal" | "action" | "resource" | "condition";

export interface ConsideredStatement {
  /** Name of the policy that it stands in. */
  policy: string;
  role: "identity" | "resource" | "boundary" | "session";
  sid?: string;
  index: number;
  effect: "Allow" | "Deny";
  outcome: StatementOutcome;
  condition?: FailedCondition;
}

export interface Decision {
  isAllowed: boolean;
  reason: DecisionReason;
  /** The one that decided. */
  statement?: { policy: string; sid?: string; index: number; attachedTo?: string };
  /** The conditions under which an explicit deny is for this request. */
  denyConditions?: SeenCondition[];
  /** Which policy an explicit deny stood in, or which one was missing an allow. */
  by: ConsideredStatement["role"] | "none";
  considered: ConsideredStatement[];
}

const contextKeys = (context: AuthorizationRequest["context"]): ContextKeys =>
  new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), typeof value === "string" ? [value] : value]));

const matchesAction = (statement: Statement, action: string): boolean => {
  const matches = (patterns: string | string[]) => listOf(patterns).some((pattern) => matchesWildcard(pattern.toLowerCase(), action.toLowerCase()));
  return statement.Action === undefined ? !matches(statement.NotAction ?? []) : matches(statement.Action);
};

const ARN_PARTS = 6;

/** An incomplete ARN ends in wildcards: `arn:aws:sqs` is `arn:aws:sqs:*:*:*` ("IAM JSON policy elements: Resource"). */
const completeArn = (pattern: string): string => {
  const parts = pattern.split(":").length;
  return pattern.startsWith("arn:") && parts < ARN_PARTS ? pattern + ":*".repeat(ARN_PARTS - parts) : pattern;
};

const matchesOneResource = (pattern: string | undefined, resource: string): boolean => pattern !== undefined && (pattern === "*" || matchesArn(completeArn(pattern), resource));

const matchesResource = (statement: Statement, resource: string, expand: Expand): boolean => {
  const matches = (patterns: string | string[]) => listOf(patterns).some((pattern) => matchesOneResource(expand(pattern), resource));
  if (statement.Resource === undefined && statement.NotResource === undefined) return true;
  return statement.Resource === undefined ? !matches(statement.NotResource!) : matches(statement.Resource);
};

/**
 * An account that is named spares its root alone, not its users and roles; and who has a permissions boundary is not spared at all, whatever is named
 * ("NotPrincipal", IAM user guide).
 */
const isSpared = (named: NonNullable<Statement["NotPrincipal"]>, { caller, permissionsBoundary }: AuthorizationRequest): boolean => {
  const grant = grantOf(named, caller);
  return grant !== undefined && permissionsBoundary === undefined && (grant !== "account" || caller.type === "root");
};

/** Undefined grant: the statement does not speak of this caller. Policies of an identity speak of it by where they are attached. */
const matchesPrincipal = (statement: Statement, request: AuthorizationRequest, role: ConsideredStatement["role"]): Grant | undefined => {
  const { caller } = request;
  if (role !== "resource") return "direct";
  if (statement.NotPrincipal !== undefined) return isSpared(statement.NotPrincipal, request) ? undefined : "direct";
  return statement.Principal === undefined ? undefined : grantOf(statement.Principal, caller);
};

interface Match extends ConsideredStatement {
  grant: Grant | undefined;
  attachedTo?: string | undefined;
  statement: Statement;
}

type Expand = (text: string) => string | undefined;

const consider = (request: AuthorizationRequest, keys: ContextKeys, policy: NamedPolicy, role: ConsideredStatement["role"]): Match[] => {
  // In a document of 2008, or without a version, `${…}` is a text like any other.
  const hasVariables = policy.document.Version === "2012-10-17";
  const expand: Expand = (text) => (hasVariables ? expandVariables(text, keys) : text);
  return statementsOf(policy.document).map((statement, index) => {
    const grant = matchesPrincipal(statement, request, role);
    const base = { policy: policy.name, role, ...(statement.Sid === undefined ? {} : { sid: statement.Sid }), index, effect: statement.Effect, grant, attachedTo: policy.attachedTo, statement };
    if (grant === undefined) return { ...base, outcome: "principal" };
    if (!matchesAction(statement, request.action)) return { ...base, outcome: "action" };
    if (!matchesResource(statement, request.resource, expand)) return { ...base, outcome: "resource" };
    const condition = statement.Condition === undefined ? undefined : findFailedCondition(statement.Condition, keys, hasVariables);
    return condition === undefined ? { ...base, outcome: "matched" } : { ...base, outcome: "condition", condition };
  });
};

/** What `evaluate` allows whatever else is asked: in its own account only a policy of the resource can deny something to root. */
export const isRootAtHome = ({ caller, resourceAccount, resourcePolicy, isResourcePolicyRequired }: Pick<AuthorizationRequest, "caller" | "resourceAccount" | "resourcePolicy" | "isResourcePolicyRequired">): boolean =>
  caller.type === "root" && caller.account === resourceAccount && resourcePolicy === undefined && isResourcePolicyRequired !== true;

/**
 * Whether a caller may, and why. Pure. An explicit deny in any policy decides first. Then, within an account, an identity policy
 * (inside the boundary and the session policy) or a resource policy suffices; across accounts both must allow. A service
 * comes in through a resource policy alone. Source: "Policy evaluation logic" of the IAM user guide.
 */
export const evaluate = (request: AuthorizationRequest): Decision => {
  const { caller } = request;
  const keys = contextKeys(request.context);
  const matches = {
    identity: request.identityPolicies.flatMap((policy) => consider(request, keys, policy, "identity")),
    resource: request.resourcePolicy === undefined ? [] : [request.resourcePolicy, ...(request.resourcePolicy.also ?? [])].flatMap((policy) => consider(request, keys, policy, "resource")),
    boundary: request.permissionsBoundary === undefined ? undefined : consider(request, keys, request.permissionsBoundary, "boundary"),
    session: request.sessionPolicies?.flatMap((policy) => consider(request, keys, policy, "session")),
  };
  const all = [...matches.resource, ...matches.identity, ...(matches.boundary ?? []), ...(matches.session ?? [])];
  const decide = (isAllowed: boolean, reason: DecisionReason, by: Decision["by"], match?: Match): Decision => ({
    isAllowed,
    reason,
    by,
    ...(match === undefined ? {} : { statement: { policy: match.policy, ...(match.sid === undefined ? {} : { sid: match.sid }), index: match.index, ...(match.attachedTo === undefined ? {} : { attachedTo: match.attachedTo }) } }),
    considered: all.map(({ grant: _grant, attachedTo: _attachedTo, statement: _statement, ...considered }) => considered),
  });

  const deny = all.find((match) => match.effect === "Deny" && match.outcome === "matched");
  if (deny !== undefined) {
    const denied = decide(false, "explicit-deny", deny.role, deny);
    return deny.statement.Condition === undefined ? denied : { ...denied, denyConditions: seenConditions(deny.statement.Condition, keys) };
  }

  const allow = (list: Match[] | undefined) => list?.find((match) => match.effect === "Allow" && match.outcome === "matched");
  const grants = matches.resource.filter((match) => match.effect === "Allow" && match.outcome === "matched");
  const direct = grants.find((match) => match.grant === "direct");
  const role = grants.find((match) => match.grant === "role");
  const narrowing = matches.boundary !== undefined && allow(matches.boundary) === undefined ? "boundary" : matches.session !== undefined && allow(matches.session) === undefined ? "session" : undefined;

  if (caller.type === "service" || caller.type === "anonymous") {
    return direct === undefined ? decide(false, "implicit-deny", "resource") : decide(true, "resource-policy", "resource", direct);
  }
  const isOwn = caller.account === request.resourceAccount;
  const identity = caller.type === "root" ? undefined : allow(matches.identity);
  const isIdentityAllowed = caller.type === "root" || (identity !== undefined && narrowing === undefined);
  if (!isOwn || request.isResourcePolicyRequired === true) {
    if (grants.length === 0) return decide(false, "implicit-deny", "resource");
    if (isIdentityAllowed) return decide(true, caller.type === "root" ? "root" : "resource-policy", "resource", grants[0]);
    const isEnough = isOwn && (direct !== undefined || (role !== undefined && narrowing === undefined));
    return isEnough ? decide(true, "resource-policy", "resource", direct ?? role) : decide(false, "implicit-deny", narrowing ?? "identity");
  }
  if (caller.type === "root") return decide(true, "root", "none");
  if (direct !== undefined) return decide(true, "resource-policy", "resource", direct);
  if (role !== undefined && narrowing === undefined) return decide(true, "resource-policy", "resource", role);
  if (isIdentityAllowed) return decide(true, "identity-policy", "identity", identity);
  return decide(false, "implicit-deny", identity === undefined ? "identity" : (narrowing ?? "identity"));
};
