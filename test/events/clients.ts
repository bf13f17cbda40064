import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { AttachRolePolicyCommand, CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, PutUserPolicyCommand, type IAMClient } from "@aws-sdk/client-iam";

/** A real SDK client of EventBridge's. @param key An account's number, or an access key with its secret. */
export const eventsClient = (endpoint: string, key: string | { accessKeyId: string; secretAccessKey: string } = "test", region = "us-east-1"): EventBridgeClient =>
  new EventBridgeClient({ endpoint, region, credentials: typeof key === "string" ? { accessKeyId: key, secretAccessKey: "test" } : key, maxAttempts: 1 });

/** A user who may do this, and the key that they sign with. */
export const createUser = async (iam: IAMClient, name: string, statements: object[]): Promise<{ accessKeyId: string; secretAccessKey: string }> => {
  await iam.send(new CreateUserCommand({ UserName: name }));
  await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: "may", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: statements }) }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }));
  return { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
};

/** A role that a service may take on. */
export const createServiceRole = async (iam: IAMClient, name: string, { service = "events.amazonaws.com", policyArn, condition }: { service?: string; policyArn?: string; condition?: object } = {}): Promise<string> => {
  const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole", ...(condition === undefined ? {} : { Condition: condition }) }] };
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  if (policyArn !== undefined) await iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn: policyArn }));
  return Role!.Arn!;
};
