import {
  CreateAuthorizerCommand, CreateIntegrationCommand, CreateIntegrationResponseCommand, CreateModelCommand, CreateRouteCommand, CreateRouteResponseCommand, DeleteAuthorizerCommand, DeleteIntegrationCommand, DeleteIntegrationResponseCommand, DeleteModelCommand,
  DeleteRouteCommand, DeleteRouteRequestParameterCommand, DeleteRouteResponseCommand, GetAuthorizerCommand, GetAuthorizersCommand, GetIntegrationCommand, GetIntegrationResponsesCommand, GetIntegrationsCommand, GetModelTemplateCommand, GetModelsCommand, GetRouteCommand,
  GetRouteResponseCommand, GetRouteResponsesCommand, GetRoutesCommand, UpdateAuthorizerCommand, UpdateIntegrationCommand, UpdateIntegrationResponseCommand, UpdateModelCommand, UpdateRouteCommand, UpdateRouteResponseCommand,
  type CreateAuthorizerCommandInput, type CreateIntegrationCommandInput, type CreateRouteCommandInput,
} from "@aws-sdk/client-apigatewayv2";
import { beforeAll, describe, expect, it } from "vitest";
import { FUNCTION, INVOCATION, refusal, useApis } from "./support.ts";

const on = useApis();
let http: string;
let socket: string;
beforeAll(async () => void ([http, socket] = await Promise.all([on.make(), on.socket()])));
const idOf = (kind: "http" | "socket") => (kind === "http" ? http : socket);

describe("an integration", () => {
  it("is made with AWS's defaults, changed, listed and deleted", async () => {
    const ApiId = await on.make();
    const { $metadata, ...made } = await on.api.send(new CreateIntegrationCommand({ ApiId, IntegrationType: "AWS_PROXY", IntegrationUri: INVOCATION }));
    expect($metadata.httpStatusCode).toBe(201);
    expect(made).toEqual({ IntegrationId: expect.stringMatching(/^[a-z0-9]{7}$/) as string, ConnectionType: "INTERNET", IntegrationMethod: "POST", IntegrationType: "AWS_PROXY", IntegrationUri: INVOCATION, PayloadFormatVersion: "1.0", TimeoutInMillis: 30_000 });
    const { IntegrationId } = made;
    await on.api.send(new UpdateIntegrationCommand({ ApiId, IntegrationId, Description: "pets", TimeoutInMillis: 50, RequestParameters: { "append:header.x-a": "1", "remove:querystring.b": "''" }, ResponseParameters: { 500: { "overwrite:statuscode": "404" } } }));
    const changed = await on.api.send(new UpdateIntegrationCommand({ ApiId, IntegrationId, Description: "", RequestParameters: { "append:header.x-a": "", "overwrite:path": "/x" }, ResponseParameters: { 500: {} } }));
    expect(changed).toMatchObject({ TimeoutInMillis: 50, RequestParameters: { "remove:querystring.b": "''", "overwrite:path": "/x" } });
    expect(changed).not.toHaveProperty("Description");
    expect(changed).not.toHaveProperty("ResponseParameters");
    expect((await on.api.send(new GetIntegrationsCommand({ ApiId }))).Items).toHaveLength(1);
    await on.api.send(new DeleteIntegrationCommand({ ApiId, IntegrationId }));
    expect(await refusal(on.api.send(new GetIntegrationCommand({ ApiId, IntegrationId })))).toBe("NotFoundException: Invalid Integration identifier specified");
  });

  it("has a WebSocket API's own defaults", async () => {
    const { $metadata: _1, ...made } = await on.api.send(new CreateIntegrationCommand({ ApiId: socket, IntegrationType: "MOCK" }));
    expect(made).toEqual({
      IntegrationId: expect.any(String) as string, ConnectionType: "INTERNET", IntegrationType: "MOCK", PassthroughBehavior: "WHEN_NO_MATCH", PayloadFormatVersion: "1.0", TimeoutInMillis: 29_000,
      IntegrationResponseSelectionExpression: "${integration.response.statuscode}",
    });
  });

  it("of a WebSocket API asks functions, URLs and nobody, with templates and mappings", async () => {
    const make = async (input: Omit<CreateIntegrationCommandInput, "ApiId">) => (await on.api.send(new CreateIntegrationCommand({ ApiId: socket, ...input }))).IntegrationResponseSelectionExpression;
    const mapped = { RequestTemplates: { $default: "{}" }, TemplateSelectionExpression: "\\$default", RequestParameters: { "integration.request.header.connectionId": "context.connectionId", "integration.request.querystring.a": "route.request.body.a[0]", "integration.request.path.b": "'c'" } };
    expect(await make({ IntegrationType: "HTTP_PROXY", IntegrationMethod: "POST", IntegrationUri: "https://example.com/{b}", ...mapped })).toBe("${integration.response.statuscode}");
    expect(await make({ IntegrationType: "AWS", IntegrationMethod: "POST", IntegrationUri: INVOCATION, ...mapped })).toBe("${integration.response.body.errorMessage}");
    const { RouteId } = await on.api.send(new CreateRouteCommand({ ApiId: socket, RouteKey: "$connect", AuthorizationType: "AWS_IAM" }));
    const { AuthorizerId } = await on.api.send(new CreateAuthorizerCommand({ ApiId: socket, Name: "guard", AuthorizerType: "REQUEST", AuthorizerUri: INVOCATION, IdentitySource: ["route.request.header.Auth"] }));
    expect(await on.api.send(new UpdateRouteCommand({ ApiId: socket, RouteId, AuthorizationType: "CUSTOM", AuthorizerId }))).toMatchObject({ AuthorizationType: "CUSTOM", AuthorizerId });
    await on.api.send(new DeleteRouteCommand({ ApiId: socket, RouteId }));
    await on.api.send(new DeleteAuthorizerCommand({ ApiId: socket, AuthorizerId }));
  });

  it("stays while a route leads to it", async () => {
    const id = await on.integrate(http);
    const route = await on.route(http, "GET /led", id);
    expect(await refusal(on.api.send(new DeleteIntegrationCommand({ ApiId: http, IntegrationId: id })))).toBe(`ConflictException: Cannot delete Integration because it is referenced by the following Routes with Ids: [${route}]`);
    await on.api.send(new DeleteRouteCommand({ ApiId: http, RouteId: route }));
    await on.api.send(new DeleteIntegrationCommand({ ApiId: http, IntegrationId: id }));
  });

  const lambda = { IntegrationType: "AWS_PROXY", IntegrationUri: FUNCTION } as const;
  const action = { IntegrationType: "AWS_PROXY", IntegrationSubtype: "SQS-SendMessage", CredentialsArn: "arn:aws:iam::000000000000:role/r", RequestParameters: { QueueUrl: "q", MessageBody: "$request.body" } } as const;

  it("calls an action of a service", async () => {
    const { $metadata: _1, ...made } = await on.api.send(new CreateIntegrationCommand({ ApiId: http, ...action }));
    expect(made).toEqual({ ...action, IntegrationId: expect.any(String) as string, ConnectionType: "INTERNET", PayloadFormatVersion: "1.0", TimeoutInMillis: 30_000 });
  });

  const CASES: [string, "http" | "socket", Omit<CreateIntegrationCommandInput, "ApiId">, RegExp][] = [
    ["a MOCK", "http", { IntegrationType: "MOCK" }, /supported only for WebSocket/],
    ["no URI", "http", { IntegrationType: "AWS_PROXY" }, /Invalid integration URI specified$/],
    ["another service's ARN", "http", { ...lambda, IntegrationUri: "arn:aws:sqs:us-east-1:000000000000:q" }, /Invalid integration URI specified$/],
    ["no URL", "http", { IntegrationType: "HTTP_PROXY", IntegrationMethod: "GET", IntegrationUri: "example.com" }, /Invalid HTTP endpoint specified for URI/],
    ["no method", "http", { IntegrationType: "HTTP_PROXY", IntegrationUri: "https://example.com" }, /^BadRequestException: HttpMethod parameter method must be specified for integrationType HTTPPROXY$/],
    ["no method of HTTP", "http", { IntegrationType: "HTTP_PROXY", IntegrationMethod: "TRACE", IntegrationUri: "https://example.com" }, /Invalid HTTP method specified/],
    ["format 2.0 of a URL", "http", { IntegrationType: "HTTP_PROXY", IntegrationMethod: "GET", IntegrationUri: "https://example.com", PayloadFormatVersion: "2.0" }, /^BadRequestException: PayloadFormatVersion 2\.0 is not supported for integration of type HTTP_PROXY$/],
    ["format 3.0", "http", { ...lambda, PayloadFormatVersion: "3.0" }, /^BadRequestException: Unsupported PayloadFormatVersion: 3\.0$/],
    ["format 2.0 of a WebSocket", "socket", { ...lambda, PayloadFormatVersion: "2.0" }, /^BadRequestException: Unsupported PayloadFormatVersion: 2\.0$/],
    ["too short a time", "http", { ...lambda, TimeoutInMillis: 49 }, /^BadRequestException: Timeout should be between 50 ms and 30000 ms$/],
    ["too long a time", "http", { ...lambda, TimeoutInMillis: 30_001 }, /^BadRequestException: Timeout should be between 50 ms and 30000 ms$/],
    ["too long a time of a WebSocket", "socket", { ...lambda, TimeoutInMillis: 29_001 }, /between 50 ms and 29000 ms/],
    ["templates of a WebSocket", "http", { ...lambda, RequestTemplates: { x: "{}" } }, /RequestTemplates is supported only/],
    ["a parameter of no form", "http", { ...lambda, RequestParameters: { "header.x": "1" } }, /^BadRequestException: Invalid mapping expression specified: Validation Result: warnings : \[\], errors : \[Invalid Request Actioned Parameter destination specified: header\.x\]$/],
    ["an answer's parameter of no form", "http", { ...lambda, ResponseParameters: { 200: { "header.x": "1" } } }, /errors : \[Invalid Response Actioned Parameter destination specified: header\.x\]$/],
    ["a reserved header", "http", { ...lambda, RequestParameters: { "overwrite:header.Authorization": "1" } }, /header Authorization are restricted/],
    ["no status", "http", { ...lambda, ResponseParameters: { 100: { "overwrite:statuscode": "1" } } }, /^BadRequestException: Invalid mapping expression specified: Validation Result: warnings : \[\], errors : \[Status Code 100 is not valid\.\]$/],
    ["a VPC link", "http", { IntegrationType: "HTTP_PROXY", IntegrationMethod: "GET", IntegrationUri: "https://example.com", ConnectionType: "VPC_LINK", ConnectionId: "x" }, /^NotImplemented: ConnectionType VPC_LINK/],
    ["an action that is not built", "http", { ...action, IntegrationSubtype: "Kinesis-PutRecord" }, /^NotImplemented: IntegrationSubtype Kinesis-PutRecord/],
    ["an action that nobody has", "http", { ...action, IntegrationSubtype: "EventBridge-PutEvent" }, /^BadRequestException: Operation: EventBridge-PutEvent is not supported\.$/],
    ["an action in format 2.0", "http", { ...action, PayloadFormatVersion: "2.0" }, /^BadRequestException: Operation: SQS-SendMessage is not supported\.$/],
    ["an action without a role", "http", { ...action, CredentialsArn: "" }, /^BadRequestException: Role ARN must be specified for AWS integration configuration with Subtype: SQS-SendMessage$/],
    ["an action without what it needs", "http", { ...action, RequestParameters: { QueueUrl: "q" } }, /^BadRequestException: Operation: SQS-SendMessage requires enabling passthrough, or defining all of the following parameters in the parameter mapping: \[QueueUrl, MessageBody\]$/],
    ["an action with another's parameter", "http", { ...action, RequestParameters: { ...action.RequestParameters, ReceiptHandle: "r" } }, /Parameter ReceiptHandle is not supported/],
    ["an action of a WebSocket's", "socket", action, /IntegrationSubtype is supported only for HTTP/],
    ["a service of a WebSocket's", "socket", { IntegrationType: "AWS", IntegrationMethod: "POST", IntegrationUri: "arn:aws:apigateway:us-east-1:sqs:path/000000000000/q" }, /^NotImplemented: An integration of a WebSocket API with the service sqs/],
    ["bytes of a WebSocket's", "socket", { ...lambda, ContentHandlingStrategy: "CONVERT_TO_BINARY" }, /^NotImplemented: ContentHandlingStrategy CONVERT_TO_BINARY/],
    ["no such target of a WebSocket's mapping", "socket", { ...lambda, RequestParameters: { "overwrite:header.a": "context.connectionId" } }, /^BadRequestException: Invalid mapping expression specified: overwrite:header.a/],
    ["no such source of a WebSocket's mapping", "socket", { ...lambda, RequestParameters: { "integration.request.header.a": "$request.header.a" } }, /^BadRequestException: Invalid mapping expression specified: \$request.header.a/],
  ];
  it.each(CASES)("is refused with %s", async (_what, kind, input, text) => {
    expect(await refusal(on.api.send(new CreateIntegrationCommand({ ApiId: idOf(kind), ...input })))).toMatch(text);
  });
});

describe("a route", () => {
  it("is made, changed, listed in pages and deleted", async () => {
    const ApiId = await on.make();
    const id = await on.integrate(ApiId);
    const { $metadata: _1, ...made } = await on.api.send(new CreateRouteCommand({ ApiId, RouteKey: "GET /pets/{id}", OperationName: "pet", Target: `integrations/${id}` }));
    expect(made).toEqual({ RouteId: expect.stringMatching(/^[a-z0-9]{7}$/) as string, ApiKeyRequired: false, AuthorizationType: "NONE", RouteKey: "GET /pets/{id}", OperationName: "pet", Target: `integrations/${id}` });
    await on.route(ApiId, "$default", id);
    await on.route(ApiId, "ANY /{all+}", id);
    const first = await on.api.send(new GetRoutesCommand({ ApiId, MaxResults: "2" }));
    const rest = await on.api.send(new GetRoutesCommand({ ApiId, MaxResults: "2", NextToken: first.NextToken }));
    expect([...first.Items!, ...rest.Items!].map(({ RouteKey }) => RouteKey).toSorted()).toEqual(["$default", "ANY /{all+}", "GET /pets/{id}"]);
    expect(rest.NextToken).toBeUndefined();

    const changed = await on.api.send(new UpdateRouteCommand({ ApiId, RouteId: made.RouteId, RouteKey: "GET /dogs", OperationName: "", AuthorizationType: "AWS_IAM" }));
    expect(changed).toMatchObject({ RouteKey: "GET /dogs", AuthorizationType: "AWS_IAM", Target: `integrations/${id}` });
    expect(changed).not.toHaveProperty("OperationName");
    expect(await refusal(on.route(ApiId, "GET /dogs"))).toBe("ConflictException: Route with key GET /dogs already exists for this API");
    await on.route(ApiId, "GET /pets/{id}");
    await on.api.send(new DeleteRouteCommand({ ApiId, RouteId: made.RouteId }));
    await on.route(ApiId, "GET /dogs");
    expect(await refusal(on.api.send(new GetRouteCommand({ ApiId, RouteId: made.RouteId })))).toBe("NotFoundException: Invalid Route identifier specified");
    expect(await refusal(on.api.send(new GetRouteCommand({ ApiId: "nothing", RouteId: made.RouteId })))).toBe("NotFoundException: Invalid API identifier specified 000000000000:nothing");
  });

  const CASES: [string, "http" | "socket", Omit<CreateRouteCommandInput, "ApiId">, RegExp][] = [
    ["no key", "http", { RouteKey: "" }, /Route key is required/],
    ["no space", "http", { RouteKey: "GET/pets" }, /^BadRequestException: The provided route key is not formatted properly for HTTP protocol\. Format should be "\[HTTP METHOD\] \/\[RESOURCE PATH\]" or "\$default"$/],
    ["another method", "http", { RouteKey: "TRACE /pets" }, /not formatted properly/],
    ["a greedy parameter in the middle", "http", { RouteKey: "GET /{all+}/x" }, /Invalid resource path/],
    ["half a parameter", "http", { RouteKey: "GET /pets-{id}" }, /Invalid resource path/],
    ["a parameter twice", "http", { RouteKey: "GET /{id}/{id}" }, /once/],
    ["a target of no form", "http", { RouteKey: "GET /t", Target: "lambda/f" }, /^BadRequestException: Unexpected or malformed target in route null\. Correct format should be integrations\/<integration_id>\.$/],
    ["a target that is not there", "http", { RouteKey: "GET /t", Target: "integrations/nothing" }, /integration nothing is not found/],
    ["no authorizer", "http", { RouteKey: "GET /t", AuthorizationType: "CUSTOM" }, /^BadRequestException: Invalid authorizer ID specified\. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer\.$/],
    ["an authorizer that is not there", "http", { RouteKey: "GET /t", AuthorizationType: "JWT", AuthorizerId: "nothing" }, /^BadRequestException: Invalid authorizer ID specified\. Setting the authorization type to JWT requires a valid JWT authorizer\.$/],
    ["scopes of nobody", "http", { RouteKey: "GET /t", AuthorizationScopes: ["a"] }, /^BadRequestException: Invalid Route authorization type specified\. Authorization Scopes are only valid for COGNITO_USER_POOLS and JWT authorization types$/],
    ["an API key", "http", { RouteKey: "GET /t", ApiKeyRequired: true }, /^BadRequestException: ApiKeyRequired is not currently supported for HTTP APIs\. Please set ApiKeyRequired to false for route null$/],
    ["an API key of a WebSocket's", "socket", { RouteKey: "a", ApiKeyRequired: true }, /^NotImplemented: ApiKeyRequired/],
    ["a required parameter", "socket", { RouteKey: "a", RequestParameters: { "route.request.querystring.a": { Required: true } } }, /^NotImplemented: .*RequestParameters/],
    ["models", "http", { RouteKey: "GET /t", RequestModels: { $default: "m" } }, /RequestModels is supported only/],
    ["a token of a WebSocket's", "socket", { RouteKey: "$connect", AuthorizationType: "JWT", AuthorizerId: "x" }, /only for HTTP/],
    ["no authorizer at $connect", "socket", { RouteKey: "$connect", AuthorizationType: "CUSTOM" }, /^BadRequestException: Invalid authorizer ID specified/],
    ["authorization but at $connect", "socket", { RouteKey: "send", AuthorizationType: "AWS_IAM" }, /^BadRequestException: Currently, authorization is restricted to the \$connect route only$/],
  ];
  it.each(CASES)("is refused with %s", async (_what, kind, input, text) => {
    expect(await refusal(on.api.send(new CreateRouteCommand({ ApiId: idOf(kind), ...input })))).toMatch(text);
  });

  it("of a WebSocket API has responses and parameters, which go with it", async () => {
    const { RouteId } = await on.api.send(new CreateRouteCommand({ ApiId: socket, RouteKey: "echo", RouteResponseSelectionExpression: "$default", RequestParameters: { "route.request.querystring.a": { Required: false } } }));
    await on.api.send(new DeleteRouteRequestParameterCommand({ ApiId: socket, RouteId, RequestParameterKey: "route.request.querystring.a" }));
    expect((await on.api.send(new GetRouteCommand({ ApiId: socket, RouteId }))).RequestParameters).toEqual({});
    const { $metadata: _1, ...response } = await on.api.send(new CreateRouteResponseCommand({ ApiId: socket, RouteId, RouteResponseKey: "$default" }));
    expect(response).toEqual({ RouteResponseId: expect.any(String) as string, RouteResponseKey: "$default" });
    expect(await refusal(on.api.send(new CreateRouteResponseCommand({ ApiId: socket, RouteId, RouteResponseKey: "$default" })))).toMatch(/^ConflictException/);
    expect(await refusal(on.api.send(new CreateRouteResponseCommand({ ApiId: socket, RouteId, RouteResponseKey: "other" })))).toMatch(/^BadRequestException: Currently, only \$default is supported as a RouteResponseKey\. The creation of the RouteResponse with a key of \$default will indicate/);
    await on.api.send(new UpdateRouteResponseCommand({ ApiId: socket, RouteId, RouteResponseId: response.RouteResponseId, ModelSelectionExpression: "x" }));
    expect((await on.api.send(new GetRouteResponsesCommand({ ApiId: socket, RouteId }))).Items).toEqual([{ ...response, ModelSelectionExpression: "x" }]);
    const { RouteResponseId } = response;
    await on.api.send(new DeleteRouteResponseCommand({ ApiId: socket, RouteId, RouteResponseId }));
    expect(await refusal(on.api.send(new GetRouteResponseCommand({ ApiId: socket, RouteId, RouteResponseId })))).toBe("NotFoundException: Invalid RouteResponse identifier specified");
    expect(await refusal(on.api.send(new CreateRouteResponseCommand({ ApiId: socket, RouteId: "nothing", RouteResponseKey: "$default" })))).toBe("NotFoundException: Invalid Route identifier specified");
  });
});

describe("an authorizer", () => {
  const jwt = { AuthorizerType: "JWT", IdentitySource: ["$request.header.Authorization"], JwtConfiguration: { Issuer: "https://issuer.example.com", Audience: ["pets"] } } as const;
  const lambda = { AuthorizerType: "REQUEST", AuthorizerUri: INVOCATION, AuthorizerPayloadFormatVersion: "2.0", IdentitySource: ["$request.header.Authorization", "$context.routeKey"] } as const;
  const create = (ApiId: string, input: object) => on.api.send(new CreateAuthorizerCommand({ ApiId, Name: "a", IdentitySource: undefined, AuthorizerType: undefined, ...input } as CreateAuthorizerCommandInput));

  it("is made, changed, and stays while a route asks it", async () => {
    const ApiId = await on.make();
    const { $metadata: _1, ...made } = await create(ApiId, { Name: "lambda", ...lambda });
    expect(made).toEqual({ ...lambda, AuthorizerId: expect.any(String) as string, Name: "lambda", AuthorizerResultTtlInSeconds: 0, EnableSimpleResponses: false });
    const { AuthorizerId } = made;
    expect(await refusal(create(ApiId, { Name: "lambda", ...jwt }))).toBe("ConflictException: Authorizer name must be unique. Authorizer lambda already exists in this API.");
    const token = await create(ApiId, { Name: "jwt", ...jwt });
    expect(token).toMatchObject({ ...jwt, Name: "jwt" });
    expect(token).not.toHaveProperty("EnableSimpleResponses");
    expect((await on.api.send(new GetAuthorizersCommand({ ApiId }))).Items).toHaveLength(2);
    expect(await on.api.send(new UpdateAuthorizerCommand({ ApiId, AuthorizerId, AuthorizerResultTtlInSeconds: 3_600 }))).toMatchObject({ AuthorizerResultTtlInSeconds: 3_600, AuthorizerUri: INVOCATION });

    expect(await refusal(on.api.send(new CreateRouteCommand({ ApiId, RouteKey: "GET /x", AuthorizationType: "JWT", AuthorizerId })))).toMatch(/requires a valid JWT authorizer/);
    const { RouteId } = await on.api.send(new CreateRouteCommand({ ApiId, RouteKey: "GET /x", AuthorizationType: "JWT", AuthorizerId: token.AuthorizerId, AuthorizationScopes: ["read"] }));
    expect(await refusal(on.api.send(new DeleteAuthorizerCommand({ ApiId, AuthorizerId: token.AuthorizerId })))).toBe(`ConflictException: Cannot delete authorizer ${token.AuthorizerId}, is referenced in route: GET /x`);
    const opened = await on.api.send(new UpdateRouteCommand({ ApiId, RouteId, AuthorizationType: "NONE", AuthorizationScopes: [] }));
    expect(opened).not.toHaveProperty("AuthorizerId");
    await on.api.send(new DeleteAuthorizerCommand({ ApiId, AuthorizerId: token.AuthorizerId }));
    expect(await refusal(on.api.send(new GetAuthorizerCommand({ ApiId, AuthorizerId: token.AuthorizerId })))).toBe("NotFoundException: Invalid Authorizer identifier specified");
  });

  const CASES: [string, "http" | "socket", object, RegExp][] = [
    ["a name of nothing", "http", { ...jwt, Name: "" }, /name must not be empty/],
    ["no issuer", "http", { ...jwt, JwtConfiguration: { Audience: ["a"] } }, /^BadRequestException: Invalid issuer: Issuer is not a valid URL for JWT Authorizer$/],
    ["no configuration", "http", { ...jwt, JwtConfiguration: undefined }, /^BadRequestException: JwtConfiguration must not be null for JWT Authorizer$/],
    ["no audience", "http", { ...jwt, JwtConfiguration: { Issuer: "https://i.example" } }, /^BadRequestException: Audience list must have at least 1 item for JWT Authorizer$/],
    ["two tokens", "http", { ...jwt, IdentitySource: ["$request.header.a", "$request.header.b"] }, /exactly one identity source/],
    ["a token from the context", "http", { ...jwt, IdentitySource: ["$context.x"] }, /^BadRequestException: Invalid identity source expression: \$context\.x\. The source must be a request header, request querystring, stage variable or context parameter$/],
    ["a function beside the token", "http", { ...jwt, AuthorizerUri: INVOCATION }, /AuthorizerUri is supported only for REQUEST/],
    ["no function", "http", { ...lambda, AuthorizerUri: "https://example.com" }, /Invalid Authorizer URI/],
    ["no format", "http", { ...lambda, AuthorizerPayloadFormatVersion: undefined }, /^BadRequestException: AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer$/],
    ["format 3.0", "http", { ...lambda, AuthorizerPayloadFormatVersion: "3.0" }, /Invalid AuthorizerPayloadFormatVersion/],
    ["simple answers in format 1.0", "http", { ...lambda, AuthorizerPayloadFormatVersion: "1.0", EnableSimpleResponses: true }, /^BadRequestException: EnableSimpleResponses can only be set for AuthorizerPayloadFormatVersion "2\.0"\.$/],
    ["no URI", "http", { ...lambda, AuthorizerUri: undefined }, /^BadRequestException: AuthorizerUri is a required field in an Authorizer$/],
    ["too long a time", "http", { ...lambda, AuthorizerResultTtlInSeconds: 3_601 }, /^BadRequestException: Authorizer result TTL outside allowable range\. TTL must be between 0 and 3600 seconds\.$/],
    ["a cache by nothing", "http", { ...lambda, AuthorizerResultTtlInSeconds: 1, IdentitySource: [] }, /^BadRequestException: Identity source must be set if authorizer caching is enabled \(TTL is greater than 0\)$/],
    ["a WebSocket's source", "http", { ...lambda, IdentitySource: ["route.request.header.Auth"] }, /^BadRequestException: Invalid identity source expression: route\.request\.header\.Auth\./],
    ["an HTTP API's source", "socket", { Name: "a", AuthorizerType: "REQUEST", AuthorizerUri: INVOCATION, IdentitySource: ["$request.header.Auth"] }, /^BadRequestException: Invalid request identity source expression: \$request\.header\.Auth\. The sources must be separated by comma, and each source must be either a request parameter, matching 'route\.request\.querystring\|header\.\[a-zA-Z0-9\._-\]\+', or a stage v/],
    ["a token of a WebSocket's", "socket", jwt, /^BadRequestException: Invalid authorizer type\. Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis\.$/],
    ["a format of a WebSocket's", "socket", { ...lambda, IdentitySource: ["route.request.header.Auth"] }, /AuthorizerPayloadFormatVersion is supported only/],
  ];
  it.each(CASES)("is refused with %s", async (_what, kind, input, text) => {
    expect(await refusal(create(idOf(kind), input))).toMatch(text);
  });
});

describe("what only WebSocket APIs have", () => {
  it("models, with a template for each", async () => {
    const Schema = JSON.stringify({ type: "object", properties: { id: { type: "integer" }, name: { type: "string" }, tags: { type: "array", items: { type: "string" } } } });
    const { ModelId, ContentType } = await on.api.send(new CreateModelCommand({ ApiId: socket, Name: "Pet", Schema }));
    expect(ContentType).toBe("application/json");
    expect((await on.api.send(new GetModelTemplateCommand({ ApiId: socket, ModelId }))).Value).toBe(
      `#set($inputRoot = $input.path('$'))\n{\n  "id" : $inputRoot.id,\n  "name" : "$inputRoot.name",\n  "tags" : [\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in $inputRoot.tags)\n    "$elem"#if($foreach.hasNext),#end\n#end\n  ]\n}`,
    );
    expect(await refusal(on.api.send(new CreateModelCommand({ ApiId: socket, Name: "Pet", Schema: "{}" })))).toMatch(/^ConflictException/);
    expect(await refusal(on.api.send(new CreateModelCommand({ ApiId: socket, Name: "Dog", Schema: "nothing" })))).toMatch(/Invalid model specified/);
    expect(await refusal(on.api.send(new CreateModelCommand({ ApiId: http, Name: "Dog", Schema: "{}" })))).toBe("BadRequestException: Currently, Models are not permitted for APIs with a protocol type of HTTP");
    expect(await refusal(on.api.send(new CreateModelCommand({ ApiId: socket, Name: "a-b", Schema: "{}" })))).toBe("BadRequestException: Model name must be alphanumeric: a-b");
    expect(await refusal(on.api.send(new CreateIntegrationResponseCommand({ ApiId: http, IntegrationId: "x", IntegrationResponseKey: "$default" })))).toBe("BadRequestException: IntegrationResponses are currently not supported for this API protocol type. This is because the API may only be configured with proxy integration at this time.");
    expect(await refusal(on.api.send(new CreateRouteResponseCommand({ ApiId: http, RouteId: "x", RouteResponseKey: "$default" })))).toMatch(/^BadRequestException: RouteResponses are currently not supported for this API protocol type\./);
    expect(await on.api.send(new UpdateModelCommand({ ApiId: socket, ModelId, Description: "a pet" }))).toMatchObject({ Name: "Pet", Schema, Description: "a pet" });
    await on.api.send(new DeleteModelCommand({ ApiId: socket, ModelId }));
    expect((await on.api.send(new GetModelsCommand({ ApiId: socket }))).Items).toEqual([]);
  });

  it("integration responses, by status or by $default", async () => {
    const IntegrationId = (await on.api.send(new CreateIntegrationCommand({ ApiId: socket, IntegrationType: "MOCK" }))).IntegrationId;
    const of = { ApiId: socket, IntegrationId };
    const { IntegrationResponseId } = await on.api.send(new CreateIntegrationResponseCommand({ ...of, IntegrationResponseKey: "/2\\d\\d/", ResponseTemplates: { a: "1", b: "2" } }));
    expect(await refusal(on.api.send(new CreateIntegrationResponseCommand({ ...of, IntegrationResponseKey: "/2\\d\\d/" })))).toMatch(/^ConflictException/);
    expect(await refusal(on.api.send(new CreateIntegrationResponseCommand({ ...of, IntegrationResponseKey: "200" })))).toMatch(/Invalid integration response key/);
    expect(await refusal(on.api.send(new CreateIntegrationResponseCommand({ ...of, IntegrationResponseKey: "$default", ResponseParameters: { "method.response.header.a": "'b'" } })))).toMatch(/^NotImplemented: ResponseParameters/);
    expect(await on.api.send(new UpdateIntegrationResponseCommand({ ...of, IntegrationResponseId, ResponseTemplates: { a: "" } }))).toMatchObject({ IntegrationResponseKey: "/2\\d\\d/", ResponseTemplates: { b: "2" } });
    expect((await on.api.send(new GetIntegrationResponsesCommand(of))).Items).toHaveLength(1);
    await on.api.send(new DeleteIntegrationResponseCommand({ ...of, IntegrationResponseId }));
    expect((await on.api.send(new GetIntegrationResponsesCommand(of))).Items).toEqual([]);
  });
});
