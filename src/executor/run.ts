import type { Clock } from "../kit/clock.ts";
import type { ProcessExit } from "../sandbox/sandbox.ts";
import type { Failure, Signal } from "./failures.ts";
import { createRuntimeApi, type RuntimeApi } from "./runtime-api.ts";

/** How the runtime is started in its sandbox, or why it cannot be; the environment decides when. */
export type StartRuntime = (runtimeApi: RuntimeApi) => Promise<{ exited: Promise<ProcessExit> } | { failure: Failure }>;

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
  let end: Signal | undefined;
  const tell = (signal: Signal) => listener?.(signal);
  const api = createRuntimeApi({
    next() {
      run.isReady = true;
      tell({ kind: "next" });
    },
    response: (payload, streamedBytes) => tell({ kind: "response", payload, ...(streamedBytes === undefined ? {} : { streamedBytes }) }),
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
    get hasEnded() { return end !== undefined; },
    get initError() { return initError; },
    // Not a race with `exited`: a promise that lives as long as the runtime would keep every signal that ever won, payloads and all.
    next: (timeoutMs: number) =>
      new Promise<Signal>((resolve) => {
        if (end !== undefined) return resolve(end);
        const timer = wall.at(wall.now() + Math.max(0, timeoutMs), "runtime", () => tell({ kind: "timeout" }));
        listener = (signal) => {
          timer.cancel();
          listener = undefined;
          resolve(signal);
        };
      }),
  };
  const started = await startRuntime(api);
  if ("failure" in started) end = started.failure;
  else void started.exited.then((exit) => {
    end = { kind: "exit", exit };
    tell(end);
  });
  return run;
};
