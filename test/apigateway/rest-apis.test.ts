import {
  CreateDeploymentCommand, CreateResourceCommand, CreateRestApiCommand, DeleteResourceCommand, DeleteRestApiCommand, GetModelsCommand, GetResourceCommand, GetResourcesCommand, GetRestApiCommand, GetRestApisCommand, GetTagsCommand, TagResourceCommand,
  UntagResourceCommand, UpdateResourceCommand, UpdateRestApiCommand,
} from "@aws-sdk/client-api-gateway";
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import { add, clientOf, refusal, remove, replace, useRestApis } from "./support.ts";

const on = useRestApis();

const POLICY = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "execute-api:Invoke", Resource: "*" }] });

describe("REST APIs", () => {
  it("are told as AWS tells them, with their root and the models that each has", async () => {
    const made = await on.api.send(new CreateRestApiCommand({ name: "shop", description: "of pets", binaryMediaTypes: ["image/png"], endpointConfiguration: { types: ["REGIONAL"] }, policy: POLICY, tags: { team: "a" } }));
    const { $metadata: metadata, ...told } = made;
    expect(metadata.httpStatusCode).toBe(201);
    expect(told).toEqual({
      id: expect.stringMatching(/^[a-z0-9]{10}$/), name: "shop", description: "of pets", createdDate: expect.any(Date), apiKeySource: "HEADER", apiStatus: "AVAILABLE", binaryMediaTypes: ["image/png"], disableExecuteApiEndpoint: false,
      endpointConfiguration: { types: ["REGIONAL"], ipAddressType: "ipv4" }, policy: JSON.stringify(POLICY).slice(1, -1), rootResourceId: expect.stringMatching(/^[a-z0-9]{10}$/), securityPolicy: "TLS_1_0", tags: { team: "a" },
    });
    expect(await on.api.send(new GetRestApiCommand({ restApiId: made.id }))).toMatchObject(told);
    expect((await on.api.send(new GetResourcesCommand({ restApiId: made.id }))).items).toEqual([{ id: made.rootResourceId, path: "/" }]);
    expect((await on.api.send(new GetModelsCommand({ restApiId: made.id }))).items!.map(({ name }) => name)).toEqual(["Empty", "Error"]);
  });

  it("are listed in pages, and gone with all that they are made of", async () => {
    for (let i = 0; i < 3; i++) await on.make();
    const ids: string[] = [];
    let position: string | undefined;
    do {
      const page = await on.api.send(new GetRestApisCommand({ limit: 2, position }));
      ids.push(...page.items!.map(({ id }) => id!));
      position = page.position;
    } while (position !== undefined);
    expect(ids.length).toBeGreaterThan(2);
    expect(ids).toEqual([...new Set(ids)].toSorted());
    for (const restApiId of ids) await on.api.send(new DeleteRestApiCommand({ restApiId }));
    expect((await on.api.send(new GetRestApisCommand({}))).items).toEqual([]);
    expect(await refusal(on.api.send(new GetRestApiCommand({ restApiId: ids[0]! })))).toBe(`NotFoundException: Invalid API identifier specified 000000000000:${ids[0]}`);
    expect(await refusal(on.api.send(new GetRestApisCommand({ position: "nonsense" })))).toMatch(/^BadRequestException: Invalid position/);
  });

  it("are patched as the table allows, all of it or nothing", async () => {
    const { restApiId } = await on.make();
    const patch = (...patchOperations: ReturnType<typeof add>[]) => on.api.send(new UpdateRestApiCommand({ restApiId, patchOperations }));
    const told = await patch(replace("/name", "other"), add("/binaryMediaTypes/image~1png"), add("/binaryMediaTypes/*~1*"), replace("/minimumCompressionSize", "0"), replace("/endpointConfiguration/types/EDGE", "REGIONAL"), replace("/policy", POLICY));
    expect(told).toMatchObject({ name: "other", binaryMediaTypes: ["image/png", "*/*"], minimumCompressionSize: 0, endpointConfiguration: { types: ["REGIONAL"] }, policy: JSON.stringify(POLICY).slice(1, -1) });
    const less = await patch(remove("/binaryMediaTypes/image~1png"), remove("/binaryMediaTypes/*~1*"), replace("/minimumCompressionSize", ""), replace("/policy", ""));
    expect([less.binaryMediaTypes, less.minimumCompressionSize, less.policy]).toEqual([undefined, undefined, undefined]);
    expect(await refusal(patch(replace("/name", "third"), add("/name", "x")))).toBe("BadRequestException: Invalid patch path  '/name' specified for op 'add'. Must be one of: [/minimumCompressionSize, /binaryMediaTypes/{binary_media_type}, /endpointConfiguration/vpcEndpointIds]");
    expect(await refusal(patch({ op: "test", path: "/name", value: "other" }))).toMatch(/specified for op 'test'\. Must be one of: \[\]$/);
    expect(await refusal(patch(replace("/minimumCompressionSize", "10485761")))).toMatch(/must be between 0 and 10485760/);
    expect(await refusal(patch(replace("/policy", "{}")))).toMatch(/^BadRequestException: Invalid policy document/);
    expect((await on.api.send(new GetRestApiCommand({ restApiId }))).name).toBe("other");
  });

  it("refuse by name what could not be honoured", async () => {
    expect(await refusal(on.make({ endpointConfiguration: { types: ["PRIVATE"] } }))).toMatch(/^NotImplemented: The endpoint type PRIVATE is not built/);
    expect(await refusal(on.make({ endpointConfiguration: { types: ["EDGE", "REGIONAL"] } }))).toBe("BadRequestException: Cannot create a RestApi with multiple Endpoint Types.");
    expect(await refusal(on.make({ name: " " }))).toMatch(/^BadRequestException: API name cannot be empty/);
  });

  it("carry tags by their ARN", async () => {
    const { restApiId } = await on.make({ tags: { a: "1" } });
    const resourceArn = `arn:aws:apigateway:us-east-1::/restapis/${restApiId}`;
    await on.api.send(new TagResourceCommand({ resourceArn, tags: { b: "2" } }));
    await on.api.send(new UntagResourceCommand({ resourceArn, tagKeys: ["a"] }));
    expect((await on.api.send(new GetTagsCommand({ resourceArn }))).tags).toEqual({ b: "2" });
    expect(await refusal(on.api.send(new GetTagsCommand({ resourceArn: "arn:aws:apigateway:us-east-1::/nothing/x" })))).toMatch(/^BadRequestException: Invalid ARN specified in the request/);
  });

  it("are for whoever may use the method on their path", async () => {
    const { restApiId } = await on.make();
    await on.clients.iam.send(new CreateUserCommand({ UserName: "reader" }));
    const Resource = `arn:aws:apigateway:us-east-1::/restapis/${restApiId}*`;
    await on.clients.iam.send(new PutUserPolicyCommand({ UserName: "reader", PolicyName: "read", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["apigateway:GET", "apigateway:PATCH"], Resource }] }) }));
    const { AccessKey } = await on.clients.iam.send(new CreateAccessKeyCommand({ UserName: "reader" }));
    const reader = clientOf(on.endpoint, { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! });
    expect((await reader.send(new GetResourcesCommand({ restApiId }))).items).toHaveLength(1);
    await reader.send(new UpdateRestApiCommand({ restApiId, patchOperations: [replace("/description", "x")] }));
    expect(await refusal(reader.send(new UpdateRestApiCommand({ restApiId, patchOperations: [replace("/policy", POLICY)] })))).toMatch(/apigateway:UpdateRestApiPolicy on resource: arn:aws:apigateway:us-east-1::\/restapis\//);
    expect(await refusal(reader.send(new GetRestApisCommand({})))).toMatch(/AccessDeniedException: .* apigateway:GET on resource: arn:aws:apigateway:us-east-1::\/restapis /);
    expect(await refusal(reader.send(new CreateDeploymentCommand({ restApiId })))).toMatch(/apigateway:POST on resource: arn:aws:apigateway:us-east-1::\/restapis\/[a-z0-9]{10}\/deployments/);
  });
});

describe("resources", () => {
  it("have AWS's rules of names and places", async () => {
    const { restApiId, rootId } = await on.make();
    const create = (parentId: string, pathPart: string) => on.api.send(new CreateResourceCommand({ restApiId, parentId, pathPart }));
    const { $metadata: _metadata, ...pets } = await create(rootId, "pets");
    expect(pets).toEqual({ id: expect.stringMatching(/^[a-z0-9]{6}$/), parentId: rootId, pathPart: "pets", path: "/pets" });
    const one = await create(pets.id!, "{id}");
    const greedy = await create(rootId, "{proxy+}");
    expect(one.path).toBe("/pets/{id}");
    expect(await refusal(create(rootId, "pets"))).toBe("ConflictException: Another resource with the same parent already has this name: pets");
    expect(await refusal(create(pets.id!, "{other}"))).toBe(`BadRequestException: A sibling (${one.id}) of this resource already has a variable path part -- only one is allowed`);
    expect(await refusal(create(greedy.id!, "x"))).toBe("BadRequestException: Cannot create a child of a resource with a greedy path variable: {proxy+}");
    expect(await refusal(create(rootId, "a/b"))).toBe("BadRequestException: Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.");
    expect(await refusal(create("nosuch", "x"))).toBe("NotFoundException: Invalid Resource identifier specified");
  });

  it("take along what stands below them when they are moved, renamed or deleted", async () => {
    const { restApiId, rootId } = await on.make();
    const pets = await on.resource(restApiId, rootId, "pets");
    const one = await on.resource(restApiId, pets, "{id}");
    const v1 = await on.resource(restApiId, rootId, "v1");
    const update = (resourceId: string, ...patchOperations: ReturnType<typeof add>[]) => on.api.send(new UpdateResourceCommand({ restApiId, resourceId, patchOperations }));
    expect((await update(pets, replace("/parentId", v1), replace("/pathPart", "animals"))).path).toBe("/v1/animals");
    expect((await on.api.send(new GetResourceCommand({ restApiId, resourceId: one }))).path).toBe("/v1/animals/{id}");
    expect(await refusal(update(v1, replace("/parentId", one)))).toBe("BadRequestException: Resources cannot be cyclic.");
    expect(await refusal(update(rootId, replace("/pathPart", "x")))).toBe("BadRequestException: Root resource cannot update its path part.");
    await on.api.send(new DeleteResourceCommand({ restApiId, resourceId: v1 }));
    expect((await on.api.send(new GetResourcesCommand({ restApiId }))).items!.map(({ path }) => path)).toEqual(["/"]);
    expect(await refusal(on.api.send(new DeleteResourceCommand({ restApiId, resourceId: rootId })))).toMatch(/^BadRequestException/);
  });
});
