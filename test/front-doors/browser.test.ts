import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiGatewayV2Client, CreateApiCommand, CreateIntegrationCommand, CreateRouteCommand, CreateRouteResponseCommand, CreateStageCommand, DeleteCorsConfigurationCommand, UpdateApiCommand } from "@aws-sdk/client-apigatewayv2";
import { AddPermissionCommand, CreateFunctionCommand, CreateFunctionUrlConfigCommand, UpdateFunctionUrlConfigCommand, type Cors } from "@aws-sdk/client-lambda";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useLambda } from "../lambda/support.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));

const HANDLER = `
export const handler = async (event) => (event.requestContext.connectionId !== undefined ? { statusCode: 200, body: event.body } : { statusCode: 200, headers: { "x-told": "yes" }, cookies: ["seen=1; SameSite=None; Secure"], body: JSON.stringify({ method: event.requestContext.http.method, key: event.headers["x-key"] }) });
`;
const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:pages";

/** What a page's fetch made of it. */
interface Fetched {
  status?: number;
  told?: string | null;
  body?: { method: string; key?: string };
  error?: string;
}

describe.skipIf(CHROMIUM === undefined)("a page in Chromium", () => {
  const on = useLambda();
  const opened = {} as { browser: Browser; page: Page; pages: Server; origin: string; url: string };

  const apis = () => new ApiGatewayV2Client({ endpoint: on.ground.platform.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  const fetchFromPage = (url: string, init: { method?: string; headers?: Record<string, string>; credentials?: "include" }): Promise<Fetched> =>
    opened.page.evaluate(
      async ({ url: asked, init: given }) => {
        try {
          const response = await fetch(asked, given);
          return { status: response.status, told: response.headers.get("x-told"), body: (await response.json()) as never };
        } catch (error) {
          return { error: String(error) };
        }
      },
      { url, init },
    );

  beforeAll(async () => {
    const { chromium } = await import("playwright-core");
    opened.browser = await chromium.launch({ executablePath: CHROMIUM!, args: ["--no-sandbox"] });
    opened.pages = createServer((_request, response) => void response.setHeader("content-type", "text/html").end("<title>a page</title>"));
    await new Promise<void>((resolve) => opened.pages.listen(0, "127.0.0.1", resolve));
    opened.origin = `http://app.localhost:${(opened.pages.address() as AddressInfo).port}`;
    opened.page = await opened.browser.newPage();
    await opened.page.goto(opened.origin);

    await on.lambda.send(new CreateFunctionCommand(await on.inputOf("pages", {}, { "index.mjs": HANDLER })));
    await on.isSettled("pages");
    opened.url = (await on.lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: "pages", AuthType: "NONE" }))).FunctionUrl!;
    await on.lambda.send(new AddPermissionCommand({ FunctionName: "pages", Principal: "*", StatementId: "url", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" }));
    await on.lambda.send(new AddPermissionCommand({ FunctionName: "pages", Principal: "*", StatementId: "invoke", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true }));
  }, 60_000);
  afterAll(async () => {
    await opened.browser?.close();
    opened.pages?.close();
  });

  interface Door {
    url(): string;
    configure(cors: Cors): Promise<unknown>;
  }
  let apiId = "";
  let apiUrl = "";
  const doors: [string, Door][] = [
    ["a function URL", { url: () => opened.url, configure: (cors) => on.lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName: "pages", Cors: cors })) }],
    ["an HTTP API", { url: () => apiUrl, configure: (cors) => apis().send(new UpdateApiCommand({ ApiId: apiId, CorsConfiguration: cors })) }],
  ];
  beforeAll(async () => {
    const made = await apis().send(new CreateApiCommand({ Name: "pages", ProtocolType: "HTTP", Target: FUNCTION }));
    [apiId, apiUrl] = [made.ApiId!, `${made.ApiEndpoint!}/`];
    await on.lambda.send(new AddPermissionCommand({ FunctionName: "pages", Principal: "apigateway.amazonaws.com", StatementId: "api", Action: "lambda:InvokeFunction" }));
  });

  describe.each(doors)("at %s", (_name, door) => {
    const FAILED = { error: "TypeError: Failed to fetch" };
    const ask = (init: Parameters<typeof fetchFromPage>[1]) => fetchFromPage(door.url(), init);

    it("of another origin reads no answer that CORS does not give it", async () => {
      expect(await ask({})).toEqual(FAILED);
    });

    it("is let in by its origin, method and headers, and sees what is exposed", async () => {
      await door.configure({ AllowOrigins: [opened.origin], AllowMethods: ["PUT"], AllowHeaders: ["x-key"], ExposeHeaders: ["x-told"] });
      expect(await ask({ method: "PUT", headers: { "x-key": "k" } })).toEqual({ status: 200, told: "yes", body: { method: "PUT", key: "k" } });
      expect(await ask({ method: "DELETE" })).toEqual(FAILED);
      expect(await ask({ method: "PUT", headers: { "x-other": "k" } })).toEqual(FAILED);
      await door.configure({ AllowOrigins: ["https://elsewhere.example.com"], AllowMethods: ["PUT"], AllowHeaders: ["x-key"] });
      expect(await ask({ method: "PUT", headers: { "x-key": "k" } })).toEqual(FAILED);
    });

    it("sends credentials where they are allowed", async () => {
      await door.configure({ AllowOrigins: ["*"], AllowMethods: ["*"], AllowHeaders: ["*"] });
      expect(await ask({ method: "PUT", headers: { "x-key": "k" } })).toMatchObject({ status: 200 });
      expect(await ask({ credentials: "include" })).toEqual(FAILED);
      await door.configure({ AllowOrigins: [opened.origin], AllowMethods: ["PUT"], AllowHeaders: ["x-key"], AllowCredentials: true });
      expect(await ask({ method: "PUT", headers: { "x-key": "k" }, credentials: "include" })).toMatchObject({ status: 200, body: { method: "PUT", key: "k" } });
    });
  });

  it("at an HTTP API whose CORS configuration was taken away is kept out again", async () => {
    await apis().send(new DeleteCorsConfigurationCommand({ ApiId: apiId }));
    expect(await fetchFromPage(apiUrl, {})).toEqual({ error: "TypeError: Failed to fetch" });
  });

  it("may not use the API of AWS, whatever it sends", async () => {
    expect(await fetchFromPage(`${on.ground.platform.endpoint}/2015-03-31/functions/`, {})).toEqual({ error: "TypeError: Failed to fetch" });
  });

  it("speaks with a WebSocket API", async () => {
    const { ApiId, ApiEndpoint } = await apis().send(new CreateApiCommand({ Name: "sockets", ProtocolType: "WEBSOCKET", RouteSelectionExpression: "$request.body.action" }));
    const { IntegrationId } = await apis().send(new CreateIntegrationCommand({ ApiId, IntegrationType: "AWS_PROXY", IntegrationUri: `arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${FUNCTION}/invocations` }));
    const { RouteId } = await apis().send(new CreateRouteCommand({ ApiId, RouteKey: "$default", Target: `integrations/${IntegrationId}`, RouteResponseSelectionExpression: "$default" }));
    await apis().send(new CreateRouteResponseCommand({ ApiId, RouteId, RouteResponseKey: "$default" }));
    await apis().send(new CreateStageCommand({ ApiId, StageName: "live", AutoDeploy: true }));
    const heard = await opened.page.evaluate(
      (url) =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(url);
          socket.addEventListener("open", () => socket.send('{"hello":"from a page"}'));
          socket.addEventListener("message", ({ data }) => resolve(data));
          socket.addEventListener("error", () => reject(new Error("the WebSocket failed")));
        }),
      `${ApiEndpoint!}/live`,
    );
    expect(heard).toBe('{"hello":"from a page"}');
  });
});
