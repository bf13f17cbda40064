import { assert } from "../kit/assert.ts";
import { ANSWER_GRACE_MS, TELEMETRY_SHUTDOWN_MS_MAX } from "../kit/limits/runtime.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { endingOf, type Ending } from "./ending.ts";
import type { Invocation, InvocationOutcome } from "./executor.ts";
import { initFailure, platformType, type Failure, type Signal } from "./failures.ts";
import type { LogStream } from "./log-stream.ts";
import type { Phase } from "./platform-events.ts";
import { createRun, type Run, type RunNeeds } from "./run.ts";
import { createShutdown, type ShutdownReason } from "./shutdown.ts";

/** INIT, INVOKE and SHUTDOWN of an environment's runtime and extensions. When each may begin is the environment's to know. */
export interface Phases {
  /** There is a runtime that can be given an invocation, or was. */
  readonly isUp: boolean;
  /** Its end takes time. */
  readonly hasExtensions: boolean;
  /** What fails leaves extensions that are to be shut down. */
  init(phase: Phase, timeoutMs: number): Promise<InitResult>;
  /** With INIT before it, where there is no runtime. */
  invoke(invocation: Invocation, course: Course): Promise<Invoked>;
  /** SHUTDOWN, and everything is ended: what was begun by a failure, or as nobody needs the environment any more. */
  shutDown(reason: ShutdownReason): Promise<void>;
  /** Without any ado, the sandbox being gone. */
  close(): void;
}

export type InitResult = { tookMs: number } & ({ failure?: undefined } | { failure: Failure; reason: ShutdownReason });

export interface Course {
  /** Of the function's time. */
  leftMs(): number;
  onAnswer(outcome: InvocationOutcome): void;
  /** The runtime is done with the invocation; extensions may not be. */
  onRuntimeDone(how: Ending): Promise<void>;
}

export interface Invoked {
  how: Ending;
  /** Why the run is to be shut down; absent when it is ready for the next invocation. */
  reason?: ShutdownReason;
}

interface Needs extends RunNeeds {
  sandbox: Sandbox;
  logs: LogStream;
  runtimeVersion: { version: string; arn: string };
  /** What the log must say before anything else happens. */
  notes: readonly string[];
}

const reasonOf = (signal: Signal): ShutdownReason => (signal.kind === "timeout" ? "timeout" : "failure");
/** After these nothing goes on. */
const isFatal = (signal: Signal): signal is Extract<Failure, { kind: "exit" | "timeout" | "extension" }> => signal.kind === "exit" || signal.kind === "timeout" || signal.kind === "extension";

export const createPhases = (needs: Needs): Phases => {
  const { target, sandbox, logs, telemetry, tell, wall, runtimeVersion } = needs;
  const { initializationType } = target;
  let run: Run | undefined;
  let shutdown: ReturnType<typeof createShutdown> | undefined;

  const hasExtensions = () => run !== undefined && run.extensions.all.length > 0;
  const endRun = async () => {
    const ended = run;
    run = shutdown = undefined;
    telemetry.end();
    await sandbox.reset();
    // Not sooner: a runtime that lost its connection would complain of it, in the function's log.
    ended?.close();
  };
  /** The runtime ends, and where there are extensions nothing else yet: they are told after what is reported. */
  const halt = async () => {
    if (run === undefined) return;
    if (!hasExtensions()) return endRun();
    shutdown ??= createShutdown(run, wall);
    await shutdown.stopRuntime();
  };
  const shutDown = async (reason: ShutdownReason) => {
    await halt();
    if (shutdown === undefined) return;
    await telemetry.deliver(TELEMETRY_SHUTDOWN_MS_MAX);
    await shutdown.stopExtensions(reason);
    await logs.settle();
    await endRun();
  };
  const tellExtensions = ({ extensions }: Run) => {
    for (const { name, state, events, errorType } of extensions.all) tell({ type: "extension", name, state, events, ...(errorType === undefined ? {} : { errorType }) });
  };

  const init = async (phase: Phase, timeoutMs: number): Promise<InitResult> => {
    const { version, arn } = runtimeVersion;
    const began = wall.monotonic();
    const about = { phase, initializationType };
    tell({ type: "initStart", ...about, runtimeVersion: version, runtimeVersionArn: arn, functionName: target.name, functionVersion: target.version });
    if (phase === "init") for (const text of needs.notes) tell({ type: "notice", text });
    const started = (run = createRun(needs));
    const signal = await started.initialize(timeoutMs);
    const tookMs = wall.monotonic() - began;
    if (signal.kind === "next") {
      sandbox.limitCpu();
      await logs.settle();
      tell({ type: "initRuntimeDone", ...about, status: "success" });
      tellExtensions(started);
      tell({ type: "initReport", ...about, status: "success", initMs: tookMs });
      return { tookMs };
    }
    assert(signal.kind !== "response", "a runtime cannot answer before it was given an invocation");
    const failure = started.initError ?? signal;
    await halt();
    await logs.settle();
    tell({ type: "initRuntimeDone", ...about, ...initFailure(failure) });
    tellExtensions(started);
    tell({ type: "initReport", ...about, ...initFailure(failure), initMs: tookMs });
    return { failure, tookMs, reason: reasonOf(signal) };
  };

  const fail = async (signal: Failure, how: Ending, { onAnswer }: Course): Promise<Invoked> => {
    // Who called need not wait for the extensions' end.
    if (hasExtensions()) onAnswer(how.outcome);
    await halt();
    return { how, reason: reasonOf(signal) };
  };
  /** What the runtime and the extensions do behind the answer is part of the invocation: it may fail there, and the answer stands. */
  const becomeReady = async (current: Run, answered: Ending, invocation: Invocation, course: Course): Promise<Invoked> => {
    const isReady = () => current.isReady && current.extensions.areReady;
    const grace = isReady() ? undefined : wall.at(wall.now() + ANSWER_GRACE_MS, "answer", () => course.onAnswer(answered.outcome));
    let signal: Signal = current.isReady ? { kind: "next" } : await current.next(course.leftMs());
    if (signal.kind === "next") {
      // Nobody is waited for any more: who called has the answer while it is written down.
      if (!hasExtensions()) course.onAnswer(answered.outcome);
      await course.onRuntimeDone(answered);
      signal = await current.extensionsReady(course.leftMs());
    }
    grace?.cancel();
    if (signal.kind === "next") return { how: answered };
    assert(isFatal(signal), "an answered invocation cannot be answered again");
    return fail(signal, { ...endingOf(signal, invocation, target, wall.now()), outcome: answered.outcome }, course);
  };
  const initInside = async (invocation: Invocation, course: Course): Promise<Invoked | undefined> => {
    const result = await init("invoke", course.leftMs());
    if (result.failure === undefined) return undefined;
    const { failure, reason } = result;
    const how: Ending = { ...endingOf(failure, invocation, target, wall.now()), ...(failure.kind === "error" ? { status: "error", errorType: platformType(failure.errorType) } : {}) };
    if (run !== undefined) course.onAnswer(how.outcome);
    return { how, reason };
  };

  return {
    get isUp() { return run !== undefined; },
    get hasExtensions() { return hasExtensions(); },
    init,
    async invoke(invocation, course) {
      if (run?.hasEnded) await shutDown("failure");
      if (run === undefined) {
        const failed = await initInside(invocation, course);
        if (failed !== undefined) return failed;
      }
      const current = run!;
      const answer = current.next(course.leftMs());
      current.send(invocation, Math.round(wall.now() + course.leftMs()));
      const signal = await answer;
      assert(signal.kind !== "next", "the Runtime API refuses to hand out the next invocation before this one is answered");
      const how: Ending = signal.kind === "response" ? { outcome: signal, status: "success" } : endingOf(signal, invocation, target, wall.now());
      return isFatal(signal) ? fail(signal, how, course) : becomeReady(current, how, invocation, course);
    },
    shutDown,
    close() {
      telemetry.end();
      run?.close();
      run = shutdown = undefined;
    },
  };
};
