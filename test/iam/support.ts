import { AttachRolePolicyCommand, CreateAccessKeyCommand, CreatePolicyCommand, CreateRoleCommand, CreateUserCommand } from "@aws-sdk/client-iam";
import { AssumeRoleCommand, type AssumeRoleCommandInput } from "@aws-sdk/client-sts";
import { clientsOf, type Clients } from "../support/clients.ts";

export const ACCOUNT = "000000000000";

export const documentOf = (...Statement: unknown[]): string => JSON.stringify({ Version: "2012-10-17", Statement });
export const allow = (Action: string | string[], Resource: string | string[] = "*", more: object = {}) => ({ Effect: "Allow", Action, Resource, ...more });
export const deny = (Action: string | string[], Resource: string | string[] = "*") => ({ Effect: "Deny", Action, Resource });

/** A role that the account's own identities may assume, if their policies let them. */
export const TRUST_ACCOUNT = documentOf({ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] });
export const TRUST_LAMBDA = documentOf({ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" });

/** How a call is refused: code, text and status; fails when it is not. */
export const refusal = async (call: Promise<unknown>): Promise<{ code: string; message: string; status: number }> => {
  const error = await call.then(
    (answer) => Promise.reject(new Error(`was not refused: ${JSON.stringify(answer)}`)),
    (failure: unknown) => failure as Error & { $metadata?: { httpStatusCode?: number }; Code?: string },
  );
  return { code: error.Code ?? error.name, message: error.message, status: error.$metadata?.httpStatusCode ?? 0 };
};

export const createRole = async ({ iam }: Clients, RoleName: string, more: { Path?: string; trust?: string; MaxSessionDuration?: number } = {}) => {
  const { trust = TRUST_ACCOUNT, ...input } = more;
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust, ...input }));
  return Role!;
};

export const createUser = async ({ iam }: Clients, UserName: string, Path = "/") => (await iam.send(new CreateUserCommand({ UserName, Path }))).User!;

export const createPolicy = async ({ iam }: Clients, PolicyName: string, document = documentOf(allow("s3:*")), more: { Path?: string } = {}) =>
  (await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument: document, ...more }))).Policy!.Arn!;

export const attach = ({ iam }: Clients, RoleName: string, PolicyArn: string) => iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));

/** Clients that sign with a new key of the user. */
export const asUser = async ({ iam }: Clients, endpoint: string, UserName: string) => {
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  return { ...clientsOf(endpoint, credentials), credentials };
};

/** Clients of a session of the role, and what AssumeRole answered. */
export const assume = async ({ sts }: Pick<Clients, "sts">, endpoint: string, RoleArn: string, more: Partial<AssumeRoleCommandInput> = {}) => {
  const answer = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "session", ...more }));
  const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials!;
  const credentials = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! };
  return { ...clientsOf(endpoint, credentials), answer, credentials };
};
