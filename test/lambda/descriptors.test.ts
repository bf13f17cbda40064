import { readdirSync } from "node:fs";
import { InvokeCommand, ServiceException, UpdateFunctionConfigurationCommand, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { hasPrlimit, limitOpenFiles } from "../support/prlimit.ts";
import { startServer } from "../support/server.ts";
import { eventually } from "../support/temporary.ts";

describe.runIf(hasPrlimit())("a server without file descriptors (skipped where prlimit is not there)", () => {
  it("fails the invocation that needs them with AWS's 500, and runs the next", async () => {
    const server = await startServer();
    const pid = server.process.pid!;
    const openNow = () => readdirSync(`/proc/${pid}/fd`).length;
    const clients = clientsOf(server.endpoint);
    const FunctionName = "starved";
    await createFunction(clients, { FunctionName, Role: await createRole(clients, "r"), Runtime: "nodejs24.x", Handler: "app.handler", files: { "app.mjs": "export const handler = async () => 'fed';" } });
    const invoke = async () => Buffer.from((await clients.lambda.send(new InvokeCommand({ FunctionName }))).Payload!).toString();
    const idle = openNow();
    expect(await invoke()).toBe('"fed"');
    await clients.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Description: "needs a new environment" }));
    await waitUntilFunctionUpdatedV2({ client: clients.lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName });
    await eventually("the old environment is gone", () => openNow() <= idle);
    limitOpenFiles(pid, idle);
    const refused = await invoke().then(() => undefined, (error: unknown) => error);
    expect(refused).toBeInstanceOf(ServiceException);
    expect(refused).toMatchObject({ message: expect.stringMatching(/^lambdad could not run starved: .*too many/i), $metadata: { httpStatusCode: 500 } });
    limitOpenFiles(pid, 4_096);
    expect(await invoke()).toBe('"fed"');
    expect(await server.stop()).toBe(0);
  });
});
