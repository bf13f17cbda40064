import type { Clock } from "../kit/clock.ts";
import type { ProcessExit } from "../sandbox/sandbox.ts";
import type { Failure, Signal } from "./failures.ts";
import { createRuntimeApi, type RuntimeApi } from "./runtime-api.ts";

/** How the runtime is started in its sandbox; the environment decides when. */
export type StartRuntime = (runtimeApi: RuntimeApi) => Promise<{ exited: Promise<ProcessExit> }>;

/** A started runtime process, and what it tells. */
export interface Run {
  readonly api: RuntimeApi;
  /** It waits for an invocation. */
  isReady: boolean;
  readonly hasEnded: boolean;
  /** What it reported when INIT failed; the process ends after that. */
  readonly initError: Failure | undefined;
  /** The next thing that it does, or the end of the time it has. */
  next(timeoutMs: number): Promise<Signal>;
}

export const startRun = async (startRuntime: StartRuntime, wall: Clock): Promise<Run> => {
  let listener: ((signal: Signal) => void) | undefined;
  let initError: Failure | undefined;
  let hasEnded = false;
  const tell = (signal: Signal) => listener?.(signal);
  const api = createRuntimeApi({
    next() {
      run.isReady = true;
      tell({ kind: "next" });
    },
    response: (payload) => tell({ kind: "response", payload }),
    responseTooLarge: () => tell({ kind: "too-large" }),
    error: (errorType, payload) => tell({ kind: "error", errorType, payload }),
    initError(errorType, payload) {
      initError = { kind: "error", errorType, payload };
      tell(initError);
    },
  });
  const run = {
    api,
    isReady: false,
    get hasEnded() { return hasEnded; },
    get initError() { return initError; },
    next(timeoutMs: number): Promise<Signal> {
      const hurry = new AbortController();
      const told = new Promise<Signal>((resolve) => (listener = resolve));
      const timeout = wall.sleep(Math.max(0, timeoutMs), hurry.signal).then<Signal, Signal>(() => ({ kind: "timeout" }), () => ({ kind: "timeout" }));
      return Promise.race([told, ended, timeout]).finally(() => {
        hurry.abort();
        listener = undefined;
      });
    },
  };
  const { exited } = await startRuntime(api);
  const ended = exited.then((exit): Signal => {
    hasEnded = true;
    return { kind: "exit", exit };
  });
  return run;
};
