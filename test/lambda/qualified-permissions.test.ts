import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  AddPermissionCommand, CreateAliasCommand, DeleteAliasCommand, GetAliasCommand, GetFunctionConfigurationCommand, GetPolicyCommand, PublishVersionCommand, RemovePermissionCommand, type AddPermissionCommandInput,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutBucketNotificationConfigurationCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { storyLines } from "../../src/cli/story.ts";
import { eventually } from "../support/temporary.ts";
import { ACCOUNT } from "../support/context.ts";
import { UUID, arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();
const BUCKET = "uploads";

/** A function with version 1, Active, and the alias live for it. */
const withAlias = async () => {
  const name = await on.active({}, { "index.mjs": "export const handler = async (event, context) => console.log('photo', event.Records[0].s3.object.key, 'for', context.invokedFunctionArn, context.functionVersion);\n" });
  await on.lambda.send(new PublishVersionCommand({ FunctionName: name }));
  await eventually("version 1 is Active", async () => (await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: "1" }))).State === "Active");
  await on.lambda.send(new CreateAliasCommand({ FunctionName: name, Name: "live", FunctionVersion: "1" }));
  return name;
};
const add = (FunctionName: string, Qualifier?: string, over: Partial<AddPermissionCommandInput> = {}) =>
  on.lambda.send(new AddPermissionCommand({ FunctionName, Qualifier, StatementId: "s3", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", SourceArn: `arn:aws:s3:::${BUCKET}`, SourceAccount: ACCOUNT, ...over }));
const remove = (FunctionName: string, Qualifier?: string, over: { RevisionId?: string; StatementId?: string } = {}) => on.lambda.send(new RemovePermissionCommand({ FunctionName, Qualifier, StatementId: "s3", ...over }));
const policyOf = async (FunctionName: string, Qualifier?: string) => plain(await on.lambda.send(new GetPolicyCommand({ FunctionName, Qualifier })));
const resourcesOf = async (FunctionName: string, Qualifier?: string) => (JSON.parse((await policyOf(FunctionName, Qualifier)).Policy!) as { Statement: { Resource: string }[] }).Statement.map(({ Resource }) => Resource);
const notify = (arn: string) =>
  on.ground.platform.clients.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: BUCKET, NotificationConfiguration: { LambdaFunctionConfigurations: [{ LambdaFunctionArn: arn, Events: ["s3:ObjectCreated:*"] }] } }));
const isLetIn = (arn: string) => notify(arn).then(() => true, (error: Error) => (expect(error.message).toBe("Unable to validate the following destination configurations"), false));
const notFound = (message: string) => ({ name: "ResourceNotFoundException", message, status: 404, type: "User" });
const NO_POLICY = notFound("The resource you requested does not exist.");

beforeAll(async () => void (await on.ground.platform.clients.s3.send(new CreateBucketCommand({ Bucket: BUCKET }))));

describe("a permission on a version or an alias", () => {
  it.each([["live"], ["1"]])("stands in the policy of %s alone, for its ARN", async (qualifier) => {
    const name = await withAlias();
    const { Statement } = await add(name, qualifier);
    expect(JSON.parse(Statement!)).toMatchObject({ Sid: "s3", Resource: `${arnOf(name)}:${qualifier}` });
    expect(await policyOf(name, qualifier)).toEqual({ Policy: expect.stringContaining(`"Resource":"${arnOf(name)}:${qualifier}"`), RevisionId: expect.stringMatching(UUID) });
    expect(await policyOf(`${arnOf(name)}:${qualifier}`)).toEqual(await policyOf(name, qualifier));
    for (const other of [undefined, "$LATEST", qualifier === "1" ? "live" : "1"]) expect(await refusal(policyOf(name, other))).toEqual(NO_POLICY);
    expect(await refusal(add(name, qualifier))).toMatchObject({ name: "ResourceConflictException" });
    await add(name);
    expect(await resourcesOf(name)).toEqual([arnOf(name)]);
    expect((await remove(name, qualifier)).$metadata.httpStatusCode).toBe(204);
    expect(await refusal(policyOf(name, qualifier))).toEqual(NO_POLICY);
    expect(await resourcesOf(name)).toEqual([arnOf(name)]);
  });

  it("gives it another revision, and asks for the one that it was told", async () => {
    const name = await withAlias();
    const aliasRevision = async () => (await on.lambda.send(new GetAliasCommand({ FunctionName: name, Name: "live" }))).RevisionId;
    const versionRevision = async () => (await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: "1" }))).RevisionId;
    const functionRevision = (await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }))).RevisionId;
    for (const [qualifier, revision] of [["live", aliasRevision], ["1", versionRevision]] as const) {
      const RevisionId = await revision();
      await add(name, qualifier, { RevisionId });
      expect(await revision()).not.toBe(RevisionId);
      expect((await policyOf(name, qualifier)).RevisionId).toBe(await revision());
      expect(await refusal(add(name, qualifier, { StatementId: "more", RevisionId }))).toMatchObject({ name: "PreconditionFailedException", status: 412, message: expect.stringContaining("Call the GetPolicy API") });
      expect(await refusal(remove(name, qualifier, { RevisionId: RevisionId! }))).toMatchObject({ name: "PreconditionFailedException" });
    }
    expect((await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }))).RevisionId).toBe(functionRevision);
  });

  it("is refused for $LATEST, and for what is not there", async () => {
    const name = await withAlias();
    expect(await refusal(add(name, "$LATEST"))).toMatchObject({ name: "InvalidParameterValueException", message: "We currently do not support adding policies for $LATEST." });
    expect(await refusal(add(name, "next"))).toEqual(notFound(`Cannot find alias arn: ${arnOf(name)}:next`));
    expect(await refusal(add(name, "7"))).toEqual(notFound(`Function not found: ${arnOf(name)}:7`));
    expect(await refusal(remove(name, "7"))).toEqual(notFound(`Function not found: ${arnOf(name)}:7`));
    expect(await refusal(remove(name, "live"))).toEqual(notFound("No policy is associated with the given resource."));
    await add(name, "live");
    expect(await refusal(remove(name, "live", { StatementId: "other" }))).toEqual(notFound("Statement other is not found in resource policy."));
  });

  it("goes with its alias", async () => {
    const name = await withAlias();
    await add(name, "live");
    await on.lambda.send(new DeleteAliasCommand({ FunctionName: name, Name: "live" }));
    await on.lambda.send(new CreateAliasCommand({ FunctionName: name, Name: "live", FunctionVersion: "1" }));
    expect(await refusal(policyOf(name, "live"))).toEqual(NO_POLICY);
  });
});

describe("the door of S3", () => {
  it.each([
    [undefined, [true, false, false]],
    ["live", [false, true, false]],
    ["1", [false, false, true]],
  ])("opened for %s lets in who comes by that name alone", async (granted, expected) => {
    const name = await withAlias();
    await add(name, granted);
    const answers: boolean[] = [];
    for (const arn of [arnOf(name), `${arnOf(name)}:live`, `${arnOf(name)}:1`]) answers.push(await isLetIn(arn));
    expect(answers).toEqual(expected);
  });

  it("leads through the alias to its version", async () => {
    const name = await withAlias();
    await add(name, "live");
    await notify(`${arnOf(name)}:live`);
    await on.ground.platform.clients.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "cat.jpg", Body: "x" }));
    await eventually("it is logged", async () => {
      const { events = [] } = await on.ground.platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: '"cat.jpg"' })).catch(() => ({ events: [] }));
      return events.some(({ message }) => message!.includes(`photo cat.jpg for ${arnOf(name)}:live 1`));
    });
  });

  it("that is shut for the alias: why tells the key with its qualifier", async () => {
    const name = await withAlias();
    await add(name);
    const requestId = await notify(`${arnOf(name)}:live`).then(() => "", (error: { $metadata: { requestId: string } }) => error.$metadata.requestId);
    const lines = await eventually("why knows", async () => {
      const [story] = await fetchStories({ endpoint: on.ground.platform.endpoint, region: "us-east-1", account: undefined }, requestId);
      const told = story === undefined ? [] : storyLines(story, (_style, text) => text).map((line) => line.trim());
      return told.at(-1)?.startsWith("✗ refused") === true && told;
    });
    expect(lines.at(-1)).toBe(`✗ refused: s3.amazonaws.com (for arn:aws:s3:::${BUCKET}) may not invoke the function ${name}, version or alias live`);
    expect(lines).toContain(`live of the function ${name} has no policy of its own that lets anyone in (the function's is not for it), or there is no such version or alias`);
    expect(lines.join("\n")).toMatch(/qualifier {6}= "live"/);
    expect(lines.find((line) => line.startsWith("aws lambda add-permission"))).toContain(` --function-name ${name} --qualifier live `);
  });
});
