import { listOf, type PolicyDocument, type Statement } from "../../iam/document.ts";
import { parsePolicy, statementsOf } from "../../iam/policy.ts";
import { isPrincipalArn } from "../../iam/principal.ts";
import { isApiError } from "../../kit/api-error.ts";
import { QUEUE_POLICY_BYTES_MAX, QUEUE_POLICY_CONDITIONS_MAX, QUEUE_POLICY_PRINCIPALS_MAX, QUEUE_POLICY_STATEMENTS_MAX } from "../../kit/limits/sqs.ts";
import { invalidAttribute, notBuilt, overLimit } from "./errors.ts";

const invalid = (reason?: string) => invalidAttribute("Policy", reason);

const parse = (text: string): PolicyDocument => {
  try {
    return parsePolicy(text, "resource");
  } catch (error) {
    throw isApiError(error, "MalformedPolicyDocument") ? invalid() : error;
  }
};

/** An account is kept as its root, as AWS keeps it. */
const readPrincipal = (given: Statement["Principal"]): Statement["Principal"] => {
  if (given === undefined || given === "*") return given;
  if (given["Federated"] !== undefined || given["CanonicalUser"] !== undefined) throw notBuilt("A queue's policy for federated or canonical users is not built in lambdad: name accounts, users, roles and services");
  const users = listOf(given["AWS"]).map((text) => {
    if (/^\d{12}$/.test(text)) return `arn:aws:iam::${text}:root`;
    if (text !== "*" && !isPrincipalArn(text)) throw invalid();
    return text;
  });
  const { Service } = given;
  return { ...(users.length === 0 ? {} : { AWS: users.length === 1 ? users[0]! : users }), ...(Service === undefined ? {} : { Service }) };
};

const principalsOf = ({ Principal, NotPrincipal }: Statement): string[] =>
  [Principal, NotPrincipal].flatMap((one) => (one === undefined ? [] : one === "*" ? ["*"] : Object.values(one).flatMap((value) => listOf(value))));

const conditionsOf = ({ Condition }: Statement): number => Object.values(Condition ?? {}).reduce((count, keys) => count + Object.keys(keys).length, 0);

const readStatement = (statement: Statement): Statement => {
  const actions = listOf(statement.Action ?? statement.NotAction);
  if (actions.some((action) => action !== "*" && !/^sqs:/i.test(action))) throw invalid("Policy statement action out of service scope!");
  return {
    ...statement,
    ...(statement.Principal === undefined ? {} : { Principal: readPrincipal(statement.Principal)! }),
    ...(statement.NotPrincipal === undefined ? {} : { NotPrincipal: readPrincipal(statement.NotPrincipal)! }),
  };
};

/** As a policy may be at most ("Amazon SQS policy quotas"). */
export const refuseLargePolicy = (document: PolicyDocument): void => {
  const statements = statementsOf(document);
  const refuse = (count: number, what: string, max: number) => {
    if (count > max) throw overLimit(`${count} ${what} were found in the submitted policy, max allowed is ${max}`);
  };
  refuse(statements.length, "statements", QUEUE_POLICY_STATEMENTS_MAX);
  refuse(statements.flatMap(principalsOf).length, "principals", QUEUE_POLICY_PRINCIPALS_MAX);
  refuse(statements.reduce((count, statement) => count + conditionsOf(statement), 0), "conditions", QUEUE_POLICY_CONDITIONS_MAX);
  refuse(Buffer.byteLength(JSON.stringify(document)), "bytes", QUEUE_POLICY_BYTES_MAX);
};

/** A queue's policy in the form that it is kept in. Throws InvalidAttributeValue, OverLimit. */
export const readQueuePolicy = (text: string): string => {
  const given = parse(text);
  const document: PolicyDocument = { ...given, Statement: statementsOf(given).map(readStatement) };
  refuseLargePolicy(document);
  return JSON.stringify(document);
};

/** Users and roles that a policy names: who is not there is no principal. */
export const namedPrincipals = (policy: string): string[] =>
  statementsOf(JSON.parse(policy) as PolicyDocument).flatMap(({ Principal, NotPrincipal }) => [Principal, NotPrincipal].flatMap((one) => (one === undefined || one === "*" ? [] : listOf(one["AWS"]))));
