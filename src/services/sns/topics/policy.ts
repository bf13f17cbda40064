import { listOf, type PolicyDocument, type Statement } from "../../../iam/document.ts";
import { parsePolicy, statementsOf } from "../../../iam/policy.ts";
import { isPrincipalArn } from "../../../iam/principal.ts";
import { isApiError } from "../../../kit/api-error.ts";
import { SNS_POLICY_BYTES_MAX } from "../../../kit/limits/sns.ts";
import { AttributeFault } from "../errors.ts";

/** What a topic's policy may speak of ("Identity and access management in Amazon SNS": actions that are valid in a topic's policy). */
export const TOPIC_ACTIONS: readonly string[] = ["GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish"];
const ALLOWED: ReadonlySet<string> = new Set([...TOPIC_ACTIONS, "Receive", "GetDataProtectionPolicy", "PutDataProtectionPolicy", "TagResource", "UntagResource", "ListTagsForResource", "ConfirmSubscription", "*"].map((name) => name.toLowerCase()));

export const OUT_OF_SCOPE = "Policy statement action out of service scope!";

/** That of a topic to which none was given: its owner may do everything, and nobody else anything. */
export const defaultPolicy = (arn: string, account: string): PolicyDocument => ({
  Version: "2008-10-17",
  Id: "__default_policy_ID",
  Statement: [
    {
      Sid: "__default_statement_ID",
      Effect: "Allow",
      Principal: { AWS: "*" },
      Action: TOPIC_ACTIONS.map((name) => `SNS:${name}`),
      Resource: arn,
      Condition: { StringEquals: { "AWS:SourceOwner": account } },
    },
  ],
});

const parse = (text: string): PolicyDocument => {
  try {
    return parsePolicy(text, "resource");
  } catch (error) {
    throw isApiError(error, "MalformedPolicyDocument") ? new AttributeFault("Policy Error: null") : error;
  }
};

const readPrincipal = (given: Statement["Principal"]): Statement["Principal"] => {
  if (given === undefined || given === "*" || given["AWS"] === undefined) return given;
  const users = listOf(given["AWS"]).map((text) => {
    if (/^\d{12}$/.test(text)) return `arn:aws:iam::${text}:root`;
    if (text !== "*" && !isPrincipalArn(text)) throw new AttributeFault("Policy Error: PrincipalNotFound");
    return text;
  });
  return { ...given, AWS: users.length === 1 ? users[0]! : users };
};

const isAllowedAction = (action: string): boolean => {
  if (action === "*") return true;
  const [service = "", name = ""] = action.toLowerCase().split(":");
  return service === "sns" && (ALLOWED.has(name) || name.includes("*") || name.includes("?"));
};

const readStatement = (statement: Statement, arn: string): Statement => {
  if (!listOf(statement.Action ?? statement.NotAction).every(isAllowedAction)) throw new AttributeFault(OUT_OF_SCOPE);
  const resources = listOf(statement.Resource ?? statement.NotResource);
  if (!resources.every((resource) => resource === "*" || resource === arn || /[*?]/.test(resource))) throw new AttributeFault("Policy Error: The policy's resource is not the topic's own ARN");
  return {
    ...statement,
    ...(statement.Principal === undefined ? {} : { Principal: readPrincipal(statement.Principal)! }),
    ...(statement.NotPrincipal === undefined ? {} : { NotPrincipal: readPrincipal(statement.NotPrincipal)! }),
  };
};

export const refuseLargePolicy = (text: string): string => {
  if (Buffer.byteLength(text) > SNS_POLICY_BYTES_MAX) throw new AttributeFault(`Policy is too long: it can have at most ${SNS_POLICY_BYTES_MAX} bytes`);
  return text;
};

/** A topic's policy in the form that it is kept in. Throws AttributeFault. */
export const readTopicPolicy = (text: string, arn: string): string => {
  refuseLargePolicy(text);
  const given = parse(text);
  return JSON.stringify({ ...given, Statement: statementsOf(given).map((statement) => readStatement(statement, arn)) });
};
