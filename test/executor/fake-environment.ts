import { createEnvironment } from "../../src/executor/environment.ts";
import type { FunctionTarget } from "../../src/executor/executor.ts";
import { textLog } from "../../src/executor/log-format.ts";
import { createLogStream } from "../../src/executor/log-stream.ts";
import { createPlatformLog } from "../../src/executor/platform-log.ts";
import type { Processes } from "../../src/executor/processes.ts";
import { createTelemetry } from "../../src/executor/telemetry.ts";
import { createClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { systemRandom as random } from "../../src/kit/random.ts";
import { createFakeSandbox, type FakeProgram } from "./fake-sandbox.ts";
import { createGround } from "./ground.ts";

interface Programs {
  runtime: FakeProgram;
  extension: FakeProgram;
  /** What the start of the runtime waits for, after its program runs. */
  startedAfter?: Promise<unknown>;
  /** Why the platform can start no program. */
  broken?: Error;
}

/** An environment, whole but for its sandbox, whose programs are functions: a runtime and the external extension `e`. */
export const createFakeEnvironment = async ({ runtime, extension, startedAfter, broken }: Programs, options: Partial<FunctionTarget> = {}) => {
  const wall = createClock();
  const sandbox = createFakeSandbox("fake");
  const processes: Processes = {
    extensions: ["e"],
    async listen({ handleConnection }) {
      await sandbox.listen([{ name: "runtime-api", port: 9_001, onConnection: handleConnection }]);
    },
    async startExtension() {
      if (broken !== undefined) throw broken;
      return sandbox.start(extension);
    },
    async startRuntime() {
      const running = sandbox.start(runtime);
      await startedAfter;
      return running;
    },
  };
  const lines: string[] = [];
  const logs = createLogStream({ destination: { write: (batch) => void lines.push(...batch.lines.map(({ message }) => message)), forget() {}, flush: async () => {} }, about: {} as never, now: wall.now });
  const telemetry = createTelemetry({ connect: sandbox.connect, wall, nowMs: wall.now, isJson: false });
  const ground = createGround({ isolation: "process" });
  let stopped = 0;
  const environment = createEnvironment({
    id: "fake", target: await ground.target({ a: "" }, options), sandbox, processes, logs, telemetry, random, wall, log: silentLog, logStreamName: "s",
    tell: createPlatformLog({ format: textLog, logs, telemetry }), runtimeVersion: { version: "v", arn: "a" }, notes: [], credentialsExpireAt: Infinity, onStopped: () => void stopped++,
  });
  return { environment, wall, sandbox, ground, log: () => lines.join(""), stopped: () => stopped };
};
