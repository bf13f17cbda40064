import { describe, expect, it } from "vitest";
import type { InvocationOutcome, ResponseReceiver } from "../../src/executor/executor.ts";
import { isolations } from "../support/isolation.ts";
import { eventually } from "../support/temporary.ts";
import { extension, freePort, startExtended } from "./extension-ground.ts";

const createReceiver = () => {
  let text = "";
  const receiver: ResponseReceiver = {
    begin() {},
    write(chunk) {
      text += chunk.toString();
      return undefined;
    },
  };
  return { receiver, text: () => text };
};
const STREAMING = `export const handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.write("begun ");
  if (event.hangs) await new Promise((resolve) => setTimeout(resolve, 600_000));
  stream.end("and ended");
});`;

describe.each(isolations)("a streamed response beside extensions under %s", (isolation) => {
  const start = (extensions: Parameters<typeof startExtended>[1]) => startExtended(STREAMING, extensions, { isolation, timeoutSeconds: 10 });

  it("L5 is part of an invocation that lasts until they are ready, and subscribers are told how much it was", async () => {
    const port = freePort();
    const { environment, invocation, said } = await start({
      busy: extension(`let go; const open = new Promise((resolve) => (go = resolve));
        await register(["INVOKE", "SHUTDOWN"]);
        await listen(${port}, (text) => { for (const event of JSON.parse(text)) if (event.type === "platform.runtimeDone") { say("done", event.record); go(); } });
        say((await subscribe({ schemaVersion: "2022-12-13", types: ["platform"], buffering: { timeoutMs: 25 }, destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:${port}" } })).status);
        await serve(() => open);`),
    });
    const { receiver, text } = createReceiver();
    // The extension is ready when it has heard of the runtime's end: it cannot be sooner.
    const { outcome } = await environment.invoke({ ...invocation({}), receiver });
    expect([text(), outcome]).toEqual(["begun and ended", { kind: "response", payload: Buffer.alloc(0), streamedBytes: 15 }]);
    const done = said("busy").find((line) => line.startsWith("done"))!;
    expect(JSON.parse(done.slice("done ".length))).toMatchObject({ status: "success", metrics: { producedBytes: 15 } });
  });

  it("L5 is answered while an extension is busy, which may run out of the function's time", async () => {
    const { environment, invocation, ground, said } = await start({
      slow: extension(`await register(["INVOKE", "SHUTDOWN"]); await serve(() => { if (existsSync(tmp("second"))) return; writeFileSync(tmp("second"), ""); say("busy"); return new Promise(() => setInterval(() => {}, 1e6)); });`),
    });
    const first = createReceiver();
    const answered = Promise.withResolvers<InvocationOutcome>();
    const report = environment.invoke({ ...invocation({}), receiver: first.receiver }, answered.resolve);
    expect(await answered.promise).toMatchObject({ kind: "response", streamedBytes: 15 });
    expect(first.text()).toBe("begun and ended");
    await eventually("the extension is busy", () => said("slow").includes("busy"));
    await eventually("it is reset", async () => (await ground.wall.advance(2_000), environment.state !== "busy"));
    await eventually("its extension is killed", async () => (await ground.wall.advance(500), environment.state !== "resetting"));
    expect((await report).outcome.kind).toBe("response");
    const second = createReceiver();
    expect((await environment.invoke({ ...invocation({}), receiver: second.receiver })).outcome).toMatchObject({ kind: "response", streamedBytes: 15 });
    expect([first.text(), second.text()]).toEqual(["begun and ended", "begun and ended"]);
  });

  it("breaks off when the function runs out of time; its extensions are told, and the next response begins anew", async () => {
    const { environment, invocation, ground, said } = await start({ watch: extension('await register(["INVOKE", "SHUTDOWN"]); await serve(); process.exit(0);') });
    const first = createReceiver();
    const report = environment.invoke({ ...invocation({ hangs: true }), receiver: first.receiver });
    await eventually("it has begun", () => first.text() === "begun ");
    await ground.wall.advance(10_000);
    const { outcome } = await report;
    expect(JSON.parse(outcome.payload.toString())).toMatchObject({ errorType: "Sandbox.Timedout" });
    expect(said("watch")).toEqual(["shutdown timeout"]);
    const second = createReceiver();
    expect((await environment.invoke({ ...invocation({}), receiver: second.receiver })).outcome).toMatchObject({ kind: "response", streamedBytes: 15 });
    expect([first.text(), second.text()]).toEqual(["begun ", "begun and ended"]);
  });
});

describe.each(isolations)("a provisioned environment with extensions under %s", (isolation) => {
  it("L3 is ready when all of them are, and not when one fails", async () => {
    const options = { isolation, initializationType: "provisioned-concurrency" } as const;
    const good = await startExtended("export const handler = async () => 1;", { e: extension('await register(["INVOKE"]); say("up"); await serve(() => say("told"));') }, options);
    await good.environment.initialized;
    expect([good.environment.isInitialized, good.said("e")]).toEqual([true, ["up"]]);
    expect(good.log()).toMatch(/EXTENSION\tName: e\tState: Ready\tEvents: \[INVOKE\]\nINIT_REPORT Init Duration: [\d.]+ ms\n$/);
    const report = await good.invoke();
    expect([report.isColdStart, report.initMs, good.said("e")]).toEqual([false, undefined, ["up", "told"]]);
    const bad = await startExtended("export const handler = async () => 1;", { e: extension('await register(["INVOKE"]); process.exit(3);') }, options);
    await bad.environment.initialized;
    expect(bad.environment.isInitialized).toBe(false);
    expect(bad.log()).toMatch(/INIT_REPORT [^\n]*Status: error\tError Type: Extension\.Crash\n/);
  });
});
