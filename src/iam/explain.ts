import { parseArn } from "../kit/arn.ts";
import type { Caller } from "../kit/caller.ts";
import type { FailedCondition, SeenCondition } from "./conditions.ts";
import type { AuthorizationRequest, ConsideredStatement, Decision } from "./evaluate.ts";
import { remedyOf, type Remedy } from "./remedy.ts";
import { wholePolicyOf } from "./whole-policies.ts";

export interface Explanation {
  /** AWS's own text. */
  message: string;
  /** In plain words, one thing each; the first is the verdict. */
  sentences: string[];
  /** Of statements that would have allowed it, and which they are. */
  failedConditions: (FailedCondition & { statement: string })[];
  /** What opens the door, ready to paste. */
  fix?: Remedy;
}

type Asked = Pick<AuthorizationRequest, "caller" | "action" | "resource"> & Partial<Pick<AuthorizationRequest, "context">>;

const KIND: Record<ConsideredStatement["role"], string> = {
  identity: "identity-based",
  resource: "resource-based",
  boundary: "permissions boundary",
  session: "session",
};

const withArticle = (kind: string): string => `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`;

/** "User: … is not authorized to perform: … on resource: … because no identity-based policy allows the … action" */
const accessDeniedText = ({ caller, action, resource }: Asked, decision: Decision): string => {
  const who = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource}`;
  const kind = decision.by === "none" ? "identity-based" : KIND[decision.by];
  const policy = kind.endsWith("boundary") ? kind : `${kind} policy`;
  return decision.reason === "explicit-deny" ? `${who} with an explicit deny in ${withArticle(policy)}` : `${who} because no ${policy} allows the ${action} action`;
};

/** What is to be done about a statement that denies; a function's is taken away by its Sid, where it has one. */
const rewriteOf = ({ statement }: Decision): string | undefined => {
  if (statement?.attachedTo === undefined) return undefined;
  const whole = wholePolicyOf(statement.attachedTo);
  if (whole !== undefined) return `read the policy (below), and write it without that statement ${whole.write}`;
  return statement.sid === undefined ? "it has no Sid: read the policy (below), and write it without that statement (aws lambda put-resource-policy), or away (delete-resource-policy)" : undefined;
};

/** Why a statement that denies under conditions is for this request. */
const heldText = ({ operator, key, expected, actual }: SeenCondition): string =>
  `its condition ${operator} ${key} (${expected.join(" or ")}) holds: the request has ${actual.length === 0 ? "no such key" : actual.join(" and ")}`;

const nameOf = ({ sid, index, policy }: { sid?: string; index: number; policy: string }): string => `statement ${sid === undefined ? `#${index + 1}` : `"${sid}"`} of the ${policy}`;

const whoIs = (caller: Caller): string => {
  switch (caller.type) {
    case "anonymous":
      return "a request without a signature";
    case "service":
      return caller.sourceArn === undefined ? caller.service : `${caller.service} (for ${caller.sourceArn})`;
    case "role-session":
      return `the role ${caller.roleArn.split("/").at(-1)} (session ${caller.sessionName})`;
    case "user":
      return `the user ${caller.userName}`;
    default:
      return `the root of account ${caller.account}`;
  }
};

const LAMBDA_NAME = /^function:([^:]+)(?::(.+))?$/;

/** `invoke the function thumbnails`, or the action as AWS names it. */
const what = ({ action, resource }: Asked): string => {
  const [, name, qualifier] = LAMBDA_NAME.exec(parseArn(resource)?.resource ?? "") ?? [];
  if (action === "lambda:InvokeFunction" && name !== undefined) return `invoke the function ${name}${qualifier === undefined ? "" : `, version or alias ${qualifier}`}`;
  if (action === "sts:AssumeRole") return `assume the role ${resource}`;
  if (action === "iam:PassRole") return `hand the role ${resource} to a service (iam:PassRole)`;
  return resource === "*" ? `do ${action}` : `do ${action} on ${resource}`;
};

const sentenceOf = (statement: ConsideredStatement): string => {
  const name = nameOf(statement);
  switch (statement.outcome) {
    case "principal":
      return `${name} is for another principal`;
    case "action":
      return `${name} does not speak of this action`;
    case "resource":
      return `${name} speaks of this action, but not of this resource`;
    default:
      return `${name} ${statement.effect === "Deny" ? "denies" : "allows"} it`;
  }
};

/** Why nothing allowed it: first which kind of policy was missing an allow, then the statements that came near. */
const missing = ({ resource, action }: Asked, { by, considered }: Decision): string[] => {
  const ofKind = considered.filter(({ role }) => role === by || (by === "none" && role === "identity"));
  const near = considered.filter(({ outcome, effect, role }) => effect === "Allow" && outcome !== "action" && outcome !== "condition" && !(outcome === "matched" && role === by)).map(sentenceOf);
  if (by === "boundary") return ["its policies allow it, but its permissions boundary does not: both must", ...near];
  if (by === "session") return ["its role allows it, but the policy that the session was given does not: both must", ...near];
  const [, name, qualifier] = LAMBDA_NAME.exec(parseArn(resource)?.resource ?? "") ?? [];
  if (ofKind.length === 0 && by === "resource" && qualifier !== undefined && qualifier !== "$LATEST") return [`${qualifier} of the function ${name} has no policy of its own that lets anyone in (the function's is not for it), or there is no such version or alias`, ...near];
  if (ofKind.length === 0 && by === "resource" && name !== undefined) return [`the function ${name} has no policy that lets anyone in, or there is no such function`, ...near];
  if (ofKind.length === 0 && by === "resource" && action === "sts:AssumeRole") return ["there is no such role"];
  const whole = by === "resource" ? wholePolicyOf(resource) : undefined;
  if (ofKind.length === 0 && whole !== undefined) return [whole.none, ...near];
  if (ofKind.length === 0 && by === "resource" && action.startsWith("logs:")) return ["there is no resource policy of CloudWatch Logs that lets anyone in", ...near];
  if (ofKind.length === 0) return ["there is no policy that could allow it", ...near];
  return [ofKind.length === 1 ? "the one statement that there is does not allow it" : `none of its ${ofKind.length} statements allows it`, ...near];
};

/** Why it was decided so, in plain words; for a refusal also what would have allowed it. */
export const explainDecision = (asked: Asked, decision: Decision): Explanation => {
  const verdict = `${whoIs(asked.caller)} ${decision.isAllowed ? "may" : "may not"} ${what(asked)}`;
  const decided = decision.statement === undefined ? undefined : `${nameOf(decision.statement)} ${decision.isAllowed ? "allows" : "denies"} it`;
  const sentences = [verdict];
  if (decision.reason === "root") sentences.push("it is the root of the account, which may do everything in it");
  if (decided !== undefined) sentences.push(decided);
  sentences.push(...(decision.denyConditions ?? []).map(heldText));
  if (decision.reason === "explicit-deny") sentences.push("an explicit deny wins over every allow: only changing that statement helps");
  const rewriting = decision.reason === "explicit-deny" ? rewriteOf(decision) : undefined;
  if (rewriting !== undefined) sentences.push(rewriting);
  if (decision.reason === "implicit-deny") sentences.push(...missing(asked, decision));
  const failedConditions = decision.isAllowed
    ? []
    : decision.considered.flatMap((statement) => (statement.effect === "Allow" && statement.condition !== undefined ? [{ statement: nameOf(statement), ...statement.condition }] : []));
  const fix = remedyOf(asked, decision);
  return { message: accessDeniedText(asked, decision), sentences, failedConditions, ...(fix === undefined ? {} : { fix }) };
};
