import { INIT_TIMEOUT_MS, RESPONSE_BYTES_MAX } from "../kit/limits.ts";
import { assert } from "../kit/assert.ts";
import type { Clock } from "../kit/clock.ts";
import type { ProcessExit, Sandbox } from "../sandbox/sandbox.ts";
import type { Environment, EnvironmentState, FunctionTarget, Invocation, InvocationOutcome, InvocationReport } from "./executor.ts";
import type { SystemLog } from "./log-format.ts";
import type { LogStream } from "./log-stream.ts";
import { createRuntimeApi, type RuntimeApi } from "./runtime-api.ts";
import { transition } from "./transitions.ts";

/** How the runtime is started in its sandbox; the environment decides when. */
export type StartRuntime = (runtimeApi: RuntimeApi) => Promise<{ exited: Promise<ProcessExit> }>;

interface Needs {
  id: string;
  target: FunctionTarget;
  sandbox: Sandbox;
  startRuntime: StartRuntime;
  logStreamName: string;
  logs: LogStream;
  systemLog: SystemLog;
  runtimeVersion: { version: string; arn: string; note?: string };
  credentialsExpireAt: number;
  clock: Clock;
  wall: Clock;
  onStopped: () => void;
}

type Signal =
  | { kind: "next" }
  | { kind: "response"; payload: Buffer }
  | { kind: "too-large" }
  | { kind: "error"; errorType: string; payload: Buffer }
  | { kind: "exit"; exit: ProcessExit }
  | { kind: "timeout" };

/** A started runtime process, and what is waited for from it. */
interface Run {
  api: RuntimeApi;
  isReady: boolean;
  ended: Promise<Signal>;
  /** Set when INIT has failed: what the first invocation is told if its own INIT fails likewise. */
  initError: Extract<Signal, { kind: "error" }> | undefined;
}

const IDLE_BEFORE_FREEZE_MS = 10;
const KEPT_TYPE = /^(?:Runtime|Function|Extension)\.[A-Z][a-zA-Z]+$/;

const json = (errorType: string, errorMessage: string): Buffer => Buffer.from(JSON.stringify({ errorType, errorMessage }));

const exitText = ({ code, signal }: ProcessExit): string =>
  signal !== null ? `Runtime exited with error: signal: ${SIGNAL_TEXTS[signal] ?? signal.replace(/^SIG/, "").toLowerCase()}` : code === 0 ? "Runtime exited without providing a reason" : `Runtime exited with error: exit status ${code}`;
const SIGNAL_TEXTS: Record<string, string> = { SIGKILL: "killed", SIGSEGV: "segmentation fault", SIGABRT: "aborted", SIGTERM: "terminated", SIGBUS: "bus error", SIGILL: "illegal instruction", SIGFPE: "floating point exception" };

/**
 * One execution environment: INIT once, invocations one at a time, frozen in between. A crash, a timeout or too much memory ends
 * the runtime, not the environment: /tmp stays, and the next invocation runs INIT again inside it.
 */
export const createEnvironment = (needs: Needs): Environment => {
  const { id, target, sandbox, logs, systemLog, clock, wall } = needs;
  let state: EnvironmentState = "starting";
  let run: Run | undefined;
  let listener: ((signal: Signal) => void) | undefined;
  let invocations = 0;
  let lastUsedAt = clock.now();
  let initMs: number | undefined;
  let freezeSoon: { cancel(): void } | undefined;
  let reportDead: () => void;
  const dead = new Promise<void>((resolve) => (reportDead = resolve));
  const become = (next: EnvironmentState) => void (state = transition(state, next));

  /** The next thing that the runtime does, or the end of the time it has. */
  const nextSignal = (current: Run, timeoutMs: number): Promise<Signal> => {
    const hurry = new AbortController();
    const told = new Promise<Signal>((resolve) => (listener = resolve));
    const timeout = wall.sleep(Math.max(0, timeoutMs), hurry.signal).then<Signal, Signal>(() => ({ kind: "timeout" }), () => ({ kind: "timeout" }));
    return Promise.race([told, current.ended, timeout]).finally(() => {
      hurry.abort();
      listener = undefined;
    });
  };

  const start = async (): Promise<Run> => {
    const current: { run?: Run } = {};
    const tell = (signal: Signal) => listener?.(signal);
    const api = createRuntimeApi({
      next: () => {
        sandbox.limitCpu();
        if (current.run !== undefined) current.run.isReady = true;
        tell({ kind: "next" });
      },
      response: (_requestId, payload) => tell({ kind: "response", payload }),
      responseTooLarge: () => tell({ kind: "too-large" }),
      error: (_requestId, errorType, payload) => tell({ kind: "error", errorType: errorType ?? "Runtime.Unknown", payload }),
      initError: (errorType, payload) => {
        const signal = { kind: "error" as const, errorType: errorType ?? "Runtime.Unknown", payload };
        if (current.run !== undefined) current.run.initError = signal;
        tell(signal);
      },
    });
    const { exited } = await needs.startRuntime(api);
    current.run = { api, isReady: false, initError: undefined, ended: exited.then((exit) => ({ kind: "exit", exit })) };
    return current.run;
  };

  const endRun = async () => {
    run?.api.close();
    run = undefined;
    await sandbox.reset();
  };

  /** INIT outside an invocation: ten seconds; what fails here is tried again inside the first invocation. */
  const init = async () => {
    const began = wall.monotonic();
    logs.system(systemLog.initStart({ runtimeVersion: needs.runtimeVersion.version, runtimeVersionArn: needs.runtimeVersion.arn, functionName: target.name, functionVersion: target.version }));
    if (needs.runtimeVersion.note !== undefined) logs.system(`[lambdad] ${needs.runtimeVersion.note}\n`);
    run = await start();
    const signal = await nextSignal(run, INIT_TIMEOUT_MS);
    const took = wall.monotonic() - began;
    if (signal.kind === "next") return void (initMs = took);
    await settleOutput();
    const errorType = signal.kind === "exit" ? (signal.exit.isOutOfMemory ? "Runtime.OutOfMemory" : "Runtime.ExitError") : signal.kind === "error" ? signal.errorType : undefined;
    logs.system(systemLog.initReport({ initMs: took, phase: "init", status: signal.kind === "timeout" ? "timeout" : "error", ...(errorType === undefined ? {} : { errorType }) }));
    await endRun();
  };
  const initialized = init().then(
    () => { if (state === "starting") become("idle"); },
    (error: unknown) => { void destroy(); throw error; },
  );
  initialized.catch(() => {});

  const destroy = async () => {
    if (state === "dead") return;
    if (state !== "stopping") become("stopping");
    freezeSoon?.cancel();
    run?.api.close();
    run = undefined;
    await sandbox.destroy();
    become("dead");
    needs.onStopped();
    reportDead();
  };

  /** What the process wrote before it answered is in its pipes already: two turns of the event loop read it. */
  const settleOutput = async () => {
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  };

  /** INIT inside an invocation, with the function's own timeout. */
  const ensureReady = async (deadline: number): Promise<Signal | undefined> => {
    if (run !== undefined) return undefined;
    run = await start();
    const signal = await nextSignal(run, deadline - wall.monotonic());
    return signal.kind === "next" ? undefined : signal;
  };

  const failure = (requestId: string, signal: Exclude<Signal, { kind: "next" | "response" }>): Extract<InvocationOutcome, { kind: "error" }> => {
    switch (signal.kind) {
      case "error":
        return { kind: "error", errorType: signal.errorType, payload: signal.payload };
      case "too-large":
        return { kind: "error", errorType: "Function.ResponseSizeTooLarge", payload: json("Function.ResponseSizeTooLarge", `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`) };
      case "timeout":
        return { kind: "error", errorType: "Sandbox.Timedout", payload: json("Sandbox.Timedout", `RequestId: ${requestId} Error: Task timed out after ${target.timeoutSeconds.toFixed(2)} seconds`) };
      case "exit": {
        const errorType = signal.exit.isOutOfMemory ? "Runtime.OutOfMemory" : "Runtime.ExitError";
        return { kind: "error", errorType, payload: json(errorType, `RequestId: ${requestId} Error: ${exitText(signal.exit)}`) };
      }
    }
  };

  const runOne = async (invocation: Invocation, deadline: number): Promise<InvocationOutcome> => {
    const failed = await ensureReady(deadline);
    if (failed !== undefined) {
      const told = run?.initError ?? failed;
      await endRun();
      return failure(invocation.requestId, told as never);
    }
    const current = run!;
    current.isReady = false;
    const answer = nextSignal(current, deadline - wall.monotonic());
    current.api.send(invocation, Math.round(wall.now() + Math.max(0, deadline - wall.monotonic())));
    const signal = await answer;
    assert(signal.kind !== "next", "a runtime cannot ask for the next invocation before it has answered this one");
    current.api.expect(undefined);
    if (signal.kind === "exit" || signal.kind === "timeout") await endRun();
    else if (!current.isReady) {
      const after = await nextSignal(current, deadline - wall.monotonic());
      if (after.kind !== "next") await endRun();
    }
    return signal.kind === "response" ? { kind: "response", payload: signal.payload } : failure(invocation.requestId, signal);
  };

  const invoke = async (invocation: Invocation): Promise<InvocationReport> => {
    freezeSoon?.cancel();
    if (state === "frozen") await sandbox.thaw();
    await initialized;
    const isColdStart = invocations === 0;
    become("busy");
    invocations++;
    logs.beginTail();
    logs.system(systemLog.start({ requestId: invocation.requestId, version: target.version }));
    const began = wall.monotonic();
    const outcome = await runOne(invocation, began + target.timeoutSeconds * 1_000);
    const isTimeout = outcome.kind === "error" && outcome.errorType === "Sandbox.Timedout";
    const durationMs = isTimeout ? target.timeoutSeconds * 1_000 : wall.monotonic() - began;
    await settleOutput();
    const { memoryPeakBytes } = await sandbox.usage();
    const memoryUsedMb = outcome.kind === "error" && outcome.errorType === "Runtime.OutOfMemory" ? target.memoryMb : Math.min(target.memoryMb, Math.ceil(memoryPeakBytes / (1024 * 1024)));
    const firstInitMs = isColdStart ? initMs : undefined;
    const billedMs = Math.ceil(durationMs + (firstInitMs ?? 0));
    if (isTimeout) logs.system(`${new Date(wall.now()).toISOString()} ${invocation.requestId} Task timed out after ${target.timeoutSeconds.toFixed(2)} seconds\n`);
    else if (outcome.kind === "error" && /^Runtime\.(ExitError|OutOfMemory)$/.test(outcome.errorType)) {
      logs.system(`RequestId: ${invocation.requestId} Error: ${(JSON.parse(outcome.payload.toString("utf8")) as { errorMessage: string }).errorMessage.split(" Error: ")[1]}\n`);
    }
    logs.system(systemLog.end({ requestId: invocation.requestId }));
    const isPlatformError = outcome.kind === "error" && KEPT_TYPE.test(outcome.errorType);
    logs.system(
      systemLog.report({
        requestId: invocation.requestId, durationMs, billedMs, memorySizeMb: target.memoryMb, memoryUsedMb,
        ...(firstInitMs === undefined ? {} : { initMs: firstInitMs }),
        status: isTimeout ? "timeout" : isPlatformError ? "error" : "success",
        ...(isPlatformError ? { errorType: outcome.errorType } : {}),
      }),
    );
    lastUsedAt = clock.now();
    become("idle");
    planFreeze();
    return {
      outcome, environmentId: id, logGroup: target.logging.group, logStream: needs.logStreamName, isColdStart, durationMs, billedMs,
      ...(firstInitMs === undefined ? {} : { initMs: firstInitMs }),
      memoryUsedMb, logTail: logs.tail(),
    };
  };

  /** Not at once: the next invocation may be on its way. */
  const planFreeze = () => {
    const hurry = new AbortController();
    freezeSoon = { cancel: () => hurry.abort() };
    wall.sleep(IDLE_BEFORE_FREEZE_MS, hurry.signal).then(
      async () => {
        if (state !== "idle" || run === undefined) return;
        become("frozen");
        await sandbox.freeze();
      },
      () => {},
    );
  };

  return {
    id,
    target,
    logStream: needs.logStreamName,
    createdAt: clock.now(),
    credentialsExpireAt: needs.credentialsExpireAt,
    get state() { return state; },
    get invocations() { return invocations; },
    get lastUsedAt() { return lastUsedAt; },
    invoke,
    stop: () => destroy(),
    dead,
  };
};
