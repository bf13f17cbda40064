import { join } from "node:path";
import { AddPermissionCommand, CreateFunctionUrlConfigCommand } from "@aws-sdk/client-lambda";
import { rolldown } from "rolldown";
import { beforeAll, describe, expect, it } from "vitest";
import { useLambda } from "../../lambda/support.ts";
import { createFunction } from "../../support/functions.ts";
import { ask } from "../ask.ts";

/** With all that it needs in one file, as people deploy it. */
const bundled = async (): Promise<string> => {
  const bundle = await rolldown({ input: join(import.meta.dirname, "express-application.mjs"), platform: "node", logLevel: "silent" });
  const { output } = await bundle.generate({ format: "esm", codeSplitting: false });
  await bundle.close();
  return output[0].code;
};

describe("an Express application behind a function URL", () => {
  const on = useLambda();
  let host = "";
  const to = (asked: Parameters<typeof ask>[2]) => ask(on.ground.platform.endpoint, host, asked);

  beforeAll(async () => {
    await createFunction(on.ground.platform.clients, { FunctionName: "express", Role: on.ground.role, Runtime: "nodejs24.x", Handler: "index.handler", Timeout: 30, MemorySize: 512, files: { "index.mjs": await bundled() } });
    host = new URL((await on.lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: "express", AuthType: "NONE" }))).FunctionUrl!).host;
    await on.lambda.send(new AddPermissionCommand({ FunctionName: "express", Principal: "*", StatementId: "url", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" }));
    await on.lambda.send(new AddPermissionCommand({ FunctionName: "express", Principal: "*", StatementId: "invoke", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true }));
  }, 60_000);

  it("has its parameters, its query and its cookies", async () => {
    const { status, headers, json } = await to({ path: "/pets/r%C3%A9x?a=1&b=x%20y" });
    expect([status, json, headers["set-cookie"]]).toEqual([200, expect.objectContaining({ name: "réx", query: { a: "1", b: "x y" } }), ["seen=r%C3%A9x; Path=/; HttpOnly"]]);
  });

  it("reads JSON and forms", async () => {
    const json = await to({ method: "POST", path: "/echo", headers: { "content-type": "application/json" }, body: '{"a":[1]}' });
    expect([json.status, json.json]).toEqual([201, { a: [1] }]);
    const form = await to({ method: "POST", path: "/echo", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "a=1&b=%C3%A9" });
    expect([form.status, form.headers["x-type"], form.json]).toEqual([201, "application/x-www-form-urlencoded", { a: "1", b: "é" }]);
  });

  it("answers bytes, redirects, and what is not there or broken", async () => {
    const picture = await to({ path: "/picture" });
    expect([picture.headers["content-type"], picture.body]).toEqual(["image/png", Buffer.from([137, 80, 78, 71, 0, 255])]);
    const away = await to({ path: "/away" });
    expect([away.status, away.headers["location"]]).toEqual([302, "/pets/rex"]);
    expect([(await to({ path: "/none" })).status, (await to({ path: "/broken" })).status]).toEqual([404, 500]);
  });
});
