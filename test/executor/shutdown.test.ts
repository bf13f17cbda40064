import { describe, expect, it } from "vitest";
import { isolations } from "../support/isolation.ts";
import { eventually } from "../support/temporary.ts";
import { ECHO, extension, startExtended, type ExtendedFunction } from "./extension-ground.ts";

/** A runtime that says when it is asked to end, and then does so, or not. */
const ASKED = (then: string) => `process.on("SIGTERM", () => { console.log("runtime: asked"); ${then} }); ${ECHO}`;
const WATCH = extension("await register(['INVOKE', 'SHUTDOWN']); await serve(); say('bye');");
const HOLDS = extension("await register(['INVOKE', 'SHUTDOWN']); await serve(); setInterval(() => {}, 1e6);");
const INTERNAL = `
const call = (method, path, headers, body) => fetch("http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2020-01-01/extension/" + path, { method, headers, body });
const registered = await call("POST", "register", { "Lambda-Extension-Name": "inner" }, '{"events":[]}');
void call("GET", "event/next", { "Lambda-Extension-Identifier": registered.headers.get("lambda-extension-identifier") });
`;

describe.each(isolations)("L8 SHUTDOWN under %s", (isolation) => {
  const idle = async (one: ExtendedFunction) => {
    await one.invoke();
    await eventually("it is frozen", () => one.environment.state === "frozen");
    return one;
  };

  it("asks the runtime first, then tells the extensions that registered for it, and waits until they have ended", async () => {
    const one = await idle(await startExtended(ASKED("process.exit(0);"), { one: WATCH, two: WATCH, deaf: extension("await register(['INVOKE']); process.on('exit', () => say('asked')); await serve();") }, { isolation }));
    await one.environment.stop();
    expect(one.log()).toMatch(/REPORT [^]*runtime: asked\n[^]*shutdown spindown\n[^]*shutdown spindown\n/);
    expect([one.said("one"), one.said("two"), one.said("deaf")]).toEqual([["shutdown spindown", "bye"], ["shutdown spindown", "bye"], []]);
    expect(one.environment.state).toBe("dead");
  });

  it("gives the event the time that is left", async () => {
    const one = await idle(await startExtended(ECHO, { one: extension("await register(['SHUTDOWN']); const { deadlineMs, ...event } = await next(); say(event, Number.isInteger(deadlineMs), deadlineMs - Date.now() <= 2000);") }, { isolation }));
    await one.environment.stop();
    expect(one.said("one")).toEqual(['{"eventType":"SHUTDOWN","shutdownReason":"spindown"} true true']);
  });

  it("kills an external extension that does not end after 2000 ms", async () => {
    const one = await idle(await startExtended(ECHO, { holds: HOLDS }, { isolation }));
    const stopped = one.environment.stop();
    await eventually("it is told", () => one.said("holds").length > 0);
    expect(one.said("holds")).toEqual(["shutdown spindown"]);
    await one.ground.wall.advance(1_000);
    expect(one.environment.state).toBe("stopping");
    await one.ground.wall.advance(1_000);
    await stopped;
  });

  it("kills a runtime that does not end after 300 ms, and lets the extensions have the rest", async () => {
    const one = await idle(await startExtended(ASKED(""), { one: WATCH }, { isolation }));
    const stopped = one.environment.stop();
    await eventually("the runtime is asked", () => one.log().includes("runtime: asked\n"));
    expect(one.said("one")).toEqual([]);
    await one.ground.wall.advance(300);
    await stopped;
    expect(one.said("one")).toEqual(["shutdown spindown", "bye"]);
  });

  it("gives a runtime with internal extensions only 500 ms", async () => {
    const one = await idle(await startExtended(`${INTERNAL}\n${ASKED("")}`, {}, { isolation }));
    const stopped = one.environment.stop();
    await eventually("the runtime is asked", () => one.log().includes("runtime: asked\n"));
    await one.ground.wall.advance(250);
    expect(one.environment.state).toBe("stopping");
    await one.ground.wall.advance(250);
    await stopped;
  });

  it("without extensions is the end of everything, unasked", async () => {
    const one = await idle(await startExtended(ASKED(""), {}, { isolation }));
    await one.environment.stop();
    expect(one.log()).not.toContain("runtime: asked");
  });

  it.each([
    ["that times out", "await new Promise(() => setTimeout(() => {}, 1e6));", "timeout", "Sandbox.Timedout", 2],
    ["whose runtime ends", "process.exit(1);", "failure", "Runtime.ExitError", 30],
    ["that needs too much memory", "const held = []; for (;;) { held.push(Buffer.alloc(8 << 20, 1)); await new Promise((resolve) => setTimeout(resolve, 5)); }", "failure", "Runtime.OutOfMemory", 30],
  ])("L7 follows an invocation %s: the extensions are told, everything starts again in the next invocation, /tmp stays", async (_name, body, reason, errorType, timeoutSeconds) => {
    const { invoke, said, log, environment } = await startExtended(`
      import { existsSync, writeFileSync } from "node:fs";
      const mark = (process.env.TMPDIR ?? "/tmp") + "/mark";
      export const handler = async ({ bad }) => { if (!bad) return existsSync(mark); writeFileSync(mark, ""); ${body} };`, { one: WATCH }, { isolation, timeoutSeconds, memoryMb: 320 });
    const failed = await invoke({ bad: true });
    expect(failed.outcome).toMatchObject({ kind: "error", errorType });
    expect(said("one")).toEqual([`shutdown ${reason}`, "bye"]);
    expect(environment.state).toBe("idle");
    expect((await invoke({ bad: false })).json).toBe(true);
    expect(log().match(/EXTENSION\tName: one\tState: Ready/g)).toHaveLength(2);
  });

  it("tells extensions when INIT fails, too", async () => {
    const { invoke, said } = await startExtended("throw new Error('never');", { one: WATCH }, { isolation });
    expect((await invoke()).json).toMatchObject({ errorMessage: "never" });
    expect(said("one")).toEqual(["shutdown failure", "bye", "shutdown failure", "bye"]);
  });
});
