import { CreateApiCommand, DeleteApiCommand, DeleteCorsConfigurationCommand, GetApiCommand, GetApisCommand, GetIntegrationsCommand, GetRoutesCommand, GetStagesCommand, UpdateApiCommand, DeleteRouteCommand, UpdateStageCommand, type CreateApiCommandInput } from "@aws-sdk/client-apigatewayv2";
import { describe, expect, it } from "vitest";
import { FUNCTION, refusal, useApis } from "./support.ts";

const on = useApis();

describe("an API", () => {
  it("has what AWS gives it when nothing is said", async () => {
    const { $metadata, ...made } = await on.api.send(new CreateApiCommand({ Name: "pets", ProtocolType: "HTTP" }));
    expect($metadata.httpStatusCode).toBe(201);
    expect(made).toEqual({
      ApiId: expect.stringMatching(/^[a-z0-9]{10}$/) as string,
      ApiEndpoint: `http://${made.ApiId}.execute-api.us-east-1.localhost:${new URL(on.endpoint).port}`,
      ApiKeySelectionExpression: "$request.header.x-api-key",
      CreatedDate: expect.any(Date) as Date,
      DisableExecuteApiEndpoint: false,
      IpAddressType: "ipv4",
      Name: "pets",
      ProtocolType: "HTTP",
      RouteSelectionExpression: "$request.method $request.path",
      Tags: {},
    });
    const { $metadata: _2, ...read } = await on.api.send(new GetApiCommand({ ApiId: made.ApiId }));
    expect(read).toEqual(made);
  });

  it("is a WebSocket's, too", async () => {
    const ApiId = await on.socket();
    const api = await on.api.send(new GetApiCommand({ ApiId }));
    expect(api).toMatchObject({ ProtocolType: "WEBSOCKET", RouteSelectionExpression: "$request.body.action", DisableSchemaValidation: false });
    expect(api.ApiEndpoint).toMatch(/^ws:\/\/[a-z0-9]{10}\.execute-api\.us-east-1\.localhost:\d+$/);
  });

  it("is changed member by member, and loses what is set to nothing", async () => {
    const ApiId = await on.make({ Description: "first", Version: "1", CorsConfiguration: { AllowOrigins: ["https://a.example"], MaxAge: 5 } });
    const changed = await on.api.send(new UpdateApiCommand({ ApiId, Description: "", Version: "2", CorsConfiguration: { AllowOrigins: ["*"], AllowMethods: ["GET"] } }));
    expect(changed).toMatchObject({ Name: "pets", Version: "2", CorsConfiguration: { AllowOrigins: ["*"], AllowMethods: ["GET"] } });
    expect(changed.CorsConfiguration).not.toHaveProperty("MaxAge");
    expect(changed).not.toHaveProperty("Description");
    await on.api.send(new DeleteCorsConfigurationCommand({ ApiId }));
    expect(await on.api.send(new GetApiCommand({ ApiId }))).not.toHaveProperty("CorsConfiguration");
  });

  it("is listed in pages, and gone when it is deleted", async () => {
    const made = await Promise.all([on.make(), on.make(), on.make()]);
    const listed: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = await on.api.send(new GetApisCommand({ MaxResults: "2", NextToken }));
      expect(page.Items!.length).toBeLessThanOrEqual(2);
      listed.push(...page.Items!.map(({ ApiId }) => ApiId!));
      ({ NextToken } = page);
    } while (NextToken !== undefined);
    expect(listed).toEqual(expect.arrayContaining(made));
    expect(new Set(listed).size).toBe(listed.length);
    await on.api.send(new DeleteApiCommand({ ApiId: made[0] }));
    expect(await refusal(on.api.send(new GetApiCommand({ ApiId: made[0] })))).toBe(`NotFoundException: Invalid API identifier specified 000000000000:${made[0]}`);
    expect(await refusal(on.api.send(new GetApisCommand({ NextToken: "mine" })))).toMatch(/^BadRequestException: Invalid nextToken/);
  });

  const CASES: [string, Partial<CreateApiCommandInput>, RegExp][] = [
    ["no protocol of ours", { ProtocolType: "GRPC" as "HTTP" }, /^BadRequestException: .*protocolType/],
    ["no name", { Name: undefined }, /^BadRequestException: Invalid API name specified$/],
    ["a name of nothing", { Name: "" }, /^BadRequestException: Invalid API name specified$/],
    ["a WebSocket API without a route selection", { ProtocolType: "WEBSOCKET" }, /^BadRequestException: Invalid routeSelectionExpression$/],
    ["an HTTP API with another route selection", { RouteSelectionExpression: "$request.body.action" }, /^BadRequestException: Route selection expression is currently limited to "\$\{request\.method\} \$\{request\.path\}"$/],
    ["CORS of a WebSocket API", { ProtocolType: "WEBSOCKET", RouteSelectionExpression: "$request.body.action", CorsConfiguration: {} }, /^BadRequestException: Cors is not supported for WEBSOCKET protocolType$/],
    ["an origin that is none", { CorsConfiguration: { AllowOrigins: ["a.example"] } }, /Invalid format for origin a\.example/],
    ["credentials for everybody", { CorsConfiguration: { AllowOrigins: ["*"], AllowCredentials: true } }, /^BadRequestException: allow-credentials is not supported if 'allow-origin' is \*$/],
    ["a method that is none", { CorsConfiguration: { AllowMethods: ["get"] } }, /Invalid method get/],
    ["an age beyond a day", { CorsConfiguration: { MaxAge: 86_401 } }, /maxAge/],
    ["tags of AWS's own", { Tags: { "aws:x": "1" } }, /reserved/],
    ["a target that is neither URL nor function", { Target: "arn:aws:s3:::bucket" }, /Invalid HTTP endpoint specified for URI/],
  ];
  it.each(CASES)("is refused with %s", async (_what, input, text) => {
    expect(await refusal(on.make(input))).toMatch(text);
  });
});

describe("quick create", () => {
  it("makes a route, an integration and a stage that follows the API", async () => {
    const ApiId = await on.make({ Target: FUNCTION });
    const [integrations, routes, stages] = await Promise.all([on.api.send(new GetIntegrationsCommand({ ApiId })), on.api.send(new GetRoutesCommand({ ApiId })), on.api.send(new GetStagesCommand({ ApiId }))]);
    expect(integrations.Items).toEqual([
      { ApiGatewayManaged: true, IntegrationId: expect.any(String), ConnectionType: "INTERNET", IntegrationMethod: "POST", IntegrationType: "AWS_PROXY", IntegrationUri: FUNCTION, PayloadFormatVersion: "2.0", TimeoutInMillis: 30_000 },
    ]);
    expect(routes.Items).toEqual([{ ApiGatewayManaged: true, ApiKeyRequired: false, AuthorizationType: "NONE", RouteId: expect.any(String), RouteKey: "$default", Target: `integrations/${integrations.Items![0]!.IntegrationId}` }]);
    expect(stages.Items).toMatchObject([{ ApiGatewayManaged: true, AutoDeploy: true, StageName: "$default", DeploymentId: expect.any(String) }]);
    expect((await on.served(ApiId, "$default"))?.snapshot?.routes).toHaveLength(1);
    expect(await refusal(on.api.send(new DeleteRouteCommand({ ApiId, RouteId: routes.Items![0]!.RouteId })))).toMatch(/managed by API Gateway/);
    expect(await refusal(on.api.send(new UpdateStageCommand({ ApiId, StageName: "$default", AutoDeploy: false })))).toMatch(/managed by API Gateway/);
  });

  it("leads elsewhere when its target is changed", async () => {
    const ApiId = await on.make({ Target: FUNCTION, RouteKey: "GET /pets" });
    await on.api.send(new UpdateApiCommand({ ApiId, Target: "https://example.com/pets", RouteKey: "GET /dogs" }));
    const { api: _api, snapshot } = (await on.served(ApiId, "$default"))!;
    expect(snapshot?.integrations).toMatchObject([{ IntegrationType: "HTTP_PROXY", IntegrationUri: "https://example.com/pets", IntegrationMethod: "ANY", PayloadFormatVersion: "1.0" }]);
    expect(snapshot?.routes).toMatchObject([{ RouteKey: "GET /dogs" }]);
    expect(await on.route(ApiId, "GET /pets")).toMatch(/^[a-z0-9]{7}$/);
    expect(await refusal(on.api.send(new UpdateApiCommand({ ApiId: await on.make(), Target: FUNCTION })))).toMatch(/quick create/);
  });
});
