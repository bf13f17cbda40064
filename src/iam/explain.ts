import { parseArn } from "../kit/arn.ts";
import type { Caller } from "../kit/caller.ts";
import type { FailedCondition } from "./conditions.ts";
import type { AuthorizationRequest, ConsideredStatement, Decision } from "./evaluate.ts";

export interface Explanation {
  /** AWS's own text. */
  message: string;
  /** In plain words, one thing each. */
  sentences: string[];
  failedConditions: FailedCondition[];
  /** What opens the door, ready to paste. */
  fix?: { terraform: string; cli: string };
}

type Asked = Pick<AuthorizationRequest, "caller" | "action" | "resource">;

const KIND: Record<ConsideredStatement["role"], string> = {
  identity: "identity-based",
  resource: "resource-based",
  boundary: "permissions boundary",
  session: "session",
};

const withArticle = (kind: string): string => `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`;

/** "User: … is not authorized to perform: … on resource: … because no identity-based policy allows the … action" */
export const accessDeniedText = ({ caller, action, resource }: Asked, decision: Decision): string => {
  const who = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${resource}`;
  const kind = decision.by === "none" ? "identity-based" : KIND[decision.by];
  const policy = kind.endsWith("boundary") ? kind : `${kind} policy`;
  return decision.reason === "explicit-deny" ? `${who} with an explicit deny in ${withArticle(policy)}` : `${who} because no ${policy} allows the ${action} action`;
};

const nameOf = ({ sid, index, policy }: { sid?: string; index: number; policy: string }): string => `statement ${sid === undefined ? `#${index + 1}` : `"${sid}"`} of the ${policy}`;

const whoIs = (caller: Caller): string => (caller.type === "service" ? caller.service : caller.arn);

const list = (values: readonly string[]): string => (values.length === 0 ? "nothing" : values.map((value) => `"${value}"`).join(", "));

const sentenceOf = (statement: ConsideredStatement): string => {
  const name = nameOf(statement);
  switch (statement.outcome) {
    case "principal":
      return `${name} is for another principal`;
    case "action":
      return `${name} does not speak of this action`;
    case "resource":
      return `${name} does not speak of this resource`;
    case "condition": {
      const { operator, key, expected, actual } = statement.condition!;
      return `${name} would apply, but its condition ${operator} ${key} expects ${list(expected)} and the request has ${list(actual)}`;
    }
    default:
      return `${name} ${statement.effect === "Deny" ? "denies" : "allows"} it`;
  }
};

/** Why it was decided so, in plain words; for a closed door of a function, also the key. */
export const explainDecision = (asked: Asked, decision: Decision): Explanation => {
  const { caller, action, resource } = asked;
  const verdict = decision.isAllowed ? "may" : "may not";
  const sentences = [`${whoIs(caller)} ${verdict} ${action} on ${resource}`];
  if (decision.reason === "root") sentences.push("it is the root of the account, which may do everything in it");
  if (decision.statement !== undefined) sentences.push(`${nameOf(decision.statement)} ${decision.isAllowed ? "allows" : "denies"} it`);
  else if (!decision.isAllowed) {
    sentences.push(decision.considered.length === 0 ? "there is no policy that could allow it" : `no statement allows it (${decision.considered.length} considered)`);
    sentences.push(...decision.considered.filter((statement) => statement.outcome !== "action").map(sentenceOf));
  }
  const failedConditions = decision.isAllowed ? [] : decision.considered.flatMap((statement) => (statement.effect === "Allow" && statement.condition !== undefined ? [statement.condition] : []));
  const fix = decision.isAllowed || decision.reason === "explicit-deny" ? undefined : doorOpener(asked);
  return { message: accessDeniedText(asked, decision), sentences, failedConditions, ...(fix === undefined ? {} : { fix }) };
};

const SERVICE_NAMES: Record<string, string> = { "s3.amazonaws.com": "S3", "events.amazonaws.com": "EventBridge", "sns.amazonaws.com": "SNS", "apigateway.amazonaws.com": "ApiGateway", "logs.amazonaws.com": "Logs" };

/** The `aws_lambda_permission` and the CLI call that let a service invoke a function. */
const doorOpener = ({ caller, action, resource }: Asked): Explanation["fix"] => {
  const arn = parseArn(resource);
  if (caller.type !== "service" || action !== "lambda:InvokeFunction" || arn === undefined) return undefined;
  const [, name = "", qualifier] = arn.resource.split(":");
  const statementId = `AllowInvokeFrom${SERVICE_NAMES[caller.service] ?? caller.service.split(".")[0]}`;
  const needsAccount = caller.service === "s3.amazonaws.com" && caller.sourceAccount !== undefined;
  const terraform = [
    `resource "aws_lambda_permission" "${name.replace(/[^a-zA-Z0-9_-]/g, "_")}_from_${caller.service.split(".")[0]}" {`,
    `  statement_id   = "${statementId}"`,
    `  action         = "lambda:InvokeFunction"`,
    `  function_name  = "${name}"`,
    ...(qualifier === undefined ? [] : [`  qualifier      = "${qualifier}"`]),
    `  principal      = "${caller.service}"`,
    ...(caller.sourceArn === undefined ? [] : [`  source_arn     = "${caller.sourceArn}"`]),
    ...(needsAccount ? [`  source_account = "${caller.sourceAccount}"`] : []),
    "}",
  ].join("\n");
  const cli = [
    `aws lambda add-permission --function-name ${name}`,
    ...(qualifier === undefined ? [] : [`--qualifier ${qualifier}`]),
    `--statement-id ${statementId} --action lambda:InvokeFunction --principal ${caller.service}`,
    ...(caller.sourceArn === undefined ? [] : [`--source-arn ${caller.sourceArn}`]),
    ...(needsAccount ? [`--source-account ${caller.sourceAccount}`] : []),
  ].join(" ");
  return { terraform, cli };
};
