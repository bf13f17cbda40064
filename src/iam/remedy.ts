import { parseArn } from "../kit/arn.ts";
import type { Caller } from "../kit/caller.ts";
import type { Statement } from "./document.ts";
import type { AuthorizationRequest, Decision } from "./evaluate.ts";
import { wholePolicyOf } from "./whole-policies.ts";

/** What would let the caller in, ready to paste. */
export interface Remedy {
  /** The statement that is missing, and where it belongs. */
  statement?: { into: string; json: string };
  terraform?: string;
  cli?: string;
}

type Asked = Pick<AuthorizationRequest, "caller" | "action" | "resource"> & Partial<Pick<AuthorizationRequest, "context">>;

const SERVICE_NAMES: Record<string, string> = { "s3.amazonaws.com": "S3", "events.amazonaws.com": "EventBridge", "sns.amazonaws.com": "SNS", "apigateway.amazonaws.com": "ApiGateway", "logs.amazonaws.com": "Logs", "scheduler.amazonaws.com": "Scheduler" };
/** A bucket's ARN has no account; of a log group AWS's own guide gives it. */
const NEEDS_ACCOUNT = new Set(["s3.amazonaws.com", "logs.amazonaws.com"]);
const BASIC_EXECUTION = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

/** A string of Terraform's: what begins a template in it is doubled. */
const terraformText = (text: string): string => JSON.stringify(text).replaceAll(/[$%](?=\{)/g, "$&$&");

/** A resource as `terraform fmt` writes it. */
const terraformBlock = (type: string, name: string, attributes: Record<string, string | true | undefined>): string => {
  const given = Object.entries(attributes).filter((entry): entry is [string, string | true] => entry[1] !== undefined);
  const width = Math.max(...given.map(([key]) => key.length));
  return [`resource "${type}" "${terraformName(name)}" {`, ...given.map(([key, value]) => `  ${key.padEnd(width)} = ${value === true ? value : terraformText(value)}`), "}"].join("\n");
};

const terraformName = (text: string): string => text.replace(/[^a-zA-Z0-9_-]/g, "_");

/** Undefined where nothing can be added: an explicit deny is to be taken away, and not of every policy can the engine say by what. */
export const remedyOf = (asked: Asked, decision: Decision): Remedy | undefined => {
  if (decision.isAllowed) return undefined;
  if (decision.reason === "explicit-deny") return denyRemover(decision);
  switch (decision.by) {
    case "resource":
      return asked.action === "sts:AssumeRole" ? trustOpener(asked) : asked.action.startsWith("logs:") ? logsOpener(asked) : (wholePolicyOpener(asked) ?? doorOpener(asked));
    case "identity":
      return policyWriter(asked);
    case "boundary":
      return { statement: { into: "the permissions boundary", json: statementText(allow(asked)) } };
    case "session":
      return { statement: { into: "the policy that was given when the session was made", json: statementText(allow(asked)) } };
    default:
      return undefined;
  }
};

/** A statement without a Sid, and each of a policy that is one document, can only be left out of the whole policy, which is shown first. */
const denyRemover = ({ statement }: Decision): Remedy | undefined => {
  const whole = wholePolicyOf(statement?.attachedTo ?? "");
  if (whole !== undefined) return { cli: whole.read };
  const arn = parseArn(statement?.attachedTo ?? "");
  if (statement === undefined || arn?.service !== "lambda") return undefined;
  const [, name = "", qualifier] = arn.resource.split(":");
  const named = `--function-name ${name}${qualifier === undefined ? "" : ` --qualifier ${qualifier}`}`;
  // Every version of the AWS CLI has get-policy; get-resource-policy came late.
  if (statement.sid === undefined) return { cli: `aws lambda get-policy ${named} --query Policy --output text` };
  return { cli: `aws lambda remove-permission ${named} --statement-id ${shellWord(statement.sid)}` };
};

const allow = ({ action, resource }: Asked): Statement => ({ Effect: "Allow", Action: action, Resource: resource });

const statementText = (statement: Statement): string => JSON.stringify(statement, undefined, 2);

/** The role or the user whose policies decide: `worker`, without its path. */
const identityOf = (caller: Caller): { kind: "role" | "user"; name: string } | undefined => {
  if (caller.type !== "role-session" && caller.type !== "user") return undefined;
  const arn = caller.type === "role-session" ? caller.roleArn : caller.arn;
  return { kind: caller.type === "user" ? "user" : "role", name: arn.split("/").at(-1)! };
};

const policyWriter = (asked: Asked): Remedy | undefined => {
  const identity = identityOf(asked.caller);
  if (identity === undefined) return undefined;
  const { kind, name } = identity;
  const statement = { into: `a policy of the ${kind} ${name}`, json: statementText(allow(asked)) };
  if (/^logs:(CreateLogGroup|CreateLogStream|PutLogEvents)$/.test(asked.action)) return { statement, ...attachment(kind, name, BASIC_EXECUTION) };
  const policyName = `Allow${asked.action.replace(/(?:^|[^a-zA-Z0-9]+)([a-zA-Z0-9])/g, (_all, first: string) => first.toUpperCase())}`;
  const document = JSON.stringify({ Version: "2012-10-17", Statement: [allow(asked)] });
  return {
    statement,
    terraform: [
      `resource "aws_iam_${kind}_policy" "${terraformName(`${name}_${asked.action}`)}" {`,
      `  ${kind} = "${name}"`,
      `  name = "${policyName}"`,
      "  policy = jsonencode({",
      `    Version   = "2012-10-17"`,
      `    Statement = [{ Effect = "Allow", Action = "${asked.action}", Resource = ${terraformText(asked.resource)} }]`,
      "  })",
      "}",
    ].join("\n"),
    cli: `aws iam put-${kind}-policy --${kind}-name ${name} --policy-name ${policyName} --policy-document ${shellQuoted(document)}`,
  };
};

const attachment = (kind: "role" | "user", name: string, policyArn: string): Remedy => ({
  terraform: terraformBlock(`aws_iam_${kind}_policy_attachment`, `${name}_logs`, { [kind]: name, policy_arn: policyArn }),
  cli: `aws iam attach-${kind}-policy --${kind}-name ${name} --policy-arn ${policyArn}`,
});

/** Quoted only where the shell would read something into it: an API's `$default`. */
const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : shellQuoted(text));

const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** As a policy's principal: a service by its name, a session by its role, the root by its account. */
const principalOf = (caller: Caller): { type: "Service" | "AWS"; text: string } => {
  if (caller.type === "service") return { type: "Service", text: caller.service };
  return { type: "AWS", text: caller.type === "role-session" ? caller.roleArn : caller.type === "anonymous" ? "*" : caller.arn };
};

const trustOpener = ({ caller, resource }: Asked): Remedy => {
  const { type, text } = principalOf(caller);
  return { statement: { into: `the trust policy of ${resource}`, json: statementText({ Effect: "Allow", Principal: { [type]: text }, Action: "sts:AssumeRole" }) } };
};

/** A service is let in for its source alone, as everybody's sources come in its name. */
const onlyItsSource = (caller: Caller): Pick<Statement, "Condition"> => (caller.type === "service" && caller.sourceArn !== undefined ? { Condition: { ArnEquals: { "aws:SourceArn": caller.sourceArn } } } : {});

/** The policy is one document: the statement is to be put beside those that are in it. */
const wholePolicyOpener = ({ caller, action, resource }: Asked): Remedy | undefined => {
  const whole = wholePolicyOf(resource);
  if (whole === undefined) return undefined;
  const { type, text } = principalOf(caller);
  const Principal = caller.type === "anonymous" ? "*" : { [type]: text };
  const statement: Statement = { Effect: "Allow", Principal, Action: action, Resource: resource, ...(whole.kind === "bucket" ? {} : onlyItsSource(caller)) };
  return { statement: { into: `the policy of the ${whole.kind} ${whole.name}`, json: statementText(statement) }, ...(whole.kind === "event bus" ? accountOnBus(caller, action, whole.name) : {}) };
};

/** A bus takes an account's permission by itself. */
const accountOnBus = (caller: Caller, action: string, bus: string): Remedy => {
  if (caller.type === "service" || caller.type === "anonymous" || action !== "events:PutEvents") return {};
  const statementId = `AllowPutEventsFrom${caller.account}`;
  return {
    terraform: terraformBlock("aws_cloudwatch_event_permission", `${bus}_from_${caller.account}`, { principal: caller.account, statement_id: statementId, event_bus_name: bus }),
    cli: `aws events put-permission --event-bus-name ${bus} --action events:PutEvents --principal ${caller.account} --statement-id ${statementId}`,
  };
};

/** Writing to a group is let in by a policy of the account's, beside which others may be. */
const logsOpener = ({ caller, action, resource }: Asked): Remedy => {
  const { type, text } = principalOf(caller);
  const group = /^(arn:[^:]*:logs:[^:]*:[^:]*:log-group:[^:]+)/.exec(resource)?.[1];
  const Action = /:(CreateLogStream|PutLogEvents)$/.test(action) ? ["logs:CreateLogStream", "logs:PutLogEvents"] : action;
  const statement: Statement = { Effect: "Allow", Principal: { [type]: text }, Action, Resource: group === undefined ? resource : `${group}:*`, ...onlyItsSource(caller) };
  const document = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const policyName = `AllowFrom${terraformName(caller.type === "service" ? (SERVICE_NAMES[caller.service] ?? caller.service) : caller.account)}`;
  return {
    statement: { into: "a resource policy of CloudWatch Logs", json: statementText(statement) },
    terraform: terraformBlock("aws_cloudwatch_log_resource_policy", policyName, { policy_name: policyName, policy_document: document }),
    cli: `aws logs put-resource-policy --policy-name ${policyName} --policy-document ${shellQuoted(document)}`,
  };
};

const AUTH_TYPE = "lambda:FunctionUrlAuthType";

/** Both permissions that it takes to invoke a function by its URL: whoever lacks one is shown the two, as the other would be asked for next. */
const urlOpener = ({ caller, resource }: Asked, authType: string): Remedy => {
  const [, name = "", qualifier] = parseArn(resource)!.resource.split(":");
  const principal = principalOf(caller).text;
  const common = { function_name: name, qualifier, principal };
  const named = `aws lambda add-permission --function-name ${name}${qualifier === undefined ? "" : ` --qualifier ${qualifier}`} --principal ${shellWord(principal)}`;
  return {
    terraform: [
      terraformBlock("aws_lambda_permission", `${name}_url`, { statement_id: "AllowFunctionUrl", action: "lambda:InvokeFunctionUrl", ...common, function_url_auth_type: authType }),
      terraformBlock("aws_lambda_permission", `${name}_invoke_by_url`, { statement_id: "AllowInvokeByFunctionUrl", action: "lambda:InvokeFunction", ...common, invoked_via_function_url: true }),
    ].join("\n"),
    cli: [`${named} --statement-id AllowFunctionUrl --action lambda:InvokeFunctionUrl --function-url-auth-type ${authType}`, `${named} --statement-id AllowInvokeByFunctionUrl --action lambda:InvokeFunction --invoked-via-function-url`].join("\n"),
  };
};

/** The `aws_lambda_permission` and the CLI call that let the caller invoke a function. */
const doorOpener = (asked: Asked): Remedy | undefined => {
  const { caller, action, resource, context } = asked;
  const authType = context?.[AUTH_TYPE];
  if (typeof authType === "string" && action.startsWith("lambda:InvokeFunction")) return urlOpener(asked, authType);
  const arn = parseArn(resource);
  if (action !== "lambda:InvokeFunction" || arn === undefined || caller.type === "anonymous") return undefined;
  const [, name = "", qualifier] = arn.resource.split(":");
  // Lambda takes no permission on it: whoever wants it invokes the function without a qualifier.
  if (qualifier === "$LATEST") return undefined;
  const principal = principalOf(caller).text;
  const source: { sourceArn?: string; sourceAccount?: string } = caller.type === "service" ? caller : {};
  const who = caller.type === "service" ? (SERVICE_NAMES[caller.service] ?? caller.service.split(".")[0]!) : (identityOf(caller)?.name ?? caller.account);
  const statementId = `AllowInvokeFrom${terraformName(who)}`;
  const needsAccount = NEEDS_ACCOUNT.has(principal) && source.sourceAccount !== undefined;
  const terraform = terraformBlock("aws_lambda_permission", `${name}_from_${caller.type === "service" ? caller.service.split(".")[0]! : who}`, {
    statement_id: statementId,
    action: "lambda:InvokeFunction",
    function_name: name,
    qualifier,
    principal,
    source_arn: source.sourceArn,
    source_account: needsAccount ? source.sourceAccount : undefined,
  });
  const cli = [
    `aws lambda add-permission --function-name ${name}`,
    ...(qualifier === undefined ? [] : [`--qualifier ${qualifier}`]),
    `--statement-id ${statementId} --action lambda:InvokeFunction --principal ${principal}`,
    ...(source.sourceArn === undefined ? [] : [`--source-arn ${shellWord(source.sourceArn)}`]),
    ...(needsAccount ? [`--source-account ${source.sourceAccount}`] : []),
  ].join(" ");
  return { terraform, cli };
};
