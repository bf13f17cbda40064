import { CreateAccessKeyCommand, CreateUserCommand, PutRolePolicyCommand, PutUserPolicyCommand, UpdateAssumeRolePolicyCommand } from "@aws-sdk/client-iam";
import {
  AddPermissionCommand, CreateAliasCommand, DeleteResourcePolicyCommand, GetFunctionConfigurationCommand, GetPolicyCommand, GetResourcePolicyCommand, InvokeCommand, LambdaClient, PublishVersionCommand, PutResourcePolicyCommand,
  RemovePermissionCommand,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutBucketNotificationConfigurationCommand } from "@aws-sdk/client-s3";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { storyLines } from "../../src/cli/story.ts";
import { clientsOf } from "../support/clients.ts";
import { ACCOUNT } from "../support/context.ts";
import { createRole } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";
import { UUID, arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();
const OTHER = "111122223333";
const other = () => clientsOf(on.ground.platform.endpoint, { accessKeyId: OTHER, secretAccessKey: "test" }).lambda;

type One = Record<string, unknown>;
const policyOf = (...Statement: One[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const allow = (Resource: string, over: One = {}): One => ({ Sid: "A", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${OTHER}:root` }, Action: "lambda:InvokeFunction", Resource, ...over });
const deny = (Resource: string, over: One = {}): One => ({ Sid: "D", Effect: "Deny", Principal: "*", Action: "lambda:InvokeFunction", Resource, ...over });

const put = (ResourceArn: string, Policy: string, RevisionId?: string) => on.lambda.send(new PutResourcePolicyCommand({ ResourceArn, Policy, RevisionId }));
const get = async (ResourceArn: string) => plain(await on.lambda.send(new GetResourcePolicyCommand({ ResourceArn })));
const remove = (ResourceArn: string, RevisionId?: string) => on.lambda.send(new DeleteResourcePolicyCommand({ ResourceArn, RevisionId }));
const invoke = (FunctionName: string, lambda: LambdaClient = on.lambda) => lambda.send(new InvokeCommand({ FunctionName, InvocationType: "DryRun" }));
const mayInvoke = (FunctionName: string, lambda?: LambdaClient) => invoke(FunctionName, lambda).then(() => true, (error: Error) => (expect(error.name).toBe("AccessDeniedException"), false));
const withAlias = async () => {
  const name = await on.active();
  await on.lambda.send(new PublishVersionCommand({ FunctionName: name }));
  await on.lambda.send(new CreateAliasCommand({ FunctionName: name, Name: "live", FunctionVersion: "1" }));
  return name;
};
const userOf = async (name: string, ...Statement: One[]) => {
  const { iam } = on.ground.platform.clients;
  await iam.send(new CreateUserCommand({ UserName: name }));
  await iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: "own", PolicyDocument: policyOf(...Statement) }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }));
  return clientsOf(on.ground.platform.endpoint, { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }).lambda;
};

const invalid = (message: unknown) => ({ name: "InvalidParameterValueException", message, status: 400, type: "User" });
const notFound = (message: string) => ({ name: "ResourceNotFoundException", message, status: 404, type: "User" });
const NO_POLICY = notFound("The resource you requested does not exist.");
const BAD_PRINCIPAL = invalid("The provided principal was invalid. Please check the principal and try again.");

describe("a resource policy as one document", () => {
  it("is written, read, and taken away", async () => {
    const arn = arnOf(await on.active());
    const Policy = policyOf(allow(arn), deny(arn, { Principal: { AWS: [`arn:aws:iam::${OTHER}:user/eve`, "444455556666"] }, Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }));
    const written = await put(arn, Policy);
    expect(written.$metadata.httpStatusCode).toBe(200);
    expect(plain(written)).toEqual({ Policy, RevisionId: expect.stringMatching(UUID) });
    expect(await get(arn)).toEqual(plain(written));
    expect((await remove(arn)).$metadata.httpStatusCode).toBe(204);
    expect(await refusal(get(arn))).toEqual(NO_POLICY);
    expect(await refusal(remove(arn))).toEqual(NO_POLICY);
  });

  it("is the one that single permissions are added to and removed from", async () => {
    const name = await on.active();
    const arn = arnOf(name);
    await on.lambda.send(new AddPermissionCommand({ FunctionName: name, StatementId: "old", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" }));
    expect(JSON.parse((await get(arn)).Policy!)).toMatchObject({ Id: "default", Statement: [{ Sid: "old" }] });
    await put(arn, JSON.stringify({ Version: "2008-10-17", Id: "mine", Statement: deny(arn) }));
    await on.lambda.send(new AddPermissionCommand({ FunctionName: name, StatementId: "new", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" }));
    const { Policy, RevisionId } = await on.lambda.send(new GetPolicyCommand({ FunctionName: name }));
    expect(JSON.parse(Policy!)).toMatchObject({ Version: "2008-10-17", Id: "mine", Statement: [{ Sid: "D", Effect: "Deny" }, { Sid: "new" }] });
    expect(await get(arn)).toEqual({ Policy, RevisionId });
    await on.lambda.send(new RemovePermissionCommand({ FunctionName: name, StatementId: "D" }));
    await on.lambda.send(new RemovePermissionCommand({ FunctionName: name, StatementId: "new" }));
    expect(await refusal(get(arn))).toEqual(NO_POLICY);
  });

  it("is each function's, version's and alias's own", async () => {
    const name = await withAlias();
    const [own, live, one] = [arnOf(name), `${arnOf(name)}:live`, `${arnOf(name)}:1`];
    for (const arn of [own, live, one]) await put(arn, policyOf(allow(arn)));
    for (const arn of [own, live, one]) expect(JSON.parse((await get(arn)).Policy!).Statement).toEqual([allow(arn)]);
    await remove(live);
    expect(await refusal(get(live))).toEqual(NO_POLICY);
    expect(JSON.parse((await get(one)).Policy!).Statement).toEqual([allow(one)]);
  });

  it("is changed only from the revision that was read", async () => {
    const name = await on.active();
    const arn = arnOf(name);
    const refused = { name: "PreconditionFailedException", status: 412, type: "User", message: "The Revision Id provided does not match the latest Revision Id. Call the GetResourcePolicy API to retrieve the latest Revision Id" };
    const { RevisionId: first } = await put(arn, policyOf(allow(arn)));
    expect((await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }))).RevisionId).toBe(first);
    const { RevisionId: second } = await put(arn, policyOf(deny(arn)), first);
    expect(second).not.toBe(first);
    expect(await refusal(put(arn, policyOf(allow(arn)), first))).toEqual(refused);
    expect(await refusal(remove(arn, first))).toEqual(refused);
    expect(JSON.parse((await get(arn)).Policy!).Statement).toEqual([deny(arn)]);
    await remove(arn, second);
  });

  it.each<[string, (arn: string) => string, object]>([
    ["what is no JSON", () => "{", invalid(expect.stringContaining("Syntax errors in policy."))],
    ["no statement", () => policyOf(), invalid(expect.stringContaining("Syntax errors in policy."))],
    ["an element that is none", (arn) => policyOf(allow(arn, { Principals: "*" })), invalid(expect.stringContaining("Unknown element: Principals"))],
    ["no principal", (arn) => policyOf(allow(arn, { Principal: undefined })), invalid(expect.stringContaining("Missing required field Principal"))],
    ["an operator that is none", (arn) => policyOf(allow(arn, { Condition: { StringIs: { "aws:SourceIp": "x" } } })), invalid(expect.stringContaining("Invalid Condition type : StringIs."))],
    ["one Sid twice", (arn) => policyOf(allow(arn), allow(arn)), invalid(expect.stringContaining("must be unique"))],
    ["a role that is not there", (arn) => policyOf(allow(arn, { Principal: { AWS: [`arn:aws:iam::${OTHER}:root`, `arn:aws:iam::${ACCOUNT}:role/nobody`] } })), BAD_PRINCIPAL],
    ["a part of a principal", (arn) => policyOf(deny(arn, { Principal: { AWS: `arn:aws:iam::${OTHER}:role/*` } })), BAD_PRINCIPAL],
    ["one character of a principal", (arn) => policyOf(deny(arn, { Principal: { AWS: `arn:aws:iam::${OTHER}:role/?` } })), BAD_PRINCIPAL],
    ["what is in IAM and no principal", (arn) => policyOf(deny(arn, { Principal: { AWS: `arn:aws:iam::${OTHER}:group/all` } })), BAD_PRINCIPAL],
    ["a word for a principal", (arn) => policyOf(deny(arn, { Principal: { AWS: "eve" } })), BAD_PRINCIPAL],
    ["who never comes here", (arn) => policyOf(deny(arn, { Principal: { Federated: "accounts.google.com" } })), BAD_PRINCIPAL],
    ["another service's action", (arn) => policyOf(allow(arn, { Action: ["lambda:InvokeFunction", "s3:GetObject"] })), invalid(expect.stringContaining("the action s3:GetObject"))],
    ["another function", () => policyOf(allow(arnOf("another"))), invalid(expect.stringContaining(`the resource ${arnOf("another")}`))],
    ["everyone", (arn) => policyOf(allow(arn, { Principal: "*" })), { name: "PublicPolicyException", status: 400, type: "User", message: "The resource-based policy you tried to add to the Lambda resource would grant public access to it, which isn't allowed." }],
    ["everyone, in a list", (arn) => policyOf(allow(arn, { Principal: { AWS: ["*"] } })), { name: "PublicPolicyException" }],
    ["everyone but one", (arn) => policyOf(allow(arn, { Principal: undefined, NotPrincipal: { AWS: OTHER } })), invalid(expect.stringContaining("Allow with NotPrincipal is not allowed."))],
    ["everyone but one, of one account", (arn) => policyOf(allow(arn, { Principal: undefined, NotPrincipal: { AWS: OTHER }, Condition: { StringEquals: { "aws:PrincipalAccount": ACCOUNT } } })), invalid(expect.stringContaining("Allow with NotPrincipal is not allowed."))],
    ["who is and who is not, both", (arn) => policyOf(deny(arn, { NotPrincipal: { AWS: OTHER } })), invalid(expect.stringContaining("Syntax errors in policy."))],
    ["everyone from everywhere", (arn) => policyOf(allow(arn, { Principal: "*", Condition: { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } } })), { name: "PublicPolicyException" }],
    ["everyone whose account is any", (arn) => policyOf(allow(arn, { Principal: "*", Condition: { StringLike: { "aws:PrincipalAccount": ["1111*"] } } })), { name: "PublicPolicyException" }],
    ["everyone who says nothing of it", (arn) => policyOf(allow(arn, { Principal: "*", Condition: { StringEqualsIfExists: { "aws:SourceAccount": OTHER } } })), { name: "PublicPolicyException" }],
    ["more than 20 KB", (arn) => policyOf(allow(arn, { Condition: { StringEquals: { "aws:SourceAccount": "ü".repeat(10_240) } } })), { name: "PolicyLengthExceededException", message: expect.stringMatching(/^The final policy size \(2\d{4}\) is bigger than the limit \(20480\)\.$/) }],
  ])("refuses %s", async (_what, policy, expected) => {
    const arn = arnOf(await on.create());
    expect(await refusal(put(arn, policy(arn)))).toMatchObject(expected);
    expect(await refusal(get(arn))).toEqual(NO_POLICY);
  });

  it.each<[string, One]>([
    ["one organization", { Principal: "*", Condition: { StringEquals: { "aws:PrincipalOrgID": "o-0123456789" } } }],
    ["function URLs without authentication", { Principal: "*", Action: "lambda:InvokeFunctionUrl", Condition: { StringEquals: { "lambda:FunctionUrlAuthType": "NONE" } } }],
    ["a skill of Alexa", { Principal: { Service: "alexa-appkit.amazon.com" } }],
    ["a service, of any source", { Principal: { Service: "s3.amazonaws.com" } }],
  ])("takes %s for no public access", async (_what, over) => {
    const arn = arnOf(await on.create());
    await put(arn, policyOf(allow(arn, over)));
    expect(JSON.parse((await get(arn)).Policy!).Statement).toEqual([allow(arn, over)]);
  });

  it("is of a function, a version or an alias that is there, named by its whole ARN", async () => {
    const name = await on.create();
    const missing = arnOf("nothing");
    for (const act of [() => put(missing, policyOf(deny(missing))), () => get(missing), () => remove(missing)]) expect(await refusal(act())).toEqual(notFound(`Function not found: ${missing}`));
    expect(await refusal(put(`${arnOf(name)}:live`, policyOf(deny(`${arnOf(name)}:live`))))).toEqual(notFound(`Cannot find alias arn: ${arnOf(name)}:live`));
    expect(await refusal(put(`${arnOf(name)}:3`, policyOf(deny(`${arnOf(name)}:3`))))).toEqual(notFound(`Function not found: ${arnOf(name)}:3`));
    expect(await refusal(put(`${arnOf(name)}:$LATEST`, policyOf(deny(`${arnOf(name)}:$LATEST`))))).toEqual(invalid("We currently do not support adding policies for $LATEST."));
    expect(await refusal(get(name))).toMatchObject({ name: "ValidationException", message: expect.stringMatching(/^1 validation error detected: Value '.*' at 'resourceArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:/) });
    expect(await refusal(get(`${arnOf("f").replace("us-east-1", "eu-west-1")}`))).toEqual(notFound("Functions from 'eu-west-1' are not reachable in this region ('us-east-1')"));
  });
});

describe("an explicit Deny", () => {
  it("keeps the account's own root out, whatever else allows", async () => {
    const name = await on.active();
    expect(await mayInvoke(name)).toBe(true);
    await put(arnOf(name), policyOf(allow(arnOf(name)), deny(arnOf(name))));
    const refused = await refusal(invoke(name));
    expect(refused).toMatchObject({ name: "AccessDeniedException", status: 403, message: `User: arn:aws:iam::${ACCOUNT}:root is not authorized to perform: lambda:InvokeFunction on resource: ${arnOf(name)} with an explicit deny in a resource-based policy` });
    await remove(arnOf(name));
    expect(await mayInvoke(name)).toBe(true);
  });

  it("holds for another account that the same policy lets in", async () => {
    const name = await on.active();
    const arn = arnOf(name);
    await put(arn, policyOf(allow(arn)));
    expect(await mayInvoke(arn, other())).toBe(true);
    await put(arn, policyOf(allow(arn), deny(arn, { Principal: { AWS: [OTHER, "444455556666"] } })));
    expect([await mayInvoke(arn, other()), await mayInvoke(arn)]).toEqual([false, true]);
  });

  it("holds for one role among all that may", async () => {
    const name = await on.active();
    const { iam, sts } = on.ground.platform.clients;
    const clientOf = async (role: string) => {
      const RoleArn = await createRole(on.ground.platform.clients, role);
      await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: role, PolicyDocument: policyOf({ Effect: "Allow", Principal: { AWS: ACCOUNT }, Action: "sts:AssumeRole" }) }));
      await iam.send(new PutRolePolicyCommand({ RoleName: role, PolicyName: "own", PolicyDocument: policyOf({ Effect: "Allow", Action: "lambda:*", Resource: "*" }) }));
      const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "one" }));
      return { RoleArn, lambda: clientsOf(on.ground.platform.endpoint, { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! }).lambda };
    };
    const [kept, free] = [await clientOf(`kept-${name}`), await clientOf(`let-${name}`)];
    await put(arnOf(name), policyOf(deny(arnOf(name), { Principal: { AWS: kept.RoleArn } })));
    expect([await mayInvoke(name, kept.lambda), await mayInvoke(name, free.lambda)]).toEqual([false, true]);
    await put(arnOf(name), policyOf(deny(arnOf(name), { Principal: "*", Condition: { ArnNotEquals: { "aws:PrincipalArn": kept.RoleArn } } })));
    expect([await mayInvoke(name, kept.lambda), await mayInvoke(name, free.lambda)]).toEqual([true, false]);
  });

  it("holds for what is not an invocation, too", async () => {
    const name = await on.active();
    await put(arnOf(name), policyOf(deny(arnOf(name), { Action: "lambda:Get*", Condition: { IpAddress: { "aws:SourceIp": ["127.0.0.1", "::1"] } } })));
    expect(await refusal(on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })))).toMatchObject({ name: "AccessDeniedException" });
    expect(await mayInvoke(name)).toBe(true);
  });

  it("of the function's policy reaches the versions and aliases that it names, and no others", async () => {
    const name = await withAlias();
    const own = arnOf(name);
    const which = async () => Object.fromEntries(await Promise.all(["", ":$LATEST", ":1", ":live"].map(async (qualifier) => [qualifier, await mayInvoke(`${own}${qualifier}`)] as const)));
    await put(own, policyOf(deny(own)));
    expect(await which()).toEqual({ "": false, ":$LATEST": false, ":1": true, ":live": true });
    await put(own, policyOf(deny(`${own}:*`)));
    expect(await which()).toEqual({ "": true, ":$LATEST": false, ":1": false, ":live": false });
    await put(own, policyOf(deny(`${own}:live`)));
    expect(await which()).toEqual({ "": true, ":$LATEST": true, ":1": true, ":live": false });
    await remove(own);
    await put(`${own}:live`, policyOf(deny(`${own}:live`)));
    expect(await which()).toEqual({ "": true, ":$LATEST": true, ":1": true, ":live": false });
  });

  it("and an Allow of the function's policy for its aliases stands beside the alias's own", async () => {
    const name = await withAlias();
    const own = arnOf(name);
    await put(own, policyOf(allow(`${own}:*`)));
    expect([await mayInvoke(own, other()), await mayInvoke(`${own}:live`, other()), await mayInvoke(`${own}:1`, other())]).toEqual([false, true, true]);
    await put(`${own}:live`, policyOf(deny(`${own}:live`, { Principal: { AWS: OTHER } })));
    expect([await mayInvoke(`${own}:live`, other()), await mayInvoke(`${own}:1`, other())]).toEqual([false, true]);
  });
});

describe("an explicit Deny of a service", () => {
  const BUCKET = "denied";
  beforeAll(async () => void (await on.ground.platform.clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }))));
  const notify = (arn: string) =>
    on.ground.platform.clients.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: BUCKET, NotificationConfiguration: { LambdaFunctionConfigurations: [{ LambdaFunctionArn: arn, Events: ["s3:ObjectCreated:*"] }] } }));

  it("shuts the door on what the same policy lets in; lambdad why names the statement and what takes it away", async () => {
    const arn = arnOf(await on.active());
    const service = { Principal: { Service: "s3.amazonaws.com" } };
    await put(arn, policyOf(allow(arn, service)));
    await notify(arn);
    await put(arn, policyOf(allow(arn, service), deny(arn, { ...service, Sid: "NotThatBucket", Condition: { ArnLike: { "aws:SourceArn": `arn:aws:s3:::${BUCKET}` } } })));
    const refused = await notify(arn).then(() => undefined, (error: Error & { $metadata: { requestId: string } }) => error);
    expect(refused?.message).toBe("Unable to validate the following destination configurations");
    const lines = await eventually("the story is there", async () => {
      const [story] = await fetchStories({ endpoint: on.ground.platform.endpoint, region: "us-east-1", account: undefined }, arn);
      const told = story === undefined ? [] : storyLines(story, (_style, text) => text).map((line) => line.trim());
      return told.some((line) => line.includes("may not")) && told;
    });
    const name = arn.split(":").at(-1)!;
    expect(lines).toContain(`statement "NotThatBucket" of the policy of the function ${name} denies it`);
    expect(lines).toContain("an explicit deny wins over every allow: only changing that statement helps");
    expect(lines[lines.indexOf("With the AWS CLI:") + 1]).toBe(`aws lambda remove-permission --function-name ${name} --statement-id NotThatBucket`);
    await on.lambda.send(new RemovePermissionCommand({ FunctionName: name, StatementId: "NotThatBucket" }));
    await notify(arn);
  });
});

describe("who writes a whole policy", () => {
  it("must be allowed to add and to remove permissions, too", async () => {
    const name = await on.active();
    const arn = arnOf(name);
    const act = (lambda: LambdaClient) => lambda.send(new PutResourcePolicyCommand({ ResourceArn: arn, Policy: policyOf(allow(arn)) }));
    const only = await userOf(`only-${name}`, { Effect: "Allow", Action: ["lambda:PutResourcePolicy", "lambda:DeleteResourcePolicy", "lambda:GetResourcePolicy", "lambda:AddPermission"], Resource: arn });
    expect(await refusal(act(only))).toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining("lambda:RemovePermission") });
    const all = await userOf(`all-${name}`, { Effect: "Allow", Action: ["lambda:PutResourcePolicy", "lambda:DeleteResourcePolicy", "lambda:AddPermission", "lambda:RemovePermission"], Resource: arn });
    await act(all);
    expect(plain(await only.send(new GetResourcePolicyCommand({ ResourceArn: arn }))).Policy).toBe(policyOf(allow(arn)));
    expect(await refusal(all.send(new GetResourcePolicyCommand({ ResourceArn: arn })))).toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining("lambda:GetResourcePolicy") });
    expect(await refusal(only.send(new DeleteResourcePolicyCommand({ ResourceArn: arn })))).toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining("lambda:RemovePermission") });
    await all.send(new DeleteResourcePolicyCommand({ ResourceArn: arn }));
  });
});
