import { describe, expect, it } from "vitest";
import { isolations } from "../support/isolation.ts";
import { startFunction } from "./ground.ts";

const executable = (content: string) => ({ content, mode: 0o755 });
const HANDLER = "export const handler = async (event) => ({ event, wrapped: process.env.WRAPPED, flags: process.execArgv });";

/** Another program than the runtime, that takes its place: an HTTP application behind an adapter does so. */
const IN_ITS_PLACE = `#!/usr/bin/env python3
import json, os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as invocation:
        event, request_id = json.load(invocation), invocation.headers["Lambda-Runtime-Aws-Request-Id"]
    answer = json.dumps({"event": event, "handler": os.environ["_HANDLER"]}).encode()
    urllib.request.urlopen(urllib.request.Request(api + request_id + "/response", answer)).close()
`;

describe.each(isolations)("a wrapper script (%s)", (isolation) => {
  const start = (files: Parameters<typeof startFunction>[0], wrapper: string) => startFunction(files, { runtime: "nodejs24.x", handler: "app.handler", environment: { AWS_LAMBDA_EXEC_WRAPPER: wrapper } }, { isolation });

  it("starts the runtime with what it adds to its command and its environment, as AWS's own example does", async () => {
    const script = '#!/bin/bash\nargs=("$@")\nargs=("${args[@]:0:$#-1}" "--no-deprecation" "${args[@]: -1}")\nexport WRAPPED=yes\nexec "${args[@]}"\n';
    const { invoke } = await start({ "app.mjs": HANDLER, wrapper: executable(script) }, "/var/task/wrapper");
    const { json } = await invoke({ a: 1 });
    expect(json).toEqual({ event: { a: 1 }, wrapped: "yes", flags: expect.arrayContaining(["--no-deprecation"]) });
  });

  it("may put another program in the runtime's place", async () => {
    const { invoke } = await start({ "run.py": executable(IN_ITS_PLACE) }, "/var/task/run.py");
    for (const a of [1, 2]) expect((await invoke({ a })).json).toEqual({ event: { a }, handler: "app.handler" });
  });

  it.each([
    ["/var/task/none", 127, "does not exist"],
    ["/var/task/app.mjs", 126, "is not an executable"],
  ])("that cannot be run is told: %s", async (wrapper, status, complaint) => {
    const { invoke, log } = await start({ "app.mjs": HANDLER }, wrapper);
    const { json } = await invoke({});
    expect(json).toMatchObject({ errorType: "Runtime.ExitError", errorMessage: expect.stringContaining(`exit status ${status}`) });
    expect(log().join("\n")).toContain(`${wrapper.split("/").at(-1)}: ${complaint}`);
  });
});
