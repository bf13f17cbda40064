import { AddPermissionCommand, GetFunctionConfigurationCommand, GetPolicyCommand, RemovePermissionCommand, type AddPermissionCommandInput } from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { ACCOUNT } from "../support/context.ts";
import { UUID, arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();

const BASE = { StatementId: "sid", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" };
const add = (FunctionName: string, over: Partial<AddPermissionCommandInput> = {}) => on.lambda.send(new AddPermissionCommand({ FunctionName, ...BASE, ...over }));
const remove = (FunctionName: string, StatementId = "sid", more: { Qualifier?: string; RevisionId?: string } = {}) => on.lambda.send(new RemovePermissionCommand({ FunctionName, StatementId, ...more }));
const policyOf = async (FunctionName: string, Qualifier?: string) => plain(await on.lambda.send(new GetPolicyCommand({ FunctionName, Qualifier })));
const revisionOf = async (FunctionName: string) => (await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).RevisionId;

const invalid = (message: string) => ({ name: "InvalidParameterValueException", message, status: 400, type: "User" });
const notFound = (message: string) => ({ name: "ResourceNotFoundException", message, status: 404, type: "User" });
const validation = (what: string) => ({ name: "ValidationException", message: `1 validation error detected: ${what}`, status: 400 });

describe("AddPermission", () => {
  it("answers 201 and the statement as a text, which the policy then has", async () => {
    const name = await on.create();
    const answer = await add(name, { SourceArn: "arn:aws:s3:::bucket", SourceAccount: ACCOUNT });
    expect(answer.$metadata.httpStatusCode).toBe(201);
    const statement = {
      Sid: "sid", Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "lambda:InvokeFunction", Resource: arnOf(name),
      Condition: { StringEquals: { "AWS:SourceAccount": ACCOUNT }, ArnLike: { "AWS:SourceArn": "arn:aws:s3:::bucket" } },
    };
    expect(plain(answer)).toEqual({ Statement: JSON.stringify(statement) });
    const policy = await policyOf(name);
    expect(policy).toEqual({ Policy: JSON.stringify({ Version: "2012-10-17", Id: "default", Statement: [statement] }), RevisionId: expect.stringMatching(UUID) });
  });

  it.each<[string, Partial<AddPermissionCommandInput>, unknown, unknown?]>([
    ["everyone", { Principal: "*" }, "*"],
    ["an account", { Principal: "111111111111" }, { AWS: "arn:aws:iam::111111111111:root" }],
    ["an account's root", { Principal: "arn:aws:iam::111111111111:root" }, { AWS: "arn:aws:iam::111111111111:root" }],
    ["a role", { Principal: "arn:aws:iam::111111111111:role/r" }, { AWS: "arn:aws:iam::111111111111:role/r" }],
    ["a service", { Principal: "events.amazonaws.com" }, { Service: "events.amazonaws.com" }],
    ["a service for one source", { SourceArn: "arn:aws:events:us-east-1:000000000000:rule/r" }, { Service: "s3.amazonaws.com" }, { ArnLike: { "AWS:SourceArn": "arn:aws:events:us-east-1:000000000000:rule/r" } }],
    ["a service for one account", { SourceAccount: "111111111111" }, { Service: "s3.amazonaws.com" }, { StringEquals: { "AWS:SourceAccount": "111111111111" } }],
    ["an organization", { Principal: "*", PrincipalOrgID: "o-0123456789" }, "*", { StringEquals: { "aws:PrincipalOrgID": "o-0123456789" } }],
    ["a skill", { Principal: "alexa-appkit.amazon.com", EventSourceToken: "amzn1.ask.skill.x" }, { Service: "alexa-appkit.amazon.com" }, { StringEquals: { "lambda:EventSourceToken": "amzn1.ask.skill.x" } }],
    ["a function URL", { Principal: "*", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" }, "*", { StringEquals: { "lambda:FunctionUrlAuthType": "NONE" } }],
    ["what comes by a function URL", { Principal: "*", InvokedViaFunctionUrl: true }, "*", { Bool: { "lambda:InvokedViaFunctionUrl": "true" } }],
  ])("opens the door for %s", async (_who, over, Principal, Condition) => {
    const name = await on.create();
    const { Statement } = await add(name, over);
    expect(JSON.parse(Statement!)).toEqual({ Sid: "sid", Effect: "Allow", Principal, Action: over.Action ?? "lambda:InvokeFunction", Resource: arnOf(name), ...(Condition === undefined ? {} : { Condition }) });
  });

  it.each<[string, Partial<AddPermissionCommandInput>, object]>([
    ["a service that is none", { Principal: "invalid.nonaws.com" }, invalid("The provided principal was invalid. Please check the principal and try again.")],
    ["a role that is not there", { Principal: `arn:aws:iam::${ACCOUNT}:role/nobody` }, invalid("The provided principal was invalid. Please check the principal and try again.")],
    ["a user that is not there", { Principal: `arn:aws:iam::${ACCOUNT}:user/nobody` }, invalid("The provided principal was invalid. Please check the principal and try again.")],
    ["a role that stands under another path", { Principal: `arn:aws:iam::${ACCOUNT}:role/another/path/worker` }, invalid("The provided principal was invalid. Please check the principal and try again.")],
    ["a word", { Principal: "somebody" }, invalid("The provided principal was invalid. Please check the principal and try again.")],
    ["a group", { Principal: `arn:aws:iam::${ACCOUNT}:group/all` }, invalid("The provided principal was invalid. Please check the principal and try again.")],
    ["a part of a principal", { Principal: "arn:aws:iam::111122223333:role/*" }, invalid("The provided principal was invalid. Please check the principal and try again.")],
    ["an ARN of something else", { Principal: "arn:aws:s3:::bucket" }, invalid("The provided principal was invalid. Please check the principal and try again.")],
    ["$LATEST", { Qualifier: "$LATEST" }, invalid("We currently do not support adding policies for $LATEST.")],
    ["another action", { Action: "s3:GetObject" }, validation("Value 's3:GetObject' at 'action' failed to satisfy constraint: Member must satisfy regular expression pattern: (lambda:[*]|lambda:[a-zA-Z]+|[*])")],
    ["a statement id with a blank", { StatementId: "a b" }, validation("Value 'a b' at 'statementId' failed to satisfy constraint: Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)")],
    ["a long statement id", { StatementId: "s".repeat(101) }, validation(`Value '${"s".repeat(101)}' at 'statementId' failed to satisfy constraint: Member must have length less than or equal to 100`)],
    ["an account of eleven digits", { SourceAccount: "11111111111" }, validation("Value '11111111111' at 'sourceAccount' failed to satisfy constraint: Member must satisfy regular expression pattern: \\d{12}")],
    ["what is no ARN", { SourceArn: "bucket" }, { name: "ValidationException", message: expect.stringMatching(/^1 validation error detected: Value 'bucket' at 'sourceArn' failed/) }],
    ["another authentication", { Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "SOME" as "NONE" }, validation("Value 'SOME' at 'functionUrlAuthType' failed to satisfy constraint: Member must satisfy enum value set: [NONE, AWS_IAM]")],
    ["a URL's authentication for Invoke", { FunctionUrlAuthType: "NONE" }, { name: "InvalidParameterValueException", message: expect.stringContaining("FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl") }],
    ["another revision", { RevisionId: "no" }, { name: "PreconditionFailedException", status: 412, type: "User", message: "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the latest Revision Id" }],
  ])("refuses %s", async (_what, over, expected) => {
    const name = await on.create();
    expect(await refusal(add(name, over))).toMatchObject(expected);
    expect(await refusal(policyOf(name))).toEqual(notFound("The resource you requested does not exist."));
  });

  it("trusts a role that is there", async () => {
    const name = await on.create();
    expect(JSON.parse((await add(name, { Principal: on.ground.role })).Statement!)).toMatchObject({ Principal: { AWS: on.ground.role } });
  });

  it("refuses a qualifier that is not there", async () => {
    const name = await on.create();
    expect(await refusal(add(name, { Qualifier: "live" }))).toEqual(notFound(`Cannot find alias arn: ${arnOf(name)}:live`));
    expect(await refusal(add(name, { Qualifier: "3" }))).toEqual(notFound(`Function not found: ${arnOf(name)}:3`));
  });

  it("refuses a statement id that is taken", async () => {
    const name = await on.create();
    await add(name);
    expect(await refusal(add(name, { Principal: "sns.amazonaws.com" }))).toEqual({
      name: "ResourceConflictException", message: "The statement id (sid) provided already exists. Please provide a new statement id, or remove the existing statement.", status: 409, type: "User",
    });
    await add(name, { StatementId: "another" });
    expect(JSON.parse((await policyOf(name)).Policy!).Statement.map((one: { Sid: string }) => one.Sid)).toEqual(["sid", "another"]);
  });

  it("refuses a policy of more than 20 KB", async () => {
    const name = await on.create();
    const SourceArn = `arn:aws:s3:::${"b".repeat(9_000)}`;
    await add(name, { StatementId: "one", SourceArn });
    await add(name, { StatementId: "two", SourceArn });
    const refused = await refusal(add(name, { StatementId: "three", SourceArn }));
    expect(refused).toMatchObject({ name: "PolicyLengthExceededException", status: 400, type: "User", message: expect.stringMatching(/^The final policy size \(\d{5}\) is bigger than the limit \(20480\)\.$/) });
    expect(JSON.parse((await policyOf(name)).Policy!).Statement).toHaveLength(2);
  });
});

describe("a change of the policy", () => {
  it("gives the function another revision, which is the policy's", async () => {
    const name = await on.active();
    const first = await revisionOf(name);
    await add(name, { RevisionId: first });
    const second = await revisionOf(name);
    expect(second).not.toBe(first);
    expect((await policyOf(name)).RevisionId).toBe(second);
    expect(await refusal(add(name, { StatementId: "more", RevisionId: first }))).toMatchObject({ name: "PreconditionFailedException" });
    expect(await refusal(remove(name, "sid", { RevisionId: first! }))).toMatchObject({ name: "PreconditionFailedException", status: 412 });
    await remove(name, "sid", { RevisionId: second! });
    expect(await revisionOf(name)).not.toBe(second);
  });

  it("of a Pending function lasts when it is Active", async () => {
    const name = await on.create();
    await add(name);
    await on.isSettled(name);
    expect(JSON.parse((await policyOf(name)).Policy!).Statement).toHaveLength(1);
  });
});

describe("RemovePermission", () => {
  it("answers 204; with its last statement the policy is gone", async () => {
    const name = await on.create();
    await add(name);
    await add(name, { StatementId: "second" });
    const answer = await remove(name);
    expect(answer.$metadata.httpStatusCode).toBe(204);
    expect(await refusal(remove(name))).toEqual(notFound("Statement sid is not found in resource policy."));
    await remove(name, "second");
    expect(await refusal(policyOf(name))).toEqual(notFound("The resource you requested does not exist."));
    expect(await refusal(remove(name, "second"))).toEqual(notFound("No policy is associated with the given resource."));
  });
});
