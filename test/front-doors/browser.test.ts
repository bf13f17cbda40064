import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AddPermissionCommand, CreateFunctionCommand, CreateFunctionUrlConfigCommand, UpdateFunctionUrlConfigCommand, type Cors } from "@aws-sdk/client-lambda";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useLambda } from "../lambda/support.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));

const HANDLER = `
export const handler = async (event) => ({ statusCode: 200, headers: { "x-told": "yes" }, cookies: ["seen=1; SameSite=None; Secure"], body: JSON.stringify({ method: event.requestContext.http.method, key: event.headers["x-key"] }) });
`;

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

  const configure = (cors: Cors) => on.lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName: "pages", Cors: cors }));
  const fetchFromPage = (init: { method?: string; headers?: Record<string, string>; credentials?: "include" }): Promise<Fetched> =>
    opened.page.evaluate(
      async ({ url, init: given }) => {
        try {
          const response = await fetch(url, given);
          return { status: response.status, told: response.headers.get("x-told"), body: (await response.json()) as never };
        } catch (error) {
          return { error: String(error) };
        }
      },
      { url: opened.url, init },
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

  it("of another origin reads no answer that CORS does not give it", async () => {
    expect(await fetchFromPage({})).toEqual({ error: "TypeError: Failed to fetch" });
  });

  it("is let in by its origin, method and headers, and sees what is exposed", async () => {
    await configure({ AllowOrigins: [opened.origin], AllowMethods: ["PUT"], AllowHeaders: ["x-key"], ExposeHeaders: ["x-told"] });
    expect(await fetchFromPage({ method: "PUT", headers: { "x-key": "k" } })).toEqual({ status: 200, told: "yes", body: { method: "PUT", key: "k" } });
    expect(await fetchFromPage({ method: "DELETE" })).toEqual({ error: "TypeError: Failed to fetch" });
    expect(await fetchFromPage({ method: "PUT", headers: { "x-other": "k" } })).toEqual({ error: "TypeError: Failed to fetch" });
    await configure({ AllowOrigins: ["https://elsewhere.example.com"], AllowMethods: ["PUT"], AllowHeaders: ["x-key"] });
    expect(await fetchFromPage({ method: "PUT", headers: { "x-key": "k" } })).toEqual({ error: "TypeError: Failed to fetch" });
  });

  it("sends credentials where they are allowed", async () => {
    await configure({ AllowOrigins: ["*"], AllowMethods: ["*"], AllowHeaders: ["*"] });
    expect(await fetchFromPage({ method: "PUT", headers: { "x-key": "k" } })).toMatchObject({ status: 200 });
    expect(await fetchFromPage({ credentials: "include" })).toEqual({ error: "TypeError: Failed to fetch" });
    await configure({ AllowOrigins: ["*"], AllowMethods: ["*"], AllowHeaders: ["*"], AllowCredentials: true });
    expect(await fetchFromPage({ method: "PUT", headers: { "x-key": "k" }, credentials: "include" })).toMatchObject({ status: 200, body: { method: "PUT", key: "k" } });
  });

  it("may not use the API of AWS, whatever it sends", async () => {
    const { url } = opened;
    opened.url = `${on.ground.platform.endpoint}/2015-03-31/functions/`;
    expect(await fetchFromPage({})).toEqual({ error: "TypeError: Failed to fetch" });
    opened.url = url;
  });
});
