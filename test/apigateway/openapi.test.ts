import {
  CreateDeploymentCommand, GetAuthorizersCommand, GetExportCommand, GetGatewayResponseCommand, GetModelCommand, GetModelsCommand, GetRequestValidatorsCommand, GetResourcesCommand, ImportRestApiCommand, PutRestApiCommand, type Resource,
} from "@aws-sdk/client-api-gateway";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { INVOCATION, refusal, useRestApis } from "./support.ts";

const on = useRestApis();

const MOCK = { type: "mock", requestTemplates: { "application/json": '{"statusCode":200}' }, responses: { default: { statusCode: "200", responseParameters: { "method.response.header.X-A": "'a'" } } } };
const SWAGGER = {
  swagger: "2.0",
  info: { title: "pets", description: "of all kinds", version: "1.0" },
  basePath: "/shop/v1",
  "x-amazon-apigateway-request-validators": { all: { validateRequestBody: true, validateRequestParameters: true } },
  "x-amazon-apigateway-request-validator": "all",
  "x-amazon-apigateway-binary-media-types": ["image/png"],
  "x-amazon-apigateway-gateway-responses": { UNAUTHORIZED: { statusCode: 403, responseParameters: { "gatewayresponse.header.X-A": "'a'" } } },
  "x-amazon-apigateway-policy": { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "execute-api:Invoke", Resource: "*" }] },
  securityDefinitions: {
    token: { type: "apiKey", name: "Authorization", in: "header", "x-amazon-apigateway-authtype": "custom", "x-amazon-apigateway-authorizer": { type: "token", authorizerUri: INVOCATION, authorizerResultTtlInSeconds: 60 } },
    api_key: { type: "apiKey", name: "x-api-key", in: "header" },
    sigv4: { type: "apiKey", name: "Authorization", in: "header", "x-amazon-apigateway-authtype": "awsSigv4" },
  },
  definitions: { Pet: { type: "object", properties: { name: { type: "string" }, parent: { $ref: "#/definitions/Pet" } } } },
  paths: {
    "/pets/{id}": {
      parameters: [{ name: "id", in: "path", required: true, type: "string" }],
      get: {
        operationId: "getPet",
        parameters: [{ name: "color", in: "query", type: "string" }],
        responses: { 200: { description: "", schema: { $ref: "#/definitions/Pet" }, headers: { "X-A": { type: "string" } } } },
        security: [{ token: [] }, { api_key: [] }],
        "x-amazon-apigateway-integration": MOCK,
      },
      "x-amazon-apigateway-any-method": { security: [{ sigv4: [] }], responses: {}, "x-amazon-apigateway-integration": { type: "aws_proxy", httpMethod: "POST", uri: INVOCATION } },
    },
    "/pets": { post: { parameters: [{ in: "body", name: "Pet", schema: { $ref: "#/definitions/Pet" } }], responses: {}, "x-amazon-apigateway-integration": { type: "aws_proxy", httpMethod: "POST", uri: INVOCATION } } },
  },
};

const resources = async (restApiId: string | undefined): Promise<Resource[]> => (await on.api.send(new GetResourcesCommand({ restApiId, embed: ["methods"] }))).items!;
const methodsAt = async (restApiId: string | undefined, path: string) => (await resources(restApiId)).find((one) => one.path === path)!.resourceMethods!;
const imported = (document: object, parameters?: Record<string, string>) => on.api.send(new ImportRestApiCommand({ body: Buffer.from(JSON.stringify(document)), parameters }));
const exported = async (restApiId: string, exportType: string, accepts = "application/json") => {
  const { body, contentType, contentDisposition } = await on.api.send(new GetExportCommand({ restApiId, stageName: "live", exportType, accepts, parameters: { extensions: "apigateway" } }));
  return { text: Buffer.from(body!).toString(), contentType, contentDisposition };
};

describe("import", () => {
  it("makes an API of a Swagger document", async () => {
    const api = await imported(SWAGGER);
    expect(api).toMatchObject({ name: "pets", description: "of all kinds", version: "1.0", binaryMediaTypes: ["image/png"], policy: expect.stringContaining("execute-api:Invoke"), endpointConfiguration: { types: ["EDGE"] } });
    expect((await resources(api.id)).map(({ path }) => path).toSorted()).toEqual(["/", "/pets", "/pets/{id}"]);
    const [authorizer] = (await on.api.send(new GetAuthorizersCommand({ restApiId: api.id }))).items!;
    expect(authorizer).toMatchObject({ name: "token", type: "TOKEN", identitySource: "method.request.header.Authorization", authorizerResultTtlInSeconds: 60 });
    const [validator] = (await on.api.send(new GetRequestValidatorsCommand({ restApiId: api.id }))).items!;
    const { GET, ANY } = await methodsAt(api.id, "/pets/{id}");
    expect(GET).toMatchObject({
      authorizationType: "CUSTOM", authorizerId: authorizer!.id, apiKeyRequired: true, operationName: "getPet", requestValidatorId: validator!.id, requestParameters: { "method.request.path.id": true, "method.request.querystring.color": false },
      methodResponses: { 200: { responseModels: { "application/json": "Pet" }, responseParameters: { "method.response.header.X-A": false } } },
      methodIntegration: { type: "MOCK", integrationResponses: { 200: { statusCode: "200", responseParameters: { "method.response.header.X-A": "'a'" } } } },
    });
    expect(ANY).toMatchObject({ authorizationType: "AWS_IAM", methodIntegration: { type: "AWS_PROXY", httpMethod: "POST", timeoutInMillis: 29_000 } });
    expect((await methodsAt(api.id, "/pets"))["POST"]!.requestModels).toEqual({ "application/json": "Pet" });
    expect(JSON.parse((await on.api.send(new GetModelCommand({ restApiId: api.id, modelName: "Pet" }))).schema!).properties.parent).toEqual({ $ref: `https://apigateway.amazonaws.com/restapis/${api.id}/models/Pet` });
    expect(await on.api.send(new GetGatewayResponseCommand({ restApiId: api.id, responseType: "UNAUTHORIZED" }))).toMatchObject({ statusCode: "403", defaultResponse: false });
  });

  it("does with the base path what is asked, and takes the type of endpoint", async () => {
    const paths = async (basepath: string) => (await resources((await imported(SWAGGER, { basepath, endpointConfigurationTypes: "REGIONAL" })).id)).map(({ path }) => path).filter((path) => path!.endsWith("{id}"));
    expect(await paths("prepend")).toEqual(["/shop/v1/pets/{id}"]);
    expect(await paths("split")).toEqual(["/v1/pets/{id}"]);
  });

  it("merges into an API, or overwrites it, and keeps the ids of what stays", async () => {
    const { id: restApiId, rootResourceId } = await imported(SWAGGER);
    const before = await resources(restApiId);
    const document = { openapi: "3.0.1", info: { title: "other", version: "2" }, paths: { "/pets": { get: { responses: {}, "x-amazon-apigateway-integration": MOCK_PLAIN } } } };
    const put = (mode: "merge" | "overwrite") => on.api.send(new PutRestApiCommand({ restApiId, mode, body: Buffer.from(stringify(document)) }));
    await put("merge");
    expect(Object.keys(await methodsAt(restApiId, "/pets")).toSorted()).toEqual(["GET", "POST"]);
    expect(await put("overwrite")).toMatchObject({ id: restApiId, name: "other", version: "2", rootResourceId });
    const after = await resources(restApiId);
    expect(after.map(({ path }) => path).toSorted()).toEqual(["/", "/pets"]);
    expect(after.find(({ path }) => path === "/pets")!.id).toBe(before.find(({ path }) => path === "/pets")!.id);
    expect(Object.keys(await methodsAt(restApiId, "/pets"))).toEqual(["GET"]);
    expect((await on.api.send(new GetModelsCommand({ restApiId }))).items!.map(({ name }) => name)).toEqual(["Empty", "Error"]);
    expect((await on.api.send(new GetAuthorizersCommand({ restApiId }))).items).toEqual([]);
  });

  const MOCK_PLAIN = { type: "mock" };

  it("says what is wrong, and keeps nothing of it", async () => {
    const restApis = async (document: unknown) => refusal(on.api.send(new ImportRestApiCommand({ body: Buffer.from(typeof document === "string" ? document : JSON.stringify(document)) })));
    expect(await restApis("{ nothing")).toBe("BadRequestException: Invalid OpenAPI input.");
    expect(await restApis("a: &a [1]\nb: [*a, *a]\n")).toMatch(/^BadRequestException: Invalid OpenAPI input/);
    const withOperation = (operation: object) => ({ openapi: "3.0.1", info: { title: "x", version: "1" }, paths: { "/a": { get: { responses: {}, ...operation } } } });
    expect(await restApis(withOperation({ "x-amazon-apigateway-integration": { type: "aws_proxy", uri: INVOCATION } }))).toBe("BadRequestException: Errors found during import:\n\tUnable to put method 'GET' on resource at path '/a': Enumeration value for HttpMethod must be non-empty");
    expect(await restApis({ ...withOperation({}), paths: { "/a b": {} } })).toMatch(/Unable to create resource at path '\/a b': Resource's path part only allow/);
    const secured = (scheme: object) => ({ ...withOperation({ security: [{ own: [] }] }), components: { securitySchemes: { own: { type: "apiKey", name: "a", in: "header", "x-amazon-apigateway-authorizer": scheme } } } });
    expect(await restApis(secured({ type: "jwt", authorizerUri: INVOCATION }))).toMatch(/Unable to put authorizer 'own': Invalid authorizer type specified: JWT/);
    expect(await restApis(secured({ type: "token", authorizerUri: INVOCATION, authorizerResultTtlInSeconds: "soon" }))).toMatch(/Authorizer result TTL outside allowable range/);
    expect(await restApis(withOperation({ "x-amazon-apigateway-integration": { type: "pipe", httpMethod: "POST" } }))).toMatch(/Invalid type specified: PIPE/);
    expect(await restApis({ ...withOperation({}), "x-amazon-apigateway-endpoint-configuration": { vpcEndpointIds: ["vpce-1"] } })).toMatch(/^NotImplemented: The endpoint type PRIVATE/);
    const unlocked = { ...withOperation({ security: [{ oauth: [] }] }), components: { securitySchemes: { oauth: { type: "oauth2" } } } };
    expect((await imported(unlocked)).warnings).toEqual(["The security scheme oauth has no x-amazon-apigateway-authorizer and keeps nobody out: GET /a"]);
    expect(await refusal(on.api.send(new ImportRestApiCommand({ body: Buffer.from(JSON.stringify(unlocked)), failOnWarnings: true })))).toMatch(/^BadRequestException: Warnings found during import/);
  });
});

describe("export", () => {
  it("gives what import takes: the same API, in both formats, as JSON and YAML", async () => {
    const { id: restApiId } = await imported(SWAGGER);
    await on.api.send(new CreateDeploymentCommand({ restApiId, stageName: "live" }));
    const strip = (told: unknown) => JSON.stringify(told).replace(/"(cacheNamespace|authorizerId|requestValidatorId)"([:,])"[^"]*"/g, '"$1"$2""');
    const described = async (id: string | undefined) => (await resources(id)).toSorted((one, other) => one.path!.localeCompare(other.path!)).map(({ path, resourceMethods = {} }) => [path, Object.entries(resourceMethods).toSorted().map(([, method]) => strip(Object.entries(method).toSorted()))]);
    const before = await described(restApiId);
    for (const [exportType, accepts] of [["swagger", "application/json"], ["oas30", "application/json"], ["oas30", "application/yaml"]] as const) {
      const { text, contentType, contentDisposition } = await exported(restApiId!, exportType, accepts);
      expect([contentType, contentDisposition]).toEqual([accepts, expect.stringMatching(new RegExp(`^attachment; filename="${exportType}_.*\\.${accepts.split("/")[1]}"$`))]);
      const again = await on.api.send(new ImportRestApiCommand({ body: Buffer.from(text) }));
      expect(again).toMatchObject({ name: "pets", binaryMediaTypes: ["image/png"] });
      expect(await described(again.id)).toEqual(before);
    }
  });

  it("leaves extensions out unless they are asked for", async () => {
    const { id: restApiId } = await imported(SWAGGER);
    await on.api.send(new CreateDeploymentCommand({ restApiId, stageName: "live" }));
    const { body } = await on.api.send(new GetExportCommand({ restApiId, stageName: "live", exportType: "oas30" }));
    const document = JSON.parse(Buffer.from(body!).toString()) as { openapi: string; servers: { url: string }[]; components: { schemas: object } };
    expect(document).toMatchObject({ openapi: "3.0.1", servers: [{ url: expect.stringContaining(`${restApiId}.execute-api.us-east-1.localhost`), variables: { basePath: { default: "live" } } }], components: { schemas: { Pet: { properties: { parent: { $ref: "#/components/schemas/Pet" } } } } } });
    expect(JSON.stringify(document)).not.toMatch(/x-amazon-apigateway-(?!any-method)/);
    expect(await refusal(on.api.send(new GetExportCommand({ restApiId, stageName: "live", exportType: "raml" })))).toBe("BadRequestException: No API exporter for type 'raml'");
  });
});
