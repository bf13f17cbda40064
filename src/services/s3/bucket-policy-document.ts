import { listOf, type PolicyDocument, type Statement } from "../../iam/document.ts";
import { parsePolicy, statementsOf } from "../../iam/policy.ts";
import { isPrincipalArn } from "../../iam/principal.ts";
import { matchesWildcard } from "../../iam/wildcard.ts";
import { ApiError, isApiError } from "../../kit/api-error.ts";
import { S3_POLICY_BYTES_MAX } from "../../kit/limits/s3.ts";
import { ownerOf } from "./account-ids.ts";
import type { BucketRow } from "./bucket-rows.ts";
import { notBuilt } from "./errors.ts";

export const malformedPolicy = (message: string): ApiError => new ApiError("MalformedPolicy", message, { status: 400 });

/** The engine's texts are IAM's; S3 has some of its own. */
const S3_TEXTS: Record<string, string> = {
  "Policy statement must contain actions.": "Missing required field Action",
  "Policy statement must contain resources.": "Missing required field Resource",
};

const parse = (text: string): PolicyDocument => {
  if (!text.startsWith("{")) throw malformedPolicy("Policies must be valid JSON and the first byte must be '{'");
  try {
    JSON.parse(text);
  } catch {
    throw malformedPolicy("This policy contains invalid Json");
  }
  try {
    return parsePolicy(text, "resource");
  } catch (error) {
    throw isApiError(error, "MalformedPolicyDocument") ? malformedPolicy(S3_TEXTS[error.message] ?? error.message) : error;
  }
};

const OBJECT_ACTION = /^s3:(get|put|delete|restore)object|^s3:(abortmultipartupload|listmultipartuploadparts|bypassgovernanceretention|replicate|objectowneroverride|initiatereplication)/i;

/** A pattern of a resource may be of the bucket, of its objects, or of both. */
const kindsOf = (resource: string, bucket: string): { isBucket: boolean; isObjects: boolean } => {
  const name = /^arn:aws:s3:::(.+)$/.exec(resource)?.[1];
  const slash = name?.indexOf("/") ?? -1;
  const ofBucket = name === undefined ? undefined : slash < 0 ? name : name.slice(0, slash);
  if (ofBucket === undefined || !(ofBucket.includes("${") || matchesWildcard(ofBucket, bucket))) throw malformedPolicy("Policy has invalid resource");
  return { isBucket: slash < 0, isObjects: slash >= 0 || ofBucket.includes("*") };
};

const checkResources = (statement: Statement, bucket: string): void => {
  const kinds = listOf(statement.Resource ?? statement.NotResource).map((resource) => kindsOf(resource, bucket));
  const actions = listOf(statement.Action ?? statement.NotAction);
  if (actions.some((action) => action !== "*" && !/^s3:/i.test(action))) throw malformedPolicy("Policy has invalid action");
  if (statement.Resource === undefined || statement.Action === undefined) return;
  for (const action of actions) {
    const isEither = /[*?]/.test(action);
    if (!isEither && !kinds.some((kind) => (OBJECT_ACTION.test(action) ? kind.isObjects : kind.isBucket))) throw malformedPolicy("Action does not apply to any resource(s) in statement");
  }
};

const invalidPrincipal = (): ApiError => malformedPolicy("Invalid principal in policy");

const readAwsPrincipal = (text: string): string => {
  if (/^\d{12}$/.test(text)) return `arn:aws:iam::${text}:root`;
  if (text !== "*" && !isPrincipalArn(text)) throw invalidPrincipal();
  return text;
};

/** A canonical user is kept as the account that it is: ours is the only one whose id is known here. */
const readCanonicalUser = (id: string, account: string): string => {
  if (id !== ownerOf(account).ID) throw invalidPrincipal();
  return `arn:aws:iam::${account}:root`;
};

const readPrincipal = (given: Statement["Principal"], account: string): Statement["Principal"] => {
  if (given === undefined || given === "*") return given;
  if (given["Federated"] !== undefined) throw notBuilt("A bucket policy for federated users (Principal.Federated)");
  const users = [...listOf(given["AWS"]).map(readAwsPrincipal), ...listOf(given["CanonicalUser"]).map((id) => readCanonicalUser(id, account))];
  const { Service } = given;
  return { ...(users.length === 0 ? {} : { AWS: users.length === 1 ? users[0]! : users }), ...(Service === undefined ? {} : { Service }) };
};

const readStatement = (statement: Statement, { name, account }: BucketRow): Statement => {
  checkResources(statement, name);
  return {
    ...statement,
    ...(statement.Principal === undefined ? {} : { Principal: readPrincipal(statement.Principal, account)! }),
    ...(statement.NotPrincipal === undefined ? {} : { NotPrincipal: readPrincipal(statement.NotPrincipal, account)! }),
  };
};

/** The policy of a bucket as AWS takes and keeps it: of this bucket alone, an account as its root. Throws MalformedPolicy. */
export const readBucketPolicy = (text: string, bucket: BucketRow): PolicyDocument => {
  if (Buffer.byteLength(text) > S3_POLICY_BYTES_MAX) throw malformedPolicy(`Policies cannot be larger than ${S3_POLICY_BYTES_MAX} bytes`);
  const document = parse(text);
  return { ...document, Statement: statementsOf(document).map((statement) => readStatement(statement, bucket)) };
};

/** Users and roles that a policy names: who is not there is no principal. */
export const namedPrincipals = (document: PolicyDocument): string[] =>
  statementsOf(document).flatMap(({ Principal, NotPrincipal }) => [Principal, NotPrincipal].flatMap((one) => (one === undefined || one === "*" ? [] : listOf(one["AWS"]))));
