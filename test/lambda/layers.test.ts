import {
  AddLayerVersionPermissionCommand, CreateFunctionCommand, DeleteFunctionCommand, DeleteLayerVersionCommand, GetFunctionConfigurationCommand, GetLayerVersionByArnCommand, GetLayerVersionCommand, GetLayerVersionPolicyCommand, InvokeCommand,
  ListFunctionsCommand, ListLayersCommand, ListLayerVersionsCommand, PublishLayerVersionCommand, RemoveLayerVersionPermissionCommand, UpdateFunctionCodeCommand, UpdateFunctionConfigurationCommand,
  type AddLayerVersionPermissionCommandInput, type CreateFunctionCommandInput, type PublishLayerVersionCommandInput,
} from "@aws-sdk/client-lambda";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ZipFile } from "yazl";
import { systemRandom } from "../../src/kit/random.ts";
import { clientsOf } from "../support/clients.ts";
import { createRole, zipOf } from "../support/functions.ts";
import { openLambda } from "./in-process.ts";
import { ACCOUNT } from "../support/context.ts";
import { UUID, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();

const nameIt = () => `layer-${systemRandom.bytes(6).toString("hex")}`;
const layerArn = (name: string, version?: number) => `arn:aws:lambda:us-east-1:${ACCOUNT}:layer:${name}${version === undefined ? "" : `:${version}`}`;
const publish = async (LayerName: string, files: Record<string, string> = { "a.txt": "a" }, over: Partial<PublishLayerVersionCommandInput> = {}) =>
  on.lambda.send(new PublishLayerVersionCommand({ LayerName, Content: { ZipFile: await zipOf(files) }, ...over }));
/** A layer of this test's own; its version's ARN. */
const layerOf = async (files: Record<string, string>, name = nameIt()): Promise<string> => (await publish(name, files)).LayerVersionArn!;
const get = (LayerName: string, VersionNumber = 1) => on.lambda.send(new GetLayerVersionCommand({ LayerName, VersionNumber }));
const remove = (LayerName: string, VersionNumber = 1) => on.lambda.send(new DeleteLayerVersionCommand({ LayerName, VersionNumber }));

const invalid = (message: string) => ({ name: "InvalidParameterValueException", message, status: 400, type: "User" });
const notFound = (message: string) => ({ name: "ResourceNotFoundException", message, status: 404, type: "User" });
const MISSING = notFound("The resource you requested does not exist.");

describe("PublishLayerVersion", () => {
  it("answers 201 with the version, whose package can be downloaded", async () => {
    const [name, zip] = [nameIt(), await zipOf({ "python/m.py": "x = 1\n" })];
    const answer = await publish(name, {}, {
      Content: { ZipFile: zip }, Description: "a layer", LicenseInfo: "MIT", CompatibleRuntimes: ["python3.13", "python3.12"], CompatibleArchitectures: ["x86_64", "arm64"],
    });
    expect(answer.$metadata.httpStatusCode).toBe(201);
    const { Content, ...version } = plain(answer);
    expect(version).toEqual({
      LayerArn: layerArn(name), LayerVersionArn: layerArn(name, 1), Version: 1, Description: "a layer", LicenseInfo: "MIT",
      CompatibleRuntimes: ["python3.13", "python3.12"], CompatibleArchitectures: ["x86_64", "arm64"], CreatedDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
    });
    expect(Content).toEqual({ Location: expect.stringMatching(/^http:/), CodeSha256: hash("sha256", zip, "base64"), CodeSize: zip.length });
    expect(Buffer.from(await (await fetch(Content!.Location!)).arrayBuffer()).equals(zip)).toBe(true);
  });

  it("tells nothing that was not given, but an empty description", async () => {
    const name = nameIt();
    const { json, status } = await on.raw("POST", `/2018-10-31/layers/${name}/versions`, { body: JSON.stringify({ Content: { ZipFile: (await zipOf({ a: "a" })).toString("base64") } }) });
    expect(status).toBe(201);
    expect(Object.keys(json).toSorted()).toEqual(["Content", "CreatedDate", "Description", "LayerArn", "LayerVersionArn", "Version"]);
    expect(json["Description"]).toBe("");
  });

  it("gives no number twice, also when all versions are gone", async () => {
    const name = nameIt();
    const numbers = (await Promise.all([publish(name), publish(layerArn(name))])).map(({ Version }) => Version);
    expect(numbers.toSorted()).toEqual([1, 2]);
    await remove(name, 1);
    await remove(name, 2);
    expect((await publish(name)).Version).toBe(3);
  });

  it("takes the package from S3, as the caller", async () => {
    const [name, zip] = [nameIt(), await zipOf({ a: "from S3" })];
    await on.ground.platform.clients.s3.send(new CreateBucketCommand({ Bucket: name }));
    await on.ground.platform.clients.s3.send(new PutObjectCommand({ Bucket: name, Key: "layer.zip", Body: zip }));
    expect((await publish(name, {}, { Content: { S3Bucket: name, S3Key: "layer.zip" } })).Content!.CodeSha256).toBe(hash("sha256", zip, "base64"));
    expect(await refusal(publish(name, {}, { Content: { S3Bucket: name, S3Key: "none.zip" } }))).toEqual(
      invalid("Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."),
    );
  });

  it.each<[string, Partial<PublishLayerVersionCommandInput>, object]>([
    ["no source", { Content: {} }, { name: "InvalidParameterValueException" }],
    ["no zip", { Content: { ZipFile: Buffer.from("no zip") } }, invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")],
    ["two sources", { Content: { ZipFile: Buffer.from("a"), S3Bucket: "bucket", S3Key: "k" } }, { name: "InvalidParameterValueException" }],
    ["a name with a blank", { LayerName: "a b" }, { name: "ValidationException", message: expect.stringMatching(/^1 validation error detected: Value 'a b' at 'layerName' failed to satisfy constraint: Member must satisfy regular expression pattern: \(arn:.*:layer:\[a-zA-Z0-9-_\]\+\)\|\[a-zA-Z0-9-_\]\+$/) }],
    ["a runtime that is none", { CompatibleRuntimes: ["cobol" as "python3.13"] }, { name: "ValidationException", message: expect.stringMatching(/^1 validation error detected: Value '\[cobol\]' at 'compatibleRuntimes' failed to satisfy constraint: Member must satisfy enum value set: \[nodejs20\.x, python3\.14, .*, java11\.al2023\]$/) }],
    ["a long license", { LicenseInfo: "l".repeat(513) }, { name: "ValidationException", message: expect.stringContaining("Member must have length less than or equal to 512") }],
    ["a layer of another account", { LayerName: `arn:aws:lambda:us-east-1:111111111111:layer:l` }, { name: "AccessDeniedException", status: 403 }],
    ["a layer of another region", { LayerName: `arn:aws:lambda:eu-west-1:${ACCOUNT}:layer:l` }, MISSING],
  ])("refuses %s", async (_what, over, expected) => {
    const name = nameIt();
    expect(await refusal(publish(name, { a: "a" }, over))).toMatchObject(expected);
    expect((await on.lambda.send(new ListLayerVersionsCommand({ LayerName: name }))).LayerVersions).toEqual([]);
  });
});

describe("a layer version", () => {
  it("is read by its name, its layer's ARN and its own", async () => {
    const name = nameIt();
    const { Content: { Location: _location, ...content } = {}, ...version } = plain(await publish(name, { a: "a" }, { Description: "d" }));
    const byArn = await on.lambda.send(new GetLayerVersionByArnCommand({ Arn: layerArn(name, 1) }));
    for (const answer of [await get(name), await get(layerArn(name)), byArn]) {
      expect(plain(answer)).toEqual({ ...version, Content: { ...content, Location: expect.stringMatching(/^http:/) } });
    }
  });

  it("that is not there is not found; a number below 1 is none", async () => {
    const name = nameIt();
    await publish(name);
    expect(await refusal(get(name, 2))).toEqual(MISSING);
    expect(await refusal(get("nobody"))).toEqual(MISSING);
    expect(await refusal(on.lambda.send(new GetLayerVersionByArnCommand({ Arn: layerArn(name, 2) })))).toEqual(MISSING);
    expect(await refusal(get(name, 0))).toEqual(invalid("Layer Version Cannot be less than 1."));
    expect(await refusal(remove(name, -1))).toEqual(invalid("Layer Version Cannot be less than 1."));
    expect(await refusal(on.lambda.send(new GetLayerVersionByArnCommand({ Arn: layerArn(name) })))).toMatchObject({ name: "ValidationException", message: expect.stringContaining("Member must satisfy regular expression pattern") });
  });

  it("is deleted with 204, again and again", async () => {
    const name = nameIt();
    await publish(name);
    expect((await remove(name)).$metadata.httpStatusCode).toBe(204);
    expect((await remove(layerArn(name))).$metadata.httpStatusCode).toBe(204);
    expect(await refusal(get(name))).toEqual(MISSING);
  });
});

describe("lists", () => {
  it("of versions: the newest first, in pages, filtered", async () => {
    const name = nameIt();
    await publish(name, { a: "1" }, { CompatibleRuntimes: ["python3.13"] });
    await publish(name, { a: "2" }, { CompatibleRuntimes: ["nodejs24.x"], CompatibleArchitectures: ["arm64"] });
    await publish(name, { a: "3" });
    const first = await on.lambda.send(new ListLayerVersionsCommand({ LayerName: name, MaxItems: 2 }));
    expect(first.LayerVersions!.map(({ Version }) => Version)).toEqual([3, 2]);
    expect(first.LayerVersions![1]).toEqual({ LayerVersionArn: layerArn(name, 2), Version: 2, Description: "", CreatedDate: expect.any(String), CompatibleRuntimes: ["nodejs24.x"], CompatibleArchitectures: ["arm64"] });
    const second = await on.lambda.send(new ListLayerVersionsCommand({ LayerName: layerArn(name), MaxItems: 2, Marker: first.NextMarker }));
    expect([second.LayerVersions!.map(({ Version }) => Version), second.NextMarker]).toEqual([[1], undefined]);
    const numbers = async (filter: object) => (await on.lambda.send(new ListLayerVersionsCommand({ LayerName: name, ...filter }))).LayerVersions!.map(({ Version }) => Version);
    expect(await numbers({ CompatibleRuntime: "python3.13" })).toEqual([1]);
    expect(await numbers({ CompatibleArchitecture: "arm64" })).toEqual([2]);
    expect(await refusal(numbers({ CompatibleRuntime: "cobol" }))).toMatchObject({ name: "ValidationException", message: expect.stringMatching(/^1 validation error detected: Value 'cobol' at 'compatibleRuntime' failed/) });
    expect(await numbers({ CompatibleRuntime: "python3.13", CompatibleArchitecture: "arm64" })).toEqual([]);
  });

  it("of layers: by name, each with its latest version that matches", async () => {
    const { lambda } = clientsOf(on.ground.platform.endpoint, { accessKeyId: "333333333333", secretAccessKey: "test" });
    const put = async (LayerName: string, CompatibleRuntimes?: PublishLayerVersionCommandInput["CompatibleRuntimes"]) =>
      lambda.send(new PublishLayerVersionCommand({ LayerName, Content: { ZipFile: await zipOf({ a: "a" }) }, CompatibleRuntimes }));
    for (const name of ["c", "a", "b"]) await put(name);
    await put("b", ["python3.13"]);
    await put("b", ["nodejs24.x"]);
    const first = await lambda.send(new ListLayersCommand({ MaxItems: 2 }));
    expect(first.Layers!.map(({ LayerName, LatestMatchingVersion }) => [LayerName, LatestMatchingVersion!.Version])).toEqual([["a", 1], ["b", 3]]);
    const second = await lambda.send(new ListLayersCommand({ MaxItems: 2, Marker: first.NextMarker }));
    expect([second.Layers!.map(({ LayerName }) => LayerName), second.NextMarker]).toEqual([["c"], undefined]);
    expect((await lambda.send(new ListLayersCommand({ CompatibleRuntime: "python3.13" }))).Layers).toEqual([{
      LayerName: "b", LayerArn: "arn:aws:lambda:us-east-1:333333333333:layer:b",
      LatestMatchingVersion: { LayerVersionArn: "arn:aws:lambda:us-east-1:333333333333:layer:b:2", Version: 2, Description: "", CreatedDate: expect.any(String), CompatibleRuntimes: ["python3.13"] },
    }]);
  });
});

describe("the policy of a layer version", () => {
  const BASE = { VersionNumber: 1, StatementId: "sid", Action: "lambda:GetLayerVersion", Principal: "111111111111" };
  const add = (LayerName: string, over: Partial<AddLayerVersionPermissionCommandInput> = {}) => on.lambda.send(new AddLayerVersionPermissionCommand({ LayerName, ...BASE, ...over }));
  const policyOf = async (LayerName: string, VersionNumber = 1) => plain(await on.lambda.send(new GetLayerVersionPolicyCommand({ LayerName, VersionNumber })));
  const drop = (LayerName: string, StatementId = "sid", over: { RevisionId?: string | undefined; VersionNumber?: number } = {}) =>
    on.lambda.send(new RemoveLayerVersionPermissionCommand({ LayerName, VersionNumber: 1, StatementId, ...over }));

  it("is made of statements, each answered as a text with the revision", async () => {
    const name = nameIt();
    await publish(name);
    const answer = await add(name);
    expect(answer.$metadata.httpStatusCode).toBe(201);
    const one = { Sid: "sid", Effect: "Allow", Principal: { AWS: "arn:aws:iam::111111111111:root" }, Action: "lambda:GetLayerVersion", Resource: layerArn(name, 1) };
    expect(plain(answer)).toEqual({ Statement: JSON.stringify(one), RevisionId: expect.stringMatching(UUID) });
    const two = { ...one, Sid: "org", Principal: "*", Condition: { StringEquals: { "aws:PrincipalOrgID": "o-0123456789" } } };
    const { Statement, RevisionId } = await add(layerArn(name), { StatementId: "org", Principal: "*", OrganizationId: "o-0123456789", RevisionId: answer.RevisionId });
    expect(JSON.parse(Statement!)).toEqual(two);
    expect(RevisionId).not.toBe(answer.RevisionId);
    expect(await policyOf(name)).toEqual({ Policy: expect.any(String), RevisionId });
    expect(JSON.parse((await policyOf(name)).Policy!)).toEqual({ Version: "2012-10-17", Id: "default", Statement: [one, two] });
    expect((await drop(name)).$metadata.httpStatusCode).toBe(204);
    await drop(name, "org");
    expect(await refusal(policyOf(name))).toEqual(notFound("No policy is associated with the given resource."));
  });

  it("is refused what AWS refuses", async () => {
    const name = nameIt();
    await publish(name);
    expect(await refusal(drop(name))).toEqual(notFound("No policy is associated with the given resource."));
    await add(name);
    expect(await refusal(add(name))).toEqual({ name: "ResourceConflictException", message: "The statement id (sid) provided already exists. Please provide a new statement id, or remove the existing statement.", status: 409, type: "User" });
    const differs = { name: "PreconditionFailedException", message: "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id", status: 412, type: "User" };
    expect(await refusal(add(name, { StatementId: "other", RevisionId: "no" }))).toEqual(differs);
    expect(await refusal(drop(name, "sid", { RevisionId: "no" }))).toEqual(differs);
    expect(await refusal(drop(name, "other"))).toEqual(notFound("Statement other is not found in resource policy."));
    const gone = notFound(`Layer version ${layerArn(name, 2)} does not exist.`);
    expect(await refusal(add(name, { VersionNumber: 2 }))).toEqual(gone);
    expect(await refusal(drop(name, "sid", { VersionNumber: 2 }))).toEqual(gone);
    expect(await refusal(policyOf(name, 2))).toEqual(gone);
    expect(await refusal(add(name, { StatementId: "list", Action: "lambda:ListLayerVersions" }))).toMatchObject({ name: "ValidationException", message: expect.stringContaining("Value 'lambda:ListLayerVersions' at 'action' failed to satisfy constraint: Member must satisfy regular expression pattern: lambda:GetLayerVersion") });
    expect(await refusal(add(name, { StatementId: "org", OrganizationId: "o-0123456789" }))).toEqual(invalid("If organization id is specified then principal should be *"));
    expect(JSON.parse((await policyOf(name)).Policy!).Statement).toHaveLength(1);
  });

  it("lets another account read the version and give it to its functions, and nobody else", async () => {
    const name = nameIt();
    await publish(name);
    const arn = layerArn(name, 1);
    const clients = clientsOf(on.ground.platform.endpoint, { accessKeyId: "111111111111", secretAccessKey: "test" });
    const { lambda } = clients;
    const role = await createRole(clients, "worker");
    const read = () => lambda.send(new GetLayerVersionByArnCommand({ Arn: arn }));
    const denied = {
      name: "AccessDeniedException", status: 403,
      message: `User: arn:aws:iam::111111111111:root is not authorized to perform: lambda:GetLayerVersion on resource: ${arn} because no resource-based policy allows the lambda:GetLayerVersion action`,
    };
    expect(await refusal(read())).toMatchObject(denied);
    const input = { ...(await on.inputOf("f")), Role: role, Layers: [arn] };
    const create = () => lambda.send(new CreateFunctionCommand(input));
    expect(await refusal(create())).toMatchObject(denied);
    await add(name);
    expect((await read()).LayerVersionArn).toBe(arn);
    expect((await create()).Layers).toEqual([{ Arn: arn, CodeSize: expect.any(Number) }]);
    await lambda.send(new DeleteFunctionCommand({ FunctionName: "f" }));
    expect(await refusal(lambda.send(new DeleteLayerVersionCommand({ LayerName: layerArn(name), VersionNumber: 1 })))).toMatchObject({ name: "AccessDeniedException" });
    const third = clientsOf(on.ground.platform.endpoint, { accessKeyId: "222222222222", secretAccessKey: "test" });
    expect(await refusal(third.lambda.send(new GetLayerVersionByArnCommand({ Arn: arn })))).toMatchObject({ name: "AccessDeniedException" });
  });

  it("is not asked within the account, but the caller's own are", async () => {
    const { iam, sts } = on.ground.platform.clients;
    const trust = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "sts:AssumeRole" }] });
    await iam.send(new CreateRoleCommand({ RoleName: "layers-guest", AssumeRolePolicyDocument: trust }));
    const put = (PolicyName: string, statement: object) =>
      iam.send(new PutRolePolicyCommand({ RoleName: "layers-guest", PolicyName, PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) }));
    const allow = (Action: string[]) => put("allow", { Effect: "Allow", Action, Resource: "*" });
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${ACCOUNT}:role/layers-guest`, RoleSessionName: "me" }));
    const { lambda } = clientsOf(on.ground.platform.endpoint, { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! });
    const [FunctionName, arn] = [await on.active(), await layerOf({ a: "a" })];
    await allow(["lambda:UpdateFunctionConfiguration"]);
    const configure = (...Layers: string[]) => lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Layers }));
    expect(await refusal(configure(arn))).toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining(`not authorized to perform: lambda:GetLayerVersion on resource: ${arn} because no identity-based policy allows`) });
    await allow(["lambda:UpdateFunctionConfiguration", "lambda:GetLayerVersion"]);
    expect((await configure(arn)).Layers).toEqual([{ Arn: arn, CodeSize: expect.any(Number) }]);
    await put("deny", { Effect: "Deny", Action: "lambda:GetLayerVersion", Resource: arn });
    for (const spelling of [arn, arn.replace(/1$/, "01"), arn.replace("arn:aws:", "arn:aws-cn:")]) {
      expect(await refusal(configure(spelling))).toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining("with an explicit deny") });
      expect(await refusal(lambda.send(new GetLayerVersionByArnCommand({ Arn: spelling })))).toMatchObject({ name: "AccessDeniedException" });
    }
  });
});

const configure = async (FunctionName: string, Layers: string[] | undefined, Description?: string) => {
  const answer = await on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Layers, Description }));
  await on.isSettled(FunctionName);
  return answer;
};
const layersOf = async (FunctionName: string) => (await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).Layers;

describe("a function's layers", () => {
  it("are told with their size, in their order, and leave with an empty list", async () => {
    const [first, second] = [await publish(nameIt(), { a: "1" }), await publish(nameIt(), { b: "22" })];
    const told = [first, second].map(({ LayerVersionArn, Content }) => ({ Arn: LayerVersionArn, CodeSize: Content!.CodeSize }));
    const name = await on.active({ Layers: [first.LayerVersionArn!, second.LayerVersionArn!] });
    expect(await layersOf(name)).toEqual(told);
    const { Functions } = await on.lambda.send(new ListFunctionsCommand({}));
    expect(Functions!.find(({ FunctionName }) => FunctionName === name)!.Layers).toEqual(told);
    expect((await configure(name, undefined, "no word of layers")).Layers).toEqual(told);
    expect((await configure(name, [second.LayerVersionArn!])).Layers).toEqual([told[1]]);
    expect(await configure(name, [])).not.toHaveProperty("Layers");
    expect(await layersOf(name)).toBeUndefined();
  });

  it.each<[string, () => Promise<string[]> | string[], (arns: string[]) => object]>([
    ["that are not there", () => [layerArn("nobody", 1)], ([arn]) => invalid(`Layer version ${arn} does not exist.`)],
    ["of another region", () => [`arn:aws:lambda:eu-west-1:${ACCOUNT}:layer:l:1`], () => invalid("Layers are not in the same region as the function. Layers are expected to be in region us-east-1.")],
    ["that are one twice", async () => { const arn = await layerOf({ a: "a" }); return [arn, arn]; },
      ([arn]) => invalid(`Two different versions of the same layer are not allowed to be referenced in the same function. ${arn} and ${arn} are versions of the same layer.`)],
    ["that are two versions of one", async () => { const name = nameIt(); return [await layerOf({ a: "1" }, name), await layerOf({ a: "2" }, name)]; },
      ([one, two]) => invalid(`Two different versions of the same layer are not allowed to be referenced in the same function. ${one} and ${two} are versions of the same layer.`)],
    ["of which there are six", async () => Promise.all([1, 2, 3, 4, 5, 6].map((n) => layerOf({ a: String(n) }))), () => invalid("Cannot reference more than 5 layers.")],
    ["without a version", () => [layerArn("l")], () => ({ name: "ValidationException", message: expect.stringContaining("'layers' failed to satisfy constraint: Member must satisfy constraint: [") })],
  ])("are refused %s", async (_what, arns, expected) => {
    const Layers = await arns();
    expect(await refusal(on.create({ Layers }))).toMatchObject(expected(Layers));
    const name = await on.active();
    expect(await refusal(configure(name, Layers))).toMatchObject(expected(Layers));
    expect(await layersOf(name)).toBeUndefined();
  });

  it("may unpack, with the function's code, to 262144000 bytes", async () => {
    const zipOfZeros = async (mib: number) => {
      const zip = new ZipFile();
      zip.addBuffer(Buffer.alloc(mib * 1024 * 1024), "zeros");
      zip.end();
      return Buffer.concat(await Array.fromAsync(zip.outputStream as AsyncIterable<Buffer>));
    };
    const layers = await Promise.all([120, 120].map(async (mib) => (await publish(nameIt(), {}, { Content: { ZipFile: await zipOfZeros(mib) } })).LayerVersionArn!));
    const tooMuch = (bytes: number) => invalid(`Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. The actual size is ${bytes} bytes.`);
    const [files, Code] = [{ "index.mjs": "1" }, { ZipFile: await zipOfZeros(20) }];
    expect(await refusal(on.create({ Layers: layers, Code }))).toEqual(tooMuch(260 * 1024 * 1024));
    const name = await on.active({ Layers: layers }, files);
    expect(await refusal(on.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ...Code })))).toEqual(tooMuch(260 * 1024 * 1024));
    expect(await refusal(on.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ...Code, DryRun: true })))).toEqual(tooMuch(260 * 1024 * 1024));
    const more = await publish(nameIt(), {}, { Content: { ZipFile: await zipOfZeros(10) } });
    expect(await refusal(configure(name, [...layers, more.LayerVersionArn!]))).toEqual(tooMuch(250 * 1024 * 1024 + 1));
    expect(await layersOf(name)).toHaveLength(2);
  });

  const runs = async (FunctionName: string, event: unknown = {}): Promise<unknown> => {
    const { Payload } = await on.lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
    return JSON.parse(Buffer.from(Payload!).toString("utf8"));
  };
  const CODE = { "index.mjs": 'import { greeting } from "greeting";\nexport const handler = async () => greeting;\n' };
  const greeting = (text: string) => ({ "nodejs/node_modules/greeting/index.js": `exports.greeting = ${JSON.stringify(text)};\n` });

  it("are found by its code; another list of them makes new environments", async () => {
    const [hello, bye] = [await layerOf(greeting("hello")), await layerOf(greeting("bye"))];
    const over: Partial<CreateFunctionCommandInput> = { Layers: [hello] };
    const name = await on.active(over, CODE);
    expect(await runs(name)).toBe("hello");
    await configure(name, [hello, bye]);
    expect(await runs(name)).toBe("bye");
    await configure(name, [bye, hello]);
    expect(await runs(name)).toBe("hello");
    await configure(name, []);
    expect(await runs(name)).toMatchObject({ errorType: "Error", errorMessage: expect.stringMatching(/^Cannot find package .greeting./) });
  });

  it("stay with it when their versions are deleted", async () => {
    const layer = nameIt();
    const arn = await layerOf(greeting("still here"), layer);
    const name = await on.active({ Layers: [arn] }, CODE);
    await remove(layer);
    expect(await runs(name)).toBe("still here");
    expect((await configure(name, undefined, "another")).Layers).toEqual([{ Arn: arn, CodeSize: expect.any(Number) }]);
    expect(await runs(name)).toBe("still here");
    expect(await refusal(configure(name, [arn]))).toEqual(invalid(`Layer version ${arn} does not exist.`));
  });
});

describe("packages of layers in the blob store", () => {
  it("are kept while a version or a function's settings name them, and go then", async () => {
    const { lambda, context, create, settle, zip, blobFiles, targets } = openLambda();
    const layer = await lambda.PublishLayerVersion({ LayerName: "l", Content: { ZipFile: await zip("layer") } }, context());
    await create("f");
    await settle();
    await lambda.UpdateFunctionConfiguration({ FunctionName: "f", Layers: [layer.LayerVersionArn!] }, context());
    await settle();
    await lambda.DeleteLayerVersion({ LayerName: "l", VersionNumber: 1 }, context());
    expect(blobFiles()).toHaveLength(2);
    await lambda.UpdateFunctionConfiguration({ FunctionName: "f", Layers: [] }, context());
    expect(blobFiles()).toHaveLength(2);
    await lambda.Invoke({ FunctionName: "f" }, context());
    expect(targets.at(-1)!.layers).toEqual([{ arn: layer.LayerVersionArn, blobId: expect.any(String), sha256Base64: layer.Content!.CodeSha256 }]);
    await settle();
    expect(blobFiles()).toHaveLength(1);
  });

  it("go with the function that used them last, and with a version that none uses", async () => {
    const { lambda, context, create, settle, zip, blobFiles } = openLambda();
    const publishOne = async (text: string) => (await lambda.PublishLayerVersion({ LayerName: text, Content: { ZipFile: await zip(text) } }, context())).LayerVersionArn!;
    const [used] = [await publishOne("used"), await publishOne("unused")];
    await create("f");
    await settle();
    await lambda.UpdateFunctionConfiguration({ FunctionName: "f", Layers: [used] }, context());
    await settle();
    await lambda.DeleteLayerVersion({ LayerName: "unused", VersionNumber: 1 }, context());
    await lambda.DeleteLayerVersion({ LayerName: "used", VersionNumber: 1 }, context());
    expect(blobFiles()).toHaveLength(2);
    await lambda.DeleteFunction({ FunctionName: "f" }, context());
    expect(blobFiles()).toEqual([]);
  });

  it("are there after a start", async () => {
    const first = openLambda();
    await first.lambda.PublishLayerVersion({ LayerName: "l", Content: { ZipFile: await first.zip("layer") } }, first.context());
    const files = first.blobFiles();
    await first.close();
    const second = openLambda({ directory: first.directory });
    expect(second.blobFiles()).toEqual(files);
    expect((await second.lambda.GetLayerVersion({ LayerName: "l", VersionNumber: 1 }, second.context())).Version).toBe(1);
  });
});
