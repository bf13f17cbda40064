import { CreateStageCommand, DeleteApiCommand, ExportApiCommand, GetApiCommand, GetAuthorizersCommand, GetIntegrationsCommand, GetRoutesCommand, GetTagsCommand, ImportApiCommand, ReimportApiCommand, type ImportApiCommandInput } from "@aws-sdk/client-apigatewayv2";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { FUNCTION, INVOCATION, refusal, useApis } from "./support.ts";

const on = useApis();

const YAML = `
openapi: 3.0.1
info: { title: pets, version: "2", description: All pets }
servers:
  - url: https://pets.example.com/{basePath}
    variables: { basePath: { default: prod/v1 } }
    x-amazon-apigateway-endpoint-configuration: { disableExecuteApiEndpoint: true }
tags:
  - { name: team, x-amazon-apigateway-tag-value: pets }
x-amazon-apigateway-cors: { allowOrigins: "https://a.example", allowMethods: [GET, POST], maxAge: 60 }
x-amazon-apigateway-importexport-version: "1.0"
components:
  securitySchemes:
    token:
      type: oauth2
      flows: {}
      x-amazon-apigateway-authorizer: { type: jwt, identitySource: $request.header.Authorization, jwtConfiguration: { issuer: "https://issuer.example.com", audience: [pets] } }
    lambda:
      type: apiKey
      name: Unused
      in: header
      x-amazon-apigateway-authorizer: { type: request, identitySource: "$request.header.a, $request.header.b", authorizerUri: "${INVOCATION}", authorizerPayloadFormatVersion: "2.0", authorizerResultTtlInSeconds: 60, enableSimpleResponses: true }
    signed: { type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4 }
  x-amazon-apigateway-integrations:
    pets: { type: aws_proxy, uri: "${FUNCTION}", httpMethod: POST, payloadFormatVersion: "2.0", timeoutInMillis: 1000 }
paths:
  /pets/{id}:
    get:
      operationId: getPet
      security: [{ token: [read] }]
      x-amazon-apigateway-integration: { $ref: "#/components/x-amazon-apigateway-integrations/pets" }
    delete:
      security: [{ lambda: [] }]
      x-amazon-apigateway-integration: { $ref: "#/components/x-amazon-apigateway-integrations/pets" }
  /elsewhere/{proxy+}:
    x-amazon-apigateway-any-method:
      security: [{ signed: [] }]
      x-amazon-apigateway-integration: { type: http_proxy, uri: "https://example.com/{proxy}", httpMethod: ANY, payloadFormatVersion: "1.0", requestParameters: { "append:header.x": "1" }, responseParameters: { "404": { "overwrite:statuscode": "200" } } }
  /$default:
    x-amazon-apigateway-any-method:
      isDefaultRoute: true
      x-amazon-apigateway-integration: { $ref: "#/components/x-amazon-apigateway-integrations/pets" }
`;

const made = async (Body: string, over: Partial<ImportApiCommandInput> = {}) => on.api.send(new ImportApiCommand({ Body, ...over }));
const parts = async (ApiId: string) => {
  const [routes, integrations, authorizers] = await Promise.all([on.api.send(new GetRoutesCommand({ ApiId })), on.api.send(new GetIntegrationsCommand({ ApiId })), on.api.send(new GetAuthorizersCommand({ ApiId }))]);
  const nameOf = (id: string | undefined) => authorizers.Items!.find(({ AuthorizerId }) => AuthorizerId === id)?.Name;
  return {
    routes: routes.Items!.map(({ RouteKey, AuthorizationType, AuthorizerId, AuthorizationScopes, OperationName }) => ({ RouteKey, AuthorizationType, authorizer: nameOf(AuthorizerId), AuthorizationScopes, OperationName })).toSorted((a, b) => a.RouteKey!.localeCompare(b.RouteKey!)),
    targets: new Set(routes.Items!.map(({ Target }) => Target)).size,
    integrations: integrations.Items!.map(({ IntegrationId: _1, ...rest }) => rest),
    authorizers: authorizers.Items!.map(({ AuthorizerId: _1, ...rest }) => rest).toSorted((a, b) => a.Name!.localeCompare(b.Name!)),
  };
};
const exported = async (ApiId: string, OutputType = "JSON", more: object = {}) => Buffer.from((await on.api.send(new ExportApiCommand({ ApiId, Specification: "OAS30", OutputType, ...more }))).body!).toString();

describe("an OpenAPI definition", () => {
  it("becomes an API, with its authorizers, integrations and routes", async () => {
    const { $metadata, ...api } = await made(YAML);
    expect($metadata.httpStatusCode).toBe(201);
    expect(api).toMatchObject({ Name: "pets", Version: "2", Description: "All pets", DisableExecuteApiEndpoint: true, ProtocolType: "HTTP", CorsConfiguration: { AllowOrigins: ["https://a.example"], AllowMethods: ["GET", "POST"], MaxAge: 60 }, Tags: { team: "pets" } });
    expect(await parts(api.ApiId!)).toEqual({
      routes: [
        { RouteKey: "$default", AuthorizationType: "NONE" },
        { RouteKey: "ANY /elsewhere/{proxy+}", AuthorizationType: "AWS_IAM" },
        { RouteKey: "DELETE /pets/{id}", AuthorizationType: "CUSTOM", authorizer: "lambda" },
        { RouteKey: "GET /pets/{id}", AuthorizationType: "JWT", authorizer: "token", AuthorizationScopes: ["read"], OperationName: "getPet" },
      ],
      targets: 2,
      integrations: expect.arrayContaining([
        { IntegrationType: "AWS_PROXY", IntegrationUri: FUNCTION, IntegrationMethod: "POST", ConnectionType: "INTERNET", PayloadFormatVersion: "2.0", TimeoutInMillis: 1000 },
        { IntegrationType: "HTTP_PROXY", IntegrationUri: "https://example.com/{proxy}", IntegrationMethod: "ANY", ConnectionType: "INTERNET", PayloadFormatVersion: "1.0", TimeoutInMillis: 30_000, RequestParameters: { "append:header.x": "1" }, ResponseParameters: { 404: { "overwrite:statuscode": "200" } } },
      ]) as unknown,
      authorizers: [
        { Name: "lambda", AuthorizerType: "REQUEST", AuthorizerUri: INVOCATION, AuthorizerPayloadFormatVersion: "2.0", AuthorizerResultTtlInSeconds: 60, EnableSimpleResponses: true, IdentitySource: ["$request.header.a", "$request.header.b"] },
        { Name: "token", AuthorizerType: "JWT", IdentitySource: ["$request.header.Authorization"], JwtConfiguration: { Issuer: "https://issuer.example.com", Audience: ["pets"] } },
      ],
    });
  });

  it("is what an API is exported as: imported again, it is the same one", async () => {
    const { ApiId } = await made(YAML);
    const first = await parts(ApiId!);
    for (const type of ["JSON", "YAML"]) {
      const again = await made(await exported(ApiId!, type));
      const { integrations: _1, targets: _2, ...rest } = await parts(again.ApiId!);
      expect(rest).toEqual({ routes: first.routes, authorizers: first.authorizers });
      expect(again).toMatchObject({ Name: "pets", Version: "2", DisableExecuteApiEndpoint: true, CorsConfiguration: { MaxAge: 60 }, Tags: { team: "pets" } });
    }
    const bare = JSON.parse(await exported(ApiId!, "JSON", { IncludeExtensions: false })) as object;
    expect(JSON.stringify(bare)).not.toContain("x-amazon");
    expect(bare).toMatchObject({ openapi: "3.0.1", info: { title: "pets", version: "2" }, paths: { "/pets/{id}": { get: { parameters: [{ name: "id", in: "path" }], responses: { default: { description: "Default response for GET /pets/{id}" } } } } } });
  });

  it("of a stage is what the stage serves", async () => {
    const ApiId = await on.make();
    await on.route(ApiId, "GET /a");
    const { DeploymentId } = await on.api.send(new CreateStageCommand({ ApiId, StageName: "next", AutoDeploy: true }));
    await on.api.send(new CreateStageCommand({ ApiId, StageName: "live", DeploymentId }));
    await on.route(ApiId, "GET /b");
    const live = parse(await exported(ApiId, "YAML", { StageName: "live" })) as { paths: object; servers: object[] };
    expect(Object.keys(live.paths)).toEqual(["/a"]);
    expect(live.servers).toMatchObject([{ url: expect.stringMatching(/\/\{basePath\}$/) as string, variables: { basePath: { default: "live" } } }]);
    expect(await refusal(exported(ApiId, "JSON", { StageName: "none" }))).toMatch(/Invalid stage identifier/);
    expect(await refusal(exported(ApiId, "XML"))).toMatch(/Invalid output type/);
    expect(await refusal(exported(await on.socket()))).toMatch(/only for HTTP/);
  });

  it("overwrites an API, but not its stages and tags", async () => {
    const ApiId = await on.make({ Name: "before", Tags: { a: "b" }, CorsConfiguration: { AllowOrigins: ["*"] }, Target: FUNCTION });
    const Body = JSON.stringify({ openapi: "3.0.0", info: { title: "after", version: "1" }, paths: { "/x": { get: { "x-amazon-apigateway-integration": { type: "http_proxy", uri: "https://example.com", httpMethod: "get" } } } } });
    const { $metadata, ...changed } = await on.api.send(new ReimportApiCommand({ ApiId, Body }));
    expect($metadata.httpStatusCode).toBe(201);
    expect(changed).toMatchObject({ ApiId, Name: "after", Tags: { a: "b" } });
    expect(changed).not.toHaveProperty("CorsConfiguration");
    expect((await on.served(ApiId, "$default"))?.snapshot?.routes.map(({ RouteKey }) => RouteKey)).toEqual(["GET /x"]);
    expect((await on.api.send(new GetTagsCommand({ ResourceArn: `arn:aws:apigateway:us-east-1::/apis/${ApiId}` }))).Tags).toEqual({ a: "b" });
    expect(await refusal(on.api.send(new ReimportApiCommand({ ApiId, Body: Body.replace("https://", "") })))).toMatch(/Invalid HTTP endpoint/);
    expect((await on.api.send(new GetRoutesCommand({ ApiId }))).Items).toHaveLength(1);
    expect(await refusal(on.api.send(new ReimportApiCommand({ ApiId: await on.socket(), Body })))).toMatch(/only for HTTP/);
  });

  it("has paths below the servers' base path when that is asked for", async () => {
    const paths = async (Basepath: string) => {
      const { ApiId } = await made(YAML, { Basepath });
      return (await parts(ApiId!)).routes.map(({ RouteKey }) => RouteKey).at(-1);
    };
    expect([await paths("ignore"), await paths("prepend"), await paths("split")]).toEqual(["GET /pets/{id}", "GET /prod/v1/pets/{id}", "GET /v1/pets/{id}"]);
  });

  it("tells what is not taken over, or is refused for it", async () => {
    const Body = JSON.stringify({ openapi: "3.0.0", info: { title: "t" }, components: { securitySchemes: { basic: { type: "http", scheme: "basic" } } }, paths: { "/x": { get: { security: [{ basic: [] }] } } } });
    const { ApiId, ImportInfo } = await made(Body);
    expect(ImportInfo).toEqual(["No integration is defined for GET /x", "Security scheme basic has no x-amazon-apigateway-authorizer: it is ignored"]);
    expect((await on.api.send(new GetApiCommand({ ApiId }))).ImportInfo).toEqual(ImportInfo);
    await on.api.send(new DeleteApiCommand({ ApiId }));
    expect(await refusal(made(Body, { FailOnWarnings: true }))).toMatch(/^BadRequestException: Warnings found during import:\n\tNo integration/);
  });

  const api = (over: object) => JSON.stringify({ openapi: "3.0.0", info: { title: "t" }, paths: {}, ...over });
  const CASES: [string, string, RegExp][] = [
    ["no JSON", "{", /Invalid OpenAPI input: it is neither JSON nor YAML/],
    ["no YAML", "a: [", /neither JSON nor YAML/],
    ["no object", "- a", /it is no object/],
    ["an older version", JSON.stringify({ swagger: "2.0", info: { title: "t" }, paths: {} }), /OpenAPI 3\.0/],
    ["no name", api({ info: {} }), /Invalid API name specified/],
    ["no paths", api({ paths: [] }), /it has no paths/],
    ["a reference to nothing", api({ paths: { "/x": { get: { "x-amazon-apigateway-integration": { $ref: "#/components/x/__proto__" } } } } }), /is not found/],
    ["an authorizer of another kind", api({ components: { securitySchemes: { a: { "x-amazon-apigateway-authorizer": { type: "token" } } } } }), /Unsupported authorizer type token/],
    ["a link into a VPC", api({ paths: { "/x": { get: { "x-amazon-apigateway-integration": { type: "http_proxy", uri: "https://a.example", httpMethod: "GET", connectionType: "VPC_LINK" } } } } }), /^NotImplemented: ConnectionType VPC_LINK/],
    ["a time beyond what may be", api({ paths: { "/x": { get: { "x-amazon-apigateway-integration": { type: "aws_proxy", uri: FUNCTION, timeoutInMillis: 30_001 } } } } }), /between 50 ms and 30000 ms/],
    ["aliases without end", `a: &a [1]\nb: &b [${"*a,".repeat(90)}]\nc: &c [${"*b,".repeat(90)}]\nd: [${"*c,".repeat(90)}]`, /neither JSON nor YAML\. Excessive alias count/],
  ];
  it.each(CASES)("is refused with %s", async (_what, body, text) => {
    expect(await refusal(made(body))).toMatch(text);
  });
});
