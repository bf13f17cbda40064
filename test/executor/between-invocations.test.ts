import { expect, it } from "vitest";
import { eventually } from "../support/temporary.ts";
import { createFakeEnvironment } from "./fake-environment.ts";
import type { FakeProgram } from "./fake-sandbox.ts";

const RUNTIME = "/2018-06-01/runtime";
const EXTENSION = "/2020-01-01/extension";
type Tools = Parameters<FakeProgram>[0];

const answer = async ({ ask }: Tools): Promise<never> => {
  for (;;) {
    const { headers, body } = await ask("GET", `${RUNTIME}/invocation/next`);
    await ask("POST", `${RUNTIME}/invocation/${headers["lambda-runtime-aws-request-id"] as string}/response`, {}, body);
  }
};
const register = async ({ ask }: Tools): Promise<Record<string, string>> => {
  const { headers } = await ask("POST", `${EXTENSION}/register`, { "Lambda-Extension-Name": "e" }, '{"events":["INVOKE","SHUTDOWN"]}');
  return { "Lambda-Extension-Identifier": headers["lambda-extension-identifier"] as string };
};
const serve = async ({ ask }: Tools, mine: Record<string, string>, told: string[]): Promise<number> => {
  for (;;) {
    const event = JSON.parse((await ask("GET", `${EXTENSION}/event/next`, mine)).body) as { eventType: string; shutdownReason?: string };
    told.push(event.shutdownReason ?? event.eventType);
    if (event.eventType === "SHUTDOWN") return 0;
  }
};

it.each(["extension", "runtime"] as const)("E5 what ends between two invocations, the %s, is started again inside the next one, which succeeds", async (which) => {
  const told: string[] = [];
  let starts = 0;
  const end = Promise.withResolvers<number>();
  const program = (name: typeof which, run: FakeProgram): FakeProgram => (tools) => (name === which && starts++ === 0 ? Promise.race([run(tools), end.promise]) : run(tools));
  const { environment, sandbox, ground, log } = await createFakeEnvironment({
    runtime: program("runtime", answer),
    extension: program("extension", async (tools) => serve(tools, await register(tools), told)),
  });
  const invoke = async (event: string) => (await environment.invoke(ground.invocation(event))).outcome.payload.toString();
  expect(await invoke("first")).toBe('"first"');
  end.resolve(7);
  await eventually("it has ended", () => sandbox.left.programs === 1);
  expect(await invoke("second")).toBe('"second"');
  expect(log().match(/EXTENSION\tName: e\tState: Ready/g)).toHaveLength(2);
  expect(log()).not.toContain("Status: error");
  // Those that were left are told why they are ended.
  expect(told).toEqual(which === "extension" ? ["INVOKE", "INVOKE"] : ["INVOKE", "failure", "INVOKE"]);
  await environment.stop();
  expect(sandbox.left).toEqual({ programs: 0, isListening: false, isDestroyed: true });
});

it("E5 an error of INIT counts that the runtime reports before its start is seen", async () => {
  const reported = Promise.withResolvers<void>();
  const told: string[] = [];
  const { environment, log } = await createFakeEnvironment({
    async runtime({ ask }) {
      await ask("POST", `${RUNTIME}/init/error`, { "Lambda-Runtime-Function-Error-Type": "Runtime.Early" }, "{}");
      reported.resolve();
      return new Promise<never>(() => {});
    },
    extension: async (tools) => serve(tools, await register(tools), told),
    startedAfter: reported.promise,
  });
  await eventually("INIT is over", () => log().includes("INIT_REPORT"));
  expect(log()).toMatch(/INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime\.Early\n/);
  // Not by running out of time.
  await eventually("the extension is told", () => told.length > 0);
  expect(told).toEqual(["failure"]);
  await environment.stop();
});

it("what the platform could not do in INIT is told to whoever invokes", async () => {
  const { environment, ground } = await createFakeEnvironment({ runtime: answer, extension: async () => 0, broken: new Error("no process can be made") });
  await expect(environment.invoke(ground.invocation({}))).rejects.toMatchObject({ code: "ServiceException", message: "lambdad could not run f: no process can be made" });
  await environment.dead;
});
