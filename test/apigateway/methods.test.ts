import {
  CreateAuthorizerCommand, CreateModelCommand, CreateRequestValidatorCommand, DeleteAuthorizerCommand, DeleteIntegrationCommand, DeleteIntegrationResponseCommand, DeleteMethodCommand, DeleteMethodResponseCommand, DeleteModelCommand,
  DeleteRequestValidatorCommand, GetIntegrationCommand, GetIntegrationResponseCommand, GetMethodCommand, GetMethodResponseCommand, GetResourcesCommand, PutIntegrationCommand, PutIntegrationResponseCommand, PutMethodCommand,
  PutMethodResponseCommand, UpdateIntegrationCommand, UpdateIntegrationResponseCommand, UpdateMethodCommand, UpdateMethodResponseCommand, type PutIntegrationCommandInput,
} from "@aws-sdk/client-api-gateway";
import { describe, expect, it } from "vitest";
import { add, INVOCATION, refusal, remove, replace, useRestApis } from "./support.ts";

const on = useRestApis();

/** A method of the root. */
const method = async (httpMethod = "GET") => {
  const { restApiId, rootId } = await on.make();
  return on.method({ restApiId, resourceId: rootId }, { httpMethod });
};

describe("methods", () => {
  it("are told whole, once, with their resource", async () => {
    const { restApiId, rootId } = await on.make();
    const named = { restApiId, resourceId: rootId, httpMethod: "POST" };
    const requestParameters = { "method.request.header.X-A": true, "method.request.querystring.b": false };
    const { $metadata: metadata, ...told } = await on.api.send(new PutMethodCommand({ ...named, authorizationType: "NONE", requestParameters, requestModels: { "application/json": "Empty" } }));
    expect(metadata.httpStatusCode).toBe(201);
    expect(told).toEqual({ httpMethod: "POST", authorizationType: "NONE", apiKeyRequired: false, requestParameters, requestModels: { "application/json": "Empty" } });
    expect(await on.api.send(new GetMethodCommand(named))).toMatchObject(told);
    expect((await on.api.send(new GetResourcesCommand({ restApiId }))).items).toEqual([{ id: rootId, path: "/", resourceMethods: { POST: {} } }]);
    expect((await on.api.send(new GetResourcesCommand({ restApiId, embed: ["methods"] }))).items![0]!.resourceMethods!["POST"]).toEqual(told);
    expect(await refusal(on.api.send(new PutMethodCommand({ ...named, authorizationType: "NONE" })))).toBe("ConflictException: Method already exists for this resource");
    await on.api.send(new DeleteMethodCommand(named));
    expect(await refusal(on.api.send(new GetMethodCommand(named)))).toBe("NotFoundException: Invalid Method identifier specified");
  });

  it("name only what is there", async () => {
    const { restApiId, rootId } = await on.make();
    const put = (input: Partial<ConstructorParameters<typeof PutMethodCommand>[0]>) => refusal(on.api.send(new PutMethodCommand({ restApiId, resourceId: rootId, httpMethod: "GET", authorizationType: "NONE", ...input })));
    expect(await put({ httpMethod: "GO" })).toBe("BadRequestException: Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY");
    expect(await put({ authorizationType: "SOME" })).toMatch(/^BadRequestException: Invalid authorization type specified/);
    expect(await put({ authorizationType: "CUSTOM", authorizerId: "nosuch" })).toBe("BadRequestException: Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.");
    expect(await put({ authorizationScopes: ["a"] })).toBe("BadRequestException: Invalid Method authorization type specified. Authorization Scopes are only valid for COGNITO_USER_POOLS authorization type");
    expect(await put({ requestValidatorId: "nosuch" })).toBe("NotFoundException: Invalid Request Validator identifier specified");
    expect(await put({ requestModels: { "application/json": "None" } })).toBe("BadRequestException: Invalid model identifier specified: None");
    expect(await put({ requestParameters: { "method.request.cookie.a": true } })).toBe(
      "BadRequestException: Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression specified: method.request.cookie.a]",
    );
  });

  it("are patched, and keep what they name from being deleted", async () => {
    const named = await method();
    const { restApiId } = named;
    const authorizer = await on.api.send(new CreateAuthorizerCommand({ restApiId, name: "token", type: "TOKEN", authorizerUri: INVOCATION, identitySource: "method.request.header.Authorization" }));
    const validator = await on.api.send(new CreateRequestValidatorCommand({ restApiId, name: "body", validateRequestBody: true }));
    await on.api.send(new CreateModelCommand({ restApiId, name: "Pet", contentType: "application/json", schema: '{"type":"object","properties":{"a":{"type":"string"}}}' }));
    const patch = (...patchOperations: ReturnType<typeof add>[]) => on.api.send(new UpdateMethodCommand({ ...named, patchOperations }));
    const told = await patch(
      replace("/authorizationType", "CUSTOM"), replace("/authorizerId", authorizer.id!), replace("/requestValidatorId", validator.id!), replace("/apiKeyRequired", "true"),
      add("/requestParameters/method.request.header.X-A", "true"), add("/requestModels/application~1json", "Pet"),
    );
    expect(told).toMatchObject({ authorizationType: "CUSTOM", authorizerId: authorizer.id, apiKeyRequired: true, requestValidatorId: validator.id, requestParameters: { "method.request.header.X-A": true }, requestModels: { "application/json": "Pet" } });
    expect(await refusal(on.api.send(new DeleteAuthorizerCommand({ restApiId, authorizerId: authorizer.id })))).toMatch(/^ConflictException: .*GET \/$/);
    expect(await refusal(on.api.send(new DeleteRequestValidatorCommand({ restApiId, requestValidatorId: validator.id })))).toMatch(/^ConflictException/);
    expect(await refusal(on.api.send(new DeleteModelCommand({ restApiId, modelName: "Pet" })))).toBe("ConflictException: Cannot delete model 'Pet', is referenced in method request: GET /");
    const less = await patch(replace("/authorizationType", "NONE"), replace("/requestValidatorId", ""), remove("/requestModels/application~1json"), remove("/requestParameters/method.request.header.X-A"));
    expect([less.authorizerId, less.requestValidatorId, less.requestModels]).toEqual([undefined, undefined, {}]);
    await on.api.send(new DeleteAuthorizerCommand({ restApiId, authorizerId: authorizer.id }));
    expect(await refusal(patch(remove("/requestParameters/method.request.header.X-A")))).toBe("NotFoundException: Invalid parameter name specified");
    expect(await refusal(patch(replace("/httpMethod", "PUT")))).toMatch(/^BadRequestException: Invalid patch path {2}'\/httpMethod' specified for op 'replace'\. Must be one of: \[\/authorizationType, /);
    expect(await refusal(patch(replace("/apiKeyRequired", "maybe")))).toMatch(/Must be one of: \[true, false\]$/);
  });
});

describe("integrations", () => {
  it("are filled in as AWS fills them in", async () => {
    const named = await method();
    const { $metadata: _metadata, ...told } = await on.api.send(new PutIntegrationCommand({ ...named, type: "AWS_PROXY", integrationHttpMethod: "POST", uri: INVOCATION }));
    expect(told).toEqual({ type: "AWS_PROXY", httpMethod: "POST", uri: INVOCATION, passthroughBehavior: "WHEN_NO_MATCH", timeoutInMillis: 29_000, cacheNamespace: named.resourceId, cacheKeyParameters: [], responseTransferMode: "BUFFERED" });
    expect((await on.api.send(new GetMethodCommand(named))).methodIntegration).toEqual(told);
    await on.api.send(new DeleteIntegrationCommand(named));
    expect(await refusal(on.api.send(new GetIntegrationCommand(named)))).toBe("NotFoundException: Invalid Integration identifier specified");
  });

  it("have AWS's rules, and are refused by name where they could not be honoured", async () => {
    const named = await method();
    const put = (input: Partial<PutIntegrationCommandInput>) => refusal(on.api.send(new PutIntegrationCommand({ ...named, type: "AWS", integrationHttpMethod: "POST", uri: INVOCATION, ...input })));
    expect(await put({ integrationHttpMethod: undefined })).toBe("BadRequestException: Enumeration value for HttpMethod must be non-empty");
    expect(await put({ uri: "https://example.com" })).toBe("BadRequestException: Invalid ARN specified in the request");
    expect(await put({ credentials: "somerole" })).toBe("BadRequestException: Invalid ARN specified in the request");
    expect(await put({ uri: "arn:aws:lambda:us-east-1:000000000000:function:f" })).toBe("BadRequestException: AWS ARN for integration must contain path or action");
    expect(await put({ uri: "arn:aws:apigateway:us-east-1:lambda:functions/f" })).toBe("BadRequestException: AWS ARN for integration must contain path or action");
    expect(await put({ type: "AWS_PROXY", uri: "arn:aws:apigateway:us-east-1:sqs:path/000000000000/jobs" })).toBe("BadRequestException: Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.");
    expect(await put({ type: "HTTP", uri: "example.com" })).toBe("BadRequestException: Invalid HTTP endpoint specified for URI");
    expect(await put({ timeoutInMillis: 29_001 })).toBe("BadRequestException: Timeout should be between 50 ms and 29000 ms");
    expect(await put({ type: "HTTP", uri: "http://example.com/", connectionType: "VPC_LINK", connectionId: "x" })).toMatch(/^NotImplemented: An integration by VPC_LINK/);
    expect(await put({ requestParameters: { "integration.request.header.X-A": "method.request.cookie.a" } })).toMatch(/errors : \[Invalid mapping expression specified: method\.request\.cookie\.a\]$/);
    expect(await put({ type: "AWS", responseTransferMode: "STREAM" })).toMatch(/^BadRequestException/);
  });

  it("stream, by the path that streams", async () => {
    const named = await method();
    const uri = INVOCATION.replace("2015-03-31", "2021-11-15").replace("/invocations", "/response-streaming-invocations");
    const told = await on.api.send(new PutIntegrationCommand({ ...named, type: "AWS_PROXY", integrationHttpMethod: "POST", uri, responseTransferMode: "STREAM", timeoutInMillis: 900_000 }));
    expect(told).toMatchObject({ responseTransferMode: "STREAM", timeoutInMillis: 900_000 });
    expect(await refusal(on.api.send(new PutIntegrationCommand({ ...named, type: "AWS_PROXY", integrationHttpMethod: "POST", uri })))).toMatch(/^BadRequestException/);
  });

  it("are patched", async () => {
    const named = await method();
    await on.api.send(new UpdateMethodCommand({ ...named, patchOperations: [add("/requestParameters/method.request.querystring.q", "false")] }));
    await on.api.send(new PutIntegrationCommand({ ...named, type: "HTTP", integrationHttpMethod: "GET", uri: "http://example.com/", requestTemplates: { "application/json": "{}" } }));
    const patch = (...patchOperations: ReturnType<typeof add>[]) => on.api.send(new UpdateIntegrationCommand({ ...named, patchOperations }));
    const told = await patch(
      replace("/uri", "http://example.com/b"), replace("/timeoutInMillis", "100"), replace("/passthroughBehavior", "NEVER"), add("/cacheKeyParameters/method.request.querystring.q"),
      add("/requestParameters/integration.request.header.X-A", "'a'"), replace("/requestTemplates/application~1json", "{ }"), replace("/tlsConfig/insecureSkipVerification", "true"),
    );
    expect(told).toMatchObject({
      uri: "http://example.com/b", timeoutInMillis: 100, passthroughBehavior: "NEVER", cacheKeyParameters: ["method.request.querystring.q"], requestParameters: { "integration.request.header.X-A": "'a'" },
      requestTemplates: { "application/json": "{ }" }, tlsConfig: { insecureSkipVerification: true },
    });
    expect(await refusal(patch(add("/cacheKeyParameters/method.request.querystring.other")))).toBe("BadRequestException: Invalid cache key parameter specified");
    expect(await refusal(patch(replace("/timeoutInMillis", "30000")))).toMatch(/Timeout should be between/);
    expect(await refusal(patch(replace("/type", "MOCK")))).toMatch(/^BadRequestException: Invalid patch path/);
    await patch(add("/requestTemplates/__proto__", "x"));
    expect(({} as { x?: unknown })["x"]).toBeUndefined();
  });
});

describe("responses", () => {
  it("of a method come before those of its integration, and say which headers there may be", async () => {
    const named = { ...(await method()), statusCode: "200" };
    const own = await on.api.send(new PutMethodResponseCommand({ ...named, responseParameters: { "method.response.header.X-A": false }, responseModels: { "application/json": "Empty" } }));
    expect(own).toMatchObject({ statusCode: "200", responseParameters: { "method.response.header.X-A": false }, responseModels: { "application/json": "Empty" } });
    expect(await refusal(on.api.send(new PutMethodResponseCommand(named)))).toBe("ConflictException: Response already exists for this resource");
    expect(await refusal(on.api.send(new PutIntegrationResponseCommand(named)))).toBe("NotFoundException: Invalid Integration identifier specified");
    await on.api.send(new PutIntegrationCommand({ ...named, type: "MOCK" }));
    const put = (input: object) => on.api.send(new PutIntegrationResponseCommand({ ...named, ...input }));
    const told = await put({ selectionPattern: "4\\d\\d", responseParameters: { "method.response.header.X-A": "integration.response.header.b" }, responseTemplates: { "application/json": "{}" } });
    expect(told).toMatchObject({ statusCode: "200", selectionPattern: "4\\d\\d" });
    expect((await on.api.send(new GetIntegrationCommand(named))).integrationResponses).toEqual({ 200: expect.objectContaining({ selectionPattern: "4\\d\\d" }) });
    expect(await refusal(put({ statusCode: "201" }))).toBe("NotFoundException: Invalid Response status code specified");
    expect(await refusal(put({ responseParameters: { "method.response.header.X-B": "'b'" } }))).toMatch(/errors : \[Invalid mapping expression parameter specified: method\.response\.header\.X-B\]$/);
    expect(await refusal(put({ selectionPattern: "(" }))).toBe("BadRequestException: Invalid regex pattern specified");
  });

  it("are patched and deleted", async () => {
    const named = { ...(await method()), statusCode: "200" };
    await on.api.send(new PutMethodResponseCommand(named));
    await on.api.send(new PutIntegrationCommand({ ...named, type: "MOCK" }));
    await on.api.send(new PutIntegrationResponseCommand(named));
    expect((await on.api.send(new UpdateMethodResponseCommand({ ...named, patchOperations: [add("/responseParameters/method.response.header.X-A", "true"), add("/responseModels/text~1plain", "Empty")] })))).toMatchObject({ responseModels: { "text/plain": "Empty" } });
    const told = await on.api.send(new UpdateIntegrationResponseCommand({ ...named, patchOperations: [replace("/selectionPattern", "x"), add("/responseParameters/method.response.header.X-A", "'a'"), add("/responseTemplates/text~1plain", "t"), replace("/contentHandling", "CONVERT_TO_TEXT")] }));
    expect(told).toMatchObject({ selectionPattern: "x", contentHandling: "CONVERT_TO_TEXT", responseParameters: { "method.response.header.X-A": "'a'" }, responseTemplates: { "text/plain": "t" } });
    await on.api.send(new DeleteIntegrationResponseCommand(named));
    await on.api.send(new DeleteMethodResponseCommand(named));
    expect(await refusal(on.api.send(new GetIntegrationResponseCommand(named)))).toBe("NotFoundException: Invalid Response status code specified");
    expect(await refusal(on.api.send(new GetMethodResponseCommand(named)))).toBe("NotFoundException: Invalid Response status code specified");
  });
});
