import {
  CreateAuthorizerCommand, CreateBasePathMappingCommand, CreateDeploymentCommand, CreateDocumentationPartCommand, CreateDomainNameCommand, CreateModelCommand, DeleteBasePathMappingCommand, DeleteDomainNameCommand, DeleteGatewayResponseCommand,
  DeleteModelCommand, DeleteRestApiCommand, GetBasePathMappingCommand, GetBasePathMappingsCommand, GetDocumentationPartsCommand, GetDomainNameCommand, GetGatewayResponseCommand, GetGatewayResponsesCommand, GetModelCommand,
  GetModelTemplateCommand, PutGatewayResponseCommand, UpdateAuthorizerCommand, UpdateBasePathMappingCommand, UpdateDomainNameCommand, UpdateGatewayResponseCommand, UpdateModelCommand, TestInvokeMethodCommand,
} from "@aws-sdk/client-api-gateway";
import { describe, expect, it } from "vitest";
import { findServedDomain } from "../../src/plumber/apis/domain-names.ts";
import { add, INVOCATION, refusal, remove, replace, useRestApis } from "./support.ts";

const on = useRestApis();

describe("models", () => {
  const schema = JSON.stringify({ $schema: "http://json-schema.org/draft-04/schema#", type: "object", properties: { name: { type: "string" }, age: { type: "number" } } });

  it("are JSON Schema, and speak of each other", async () => {
    const { restApiId } = await on.make();
    const create = (name: string, text: string) => on.api.send(new CreateModelCommand({ restApiId, name, contentType: "application/json", schema: text }));
    expect(await create("Pet", schema)).toMatchObject({ id: expect.stringMatching(/^[a-z0-9]{6}$/), name: "Pet", schema, contentType: "application/json" });
    const pets = JSON.stringify({ type: "array", items: { $ref: `https://apigateway.amazonaws.com/restapis/${restApiId}/models/Pet` } });
    await create("Pets", pets);
    expect(JSON.parse((await on.api.send(new GetModelCommand({ restApiId, modelName: "Pets", flatten: true }))).schema!)).toEqual({ type: "array", items: { $ref: "#/definitions/Pet" }, definitions: { Pet: JSON.parse(schema) } });
    expect(await refusal(create("Pet", schema))).toBe("ConflictException: Model name already exists for this REST API");
    expect(await refusal(create("a-b", schema))).toBe("BadRequestException: Model name must be alphanumeric: a-b");
    expect(await refusal(create("Bad", "{"))).toMatch(/^BadRequestException: Invalid model specified: Validation Result: warnings : \[\], errors : \[Invalid model schema specified/);
    expect(await refusal(create("Bad", '{"type":"thing"}'))).toBe("BadRequestException: Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified]");
    expect(await refusal(on.api.send(new CreateModelCommand({ restApiId, name: "Bad", contentType: "none" })))).toBe("BadRequestException: Validation Result: warnings : [], errors : [Invalid content type specified: none]");
    expect(await refusal(create("Bad", '{"$ref":"http://example.com/x"}'))).toMatch(/Invalid model reference specified/);
    expect(await refusal(create("Bad", pets.replace("models/Pet", "models/None")))).toMatch(/the model None is not there/);
    expect(await refusal(on.api.send(new DeleteModelCommand({ restApiId, modelName: "Pet" })))).toBe("ConflictException: Cannot delete model 'Pet', is referenced in model: Pets");
    await on.api.send(new UpdateModelCommand({ restApiId, modelName: "Pets", patchOperations: [replace("/schema", '{"type":"array"}'), replace("/description", "many")] }));
    await on.api.send(new DeleteModelCommand({ restApiId, modelName: "Pet" }));
    expect(await refusal(on.api.send(new GetModelCommand({ restApiId, modelName: "Pet" })))).toBe("NotFoundException: Invalid model name specified: Pet");
  });

  it("give a template to begin with", async () => {
    const { restApiId } = await on.make();
    await on.api.send(new CreateModelCommand({ restApiId, name: "Pet", contentType: "application/json", schema }));
    expect((await on.api.send(new GetModelTemplateCommand({ restApiId, modelName: "Pet" }))).value).toBe(`#set($inputRoot = $input.path('$'))\n{\n  "name" : "$inputRoot.name",\n  "age" : $inputRoot.age\n}`);
  });
});

describe("authorizers", () => {
  it("are filled in, checked and patched", async () => {
    const { restApiId } = await on.make();
    const create = (input: object) => on.api.send(new CreateAuthorizerCommand({ restApiId, name: "a", type: "TOKEN", authorizerUri: INVOCATION, identitySource: "method.request.header.Authorization", ...input }));
    const { $metadata: _metadata, id, ...told } = await create({});
    expect(told).toEqual({ name: "a", type: "TOKEN", authType: "custom", authorizerUri: INVOCATION, identitySource: "method.request.header.Authorization", authorizerResultTtlInSeconds: 300 });
    expect(await refusal(create({}))).toBe("ConflictException: Authorizer name must be unique. Authorizer name a already exists in this RestApi.");
    expect(await refusal(create({ name: "b", authorizerUri: "arn:aws:lambda:us-east-1:000000000000:function:f" }))).toMatch(/^BadRequestException: Invalid Authorizer URI/);
    expect(await refusal(create({ name: "b", identitySource: undefined }))).toBe("BadRequestException: IdentitySource cannot be empty");
    expect(await refusal(create({ name: "b", identitySource: "method.request.querystring.a" }))).toBe("BadRequestException: Invalid token source expression: method.request.querystring.a. The source must be a method request header, matching 'method.request.header.[a-zA-Z0-9._-]+'.");
    expect(await refusal(create({ name: "b", type: "REQUEST", identitySource: "header.Auth" }))).toMatch(/^BadRequestException: Invalid request identity source expression: header\.Auth\. The sources must be separated by comma, and each source must be either a method request parameter, matching 'method\.request\.querystring\|header\.\[a-zA-Z0-9\._-\]\+', or a stage variable, m/);
    expect(await refusal(create({ name: "b", type: "COGNITO_USER_POOLS", providerARNs: [] }))).toBe("BadRequestException: ProviderARNs cannot be empty");
    expect(await refusal(create({ name: "b", type: "REQUEST", identitySource: undefined }))).toMatch(/^BadRequestException: Identity source is required when caching is enabled/);
    expect(await refusal(create({ name: "b", authorizerResultTtlInSeconds: 3601 }))).toBe("BadRequestException: Authorizer result TTL outside allowable range. TTL must be between 0 and 3600 seconds.");
    expect(await refusal(create({ name: "b", type: "COGNITO_USER_POOLS", providerARNs: ["arn:aws:s3:::x"] }))).toBe("BadRequestException: Invalid Cognito User Pool ARN: arn:aws:s3:::x");
    const pool = (number: number) => `arn:aws:cognito-idp:us-east-1:000000000000:userpool/us-east-1_${number}`;
    const cognito = await create({ name: "c", type: "COGNITO_USER_POOLS", providerARNs: [pool(1)], authorizerUri: undefined });
    expect(cognito.authType).toBe("cognito_user_pools");
    const patch = (authorizerId: string | undefined, ...patchOperations: ReturnType<typeof add>[]) => on.api.send(new UpdateAuthorizerCommand({ restApiId, authorizerId, patchOperations }));
    expect((await patch(cognito.id, add("/providerARNs", pool(2)), remove("/providerARNs", pool(1)))).providerARNs).toEqual([pool(2)]);
    expect(await refusal(patch(cognito.id, remove("/providerARNs", pool(2))))).toMatch(/^BadRequestException/);
    expect(await patch(id, replace("/authorizerResultTtlInSeconds", "0"), replace("/identityValidationExpression", "^x"))).toMatchObject({ authorizerResultTtlInSeconds: 0, identityValidationExpression: "^x" });
  });
});

describe("gateway responses", () => {
  it("are all there, and can be others", async () => {
    const { restApiId } = await on.make();
    expect((await on.api.send(new GetGatewayResponsesCommand({ restApiId }))).items).toHaveLength(21);
    const named = { restApiId, responseType: "UNAUTHORIZED" } as const;
    const get = async () => { const { $metadata: _metadata, ...told } = await on.api.send(new GetGatewayResponseCommand(named)); return told; };
    const standard = { responseType: "UNAUTHORIZED", statusCode: "401", responseParameters: {}, responseTemplates: { "application/json": '{"message":$context.error.messageString}' }, defaultResponse: true };
    expect(await get()).toEqual(standard);
    await on.api.send(new PutGatewayResponseCommand({ ...named, statusCode: "404", responseParameters: { "gatewayresponse.header.X-A": "'a'" } }));
    await on.api.send(new UpdateGatewayResponseCommand({ ...named, patchOperations: [add("/responseTemplates/text~1plain", "no"), replace("/statusCode", "403")] }));
    expect(await get()).toEqual({ ...standard, statusCode: "403", responseParameters: { "gatewayresponse.header.X-A": "'a'" }, responseTemplates: { ...standard.responseTemplates, "text/plain": "no" }, defaultResponse: false });
    expect(await refusal(on.api.send(new UpdateGatewayResponseCommand({ ...named, patchOperations: [add("/responseParameters/header.x", "'a'")] })))).toMatch(/^BadRequestException: Invalid mapping expression/);
    expect(await refusal(on.api.send(new PutGatewayResponseCommand({ ...named, statusCode: "999" })))).toBe("ValidationException: 1 validation error detected: Value '999' at 'putGatewayResponseInput.statusCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [1-5]\\d\\d");
    await on.api.send(new DeleteGatewayResponseCommand(named));
    expect(await get()).toEqual(standard);
    expect(await refusal(on.api.send(new DeleteGatewayResponseCommand(named)))).toBe("NotFoundException: Gateway response type not defined on api");
  });
});

describe("custom domains", () => {
  const CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/1";

  it("lead to stages", async () => {
    const { restApiId, rootId } = await on.make();
    await on.mock({ restApiId, resourceId: rootId });
    await on.api.send(new CreateDeploymentCommand({ restApiId, stageName: "live" }));
    const domainName = "pets.example.com";
    const domain = await on.api.send(new CreateDomainNameCommand({ domainName, regionalCertificateArn: CERTIFICATE, endpointConfiguration: { types: ["REGIONAL"] } }));
    expect(domain).toMatchObject({
      domainName, domainNameStatus: "AVAILABLE", regionalCertificateArn: CERTIFICATE, regionalHostedZoneId: "Z1UJRXOUMOOFQ8", regionalDomainName: expect.stringMatching(/^d-[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com$/), securityPolicy: "TLS_1_2",
      endpointConfiguration: { types: ["REGIONAL"] },
    });
    const map = (input: object) => on.api.send(new CreateBasePathMappingCommand({ domainName, restApiId, ...input }));
    expect(await map({ stage: "live" })).toMatchObject({ basePath: "(none)", restApiId, stage: "live" });
    expect(await map({ basePath: "v1" })).not.toHaveProperty("stage");
    expect(await refusal(map({ basePath: "v1" }))).toBe("ConflictException: Base path already exists for this domain name");
    expect(await refusal(map({ basePath: "a/b" }))).toMatch(/^BadRequestException: API Gateway V1 doesn't support the slash character/);
    expect(await refusal(map({ basePath: "x", stage: "none" }))).toBe("BadRequestException: Invalid stage identifier specified");
    expect(await refusal(on.api.send(new CreateBasePathMappingCommand({ domainName, restApiId: "none" })))).toBe("BadRequestException: Invalid REST API identifier specified");
    const moved = await on.api.send(new UpdateBasePathMappingCommand({ domainName, basePath: "v1", patchOperations: [replace("/basePath", "v2"), replace("/stage", "live")] }));
    expect(moved).toMatchObject({ basePath: "v2", stage: "live" });
    expect((await on.api.send(new GetBasePathMappingsCommand({ domainName }))).items!.map(({ basePath }) => basePath)).toEqual(["(none)", "v2"]);
    expect((await on.run(() => findServedDomain(domainName)))!.mappings).toHaveLength(2);
    expect(await refusal(on.api.send(new DeleteRestApiCommand({ restApiId })))).toMatch(/^BadRequestException: Deleting API failed\. Please remove all base path mappings/);
    await on.api.send(new DeleteBasePathMappingCommand({ domainName, basePath: "(none)" }));
    expect(await refusal(on.api.send(new GetBasePathMappingCommand({ domainName, basePath: "(none)" })))).toBe("NotFoundException: Invalid base path mapping identifier specified");
    expect((await on.api.send(new UpdateDomainNameCommand({ domainName, patchOperations: [replace("/regionalCertificateArn", `${CERTIFICATE}2`)] }))).regionalCertificateArn).toBe(`${CERTIFICATE}2`);
    await on.api.send(new DeleteDomainNameCommand({ domainName }));
    expect(await refusal(on.api.send(new GetDomainNameCommand({ domainName })))).toBe("NotFoundException: Invalid domain name identifier specified");
    await on.api.send(new DeleteRestApiCommand({ restApiId }));
  });

  it("are refused by name where what they ask for could not be kept", async () => {
    const create = (input: object) => refusal(on.api.send(new CreateDomainNameCommand({ domainName: "a.example.com", certificateArn: CERTIFICATE, ...input })));
    expect(await create({ mutualTlsAuthentication: { truststoreUri: "s3://a/b" } })).toMatch(/^NotImplemented: mutualTlsAuthentication/);
    expect(await create({ certificateBody: "x", certificatePrivateKey: "y" })).toMatch(/^NotImplemented: A certificate that is uploaded/);
    expect(await create({ certificateArn: undefined })).toMatch(/^BadRequestException/);
    expect(await create({ certificateArn: undefined, regionalCertificateArn: CERTIFICATE })).toBe("BadRequestException: Invalid request provided: Cannot import certificates for REGIONAL while EDGE is active.");
    expect(await create({ endpointConfiguration: { types: ["REGIONAL"] }, certificateArn: undefined, regionalCertificateArn: "arn:aws:acm:us-west-2:000000000000:certificate/c" })).toBe("BadRequestException: Invalid request provided: Invalid certificate ARN: arn:aws:acm:us-west-2:000000000000:certificate/c. Certificate must be in 'us-east-1'.");
    expect(await create({ endpointConfiguration: { types: ["REGIONAL"] } })).toBe("BadRequestException: Invalid request provided: Cannot import certificates for EDGE while REGIONAL is active.");
  });
});

describe("documentation", () => {
  it("has parts at places, one at each", async () => {
    const { restApiId } = await on.make();
    const create = (location: object) => on.api.send(new CreateDocumentationPartCommand({ restApiId, location: location as never, properties: '{"description":"x"}' }));
    expect(await create({ type: "METHOD", path: "/pets" })).toMatchObject({ id: expect.any(String), location: { type: "METHOD", path: "/pets", method: "*" } });
    expect(await refusal(create({ type: "METHOD", path: "/pets", method: "*" }))).toMatch(/^ConflictException/);
    expect(await refusal(create({ type: "API", path: "/" }))).toBe("BadRequestException: [Location type: API cannot have path, method, statusCode or name defined.]");
    expect((await on.api.send(new GetDocumentationPartsCommand({ restApiId, type: "METHOD" }))).items).toHaveLength(1);
  });
});

it("TestInvokeMethod looks for what is to be tested", async () => {
  const { restApiId, rootId } = await on.make();
  expect(await refusal(on.api.send(new TestInvokeMethodCommand({ restApiId, resourceId: rootId, httpMethod: "GET" })))).toBe("NotFoundException: Invalid Method identifier specified");
});
