import { assert } from "../kit/assert.ts";
import type { Clock, Timer } from "../kit/clock.ts";
import { ANSWER_GRACE_MS, INIT_TIMEOUT_MS, PROVISIONED_INIT_TIMEOUT_MS } from "../kit/limits.ts";
import type { Log } from "../kit/log.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { endingOf, type Ending } from "./ending.ts";
import type { Environment, EnvironmentState, FunctionTarget, Invocation, InvocationOutcome, InvocationReport } from "./executor.ts";
import { initFailure, platformType, serviceException, type Failure } from "./failures.ts";
import type { SystemLog } from "./log-format.ts";
import type { LogStream } from "./log-stream.ts";
import { sampled, tracingOf } from "./tracing.ts";
import { startRun, type Run, type StartRuntime } from "./run.ts";
import { transition } from "./transitions.ts";

interface Needs {
  id: string;
  target: FunctionTarget;
  sandbox: Sandbox;
  startRuntime: StartRuntime;
  logStreamName: string;
  logs: LogStream;
  systemLog: SystemLog;
  runtimeVersion: { version: string; arn: string };
  /** What the log must say before anything else happens. */
  notes: readonly string[];
  credentialsExpireAt: number;
  wall: Clock;
  log: Log;
  onStopped: () => void;
}

interface Course {
  /** Of the function's time. */
  leftMs(): number;
  onAnswer(outcome: InvocationOutcome): void;
}

const initTimeoutMs = ({ initializationType, timeoutSeconds }: FunctionTarget): number =>
  initializationType === "on-demand" ? INIT_TIMEOUT_MS : Math.max(PROVISIONED_INIT_TIMEOUT_MS, timeoutSeconds * 1_000);

const IDLE_BEFORE_FREEZE_MS = 10;
const MIB = 1024 * 1024;

/**
 * One execution environment: INIT once, invocations one at a time, frozen in between. A crash, a timeout or too much memory ends
 * the runtime, not the environment: /tmp stays, and the next invocation runs INIT again inside it. What the platform itself cannot do
 * ends the environment.
 */
export const createEnvironment = (needs: Needs): Environment => {
  const { id, target, sandbox, logs, systemLog, wall, log } = needs;
  let state: EnvironmentState = "starting";
  let run: Run | undefined;
  let invocations = 0;
  let initMs: number | undefined;
  let freezeSoon: Timer | undefined;
  let frozen = Promise.resolve();
  const dead = Promise.withResolvers<void>();
  const become = (next: EnvironmentState) => void (state = transition(state, next));

  const endRun = async () => {
    const ended = run;
    run = undefined;
    await sandbox.reset();
    // Not sooner: a runtime that lost its connection would complain of it, in the function's log.
    ended?.api.close();
  };

  /** Starts the runtime and waits until it is ready; says how it went, and how long it took. */
  const runInit = async (phase: "init" | "invoke", timeoutMs: number): Promise<{ failure?: Failure; tookMs: number }> => {
    const began = wall.monotonic();
    const started = (run = await startRun(needs.startRuntime, wall));
    const signal = await started.next(timeoutMs - (wall.monotonic() - began));
    const tookMs = wall.monotonic() - began;
    if (signal.kind === "next") {
      sandbox.limitCpu();
      logs.system(systemLog.initRuntimeDone({ phase, status: "success" }));
      if (phase === "init") logs.system(systemLog.initReport({ initMs: tookMs, phase, status: "success" }));
      return { tookMs };
    }
    assert(signal.kind !== "response", "a runtime cannot answer before it was given an invocation");
    const failure = started.initError ?? signal;
    await endRun();
    await logs.settle();
    logs.system(systemLog.initRuntimeDone({ phase, ...initFailure(failure) }));
    logs.system(systemLog.initReport({ initMs: tookMs, phase, ...initFailure(failure) }));
    return { failure, tookMs };
  };

  /** INIT outside an invocation: ten seconds, more if it is provisioned; what fails here is tried again inside the first invocation. */
  const init = async () => {
    const { version, arn } = needs.runtimeVersion;
    logs.system(systemLog.initStart({ runtimeVersion: version, runtimeVersionArn: arn, functionName: target.name, functionVersion: target.version }));
    for (const note of needs.notes) logs.system(systemLog.notice(note));
    const { failure, tookMs } = await runInit("init", initTimeoutMs(target));
    if (failure === undefined) initMs = tookMs;
  };
  const initialized = init().then(
    () => {
      if (state !== "starting") return;
      become("idle");
      planFreeze();
    },
    (error: unknown) => { void destroy(); throw error; },
  );
  initialized.catch(() => {});

  const end = async () => {
    become("stopping");
    freezeSoon?.cancel();
    const ended = run;
    run = undefined;
    // Nobody could do more about it than whoever reads the log; its code and its place are free all the same.
    await sandbox.destroy().catch((error: unknown) => log.error("a sandbox could not be removed whole", { sandbox: sandbox.id, error: String(error) }));
    ended?.api.close();
    become("dead");
    needs.onStopped();
    dead.resolve();
  };
  let ending: Promise<void> | undefined;
  const destroy = (): Promise<void> => (ending ??= end());

  /** What the runtime does behind its answer is part of the invocation: it may fail there, and the answer stands. */
  const becomeReady = async (current: Run, answered: Ending, invocation: Invocation, { leftMs, onAnswer }: Course): Promise<Ending> => {
    if (current.isReady) return answered;
    const grace = wall.at(wall.now() + ANSWER_GRACE_MS, "answer", () => onAnswer(answered.outcome));
    const signal = await current.next(leftMs());
    grace.cancel();
    if (signal.kind === "next") return answered;
    assert(signal.kind === "exit" || signal.kind === "timeout", "an answered invocation cannot be answered again");
    await endRun();
    return { ...endingOf(signal, invocation, target, wall.now()), outcome: answered.outcome };
  };

  const runOne = async (invocation: Invocation, course: Course): Promise<Ending> => {
    const { leftMs } = course;
    if (run?.hasEnded) await endRun();
    if (run === undefined) {
      const { failure } = await runInit("invoke", leftMs());
      if (failure !== undefined) return { ...endingOf(failure, invocation, target, wall.now()), ...(failure.kind === "error" ? { status: "error", errorType: platformType(failure.errorType) } : {}) };
    }
    const current = run!;
    current.isReady = false;
    const answer = current.next(leftMs());
    current.api.send(invocation, Math.round(wall.now() + leftMs()));
    const signal = await answer;
    assert(signal.kind !== "next", "the Runtime API refuses to hand out the next invocation before this one is answered");
    const how: Ending = signal.kind === "response" ? { outcome: signal, status: "success" } : endingOf(signal, invocation, target, wall.now());
    if (signal.kind !== "exit" && signal.kind !== "timeout") return becomeReady(current, how, invocation, course);
    await endRun();
    return how;
  };

  /** What was measured of an invocation, as its report says it. */
  const measure = async ({ status, errorType }: Ending, tookMs: number, isColdStart: boolean) => {
    const durationMs = status === "timeout" ? target.timeoutSeconds * 1_000 : tookMs;
    const firstInitMs = isColdStart ? initMs : undefined;
    const memoryPeakBytes = await sandbox.memoryPeakBytes();
    return {
      durationMs,
      billedMs: Math.ceil(durationMs + (firstInitMs ?? 0)),
      ...(firstInitMs === undefined ? {} : { initMs: firstInitMs }),
      memoryUsedMb: errorType === "Runtime.OutOfMemory" ? target.memoryMb : Math.min(target.memoryMb, Math.ceil(memoryPeakBytes / MIB)),
    };
  };

  const wake = async () => {
    freezeSoon?.cancel();
    if (state === "frozen") await frozen.then(() => sandbox.thaw());
    await initialized;
    mustLive();
  };
  const mustLive = () => {
    if (ending !== undefined) throw new Error("its environment was stopped");
  };

  const invokeAwake = async (given: Invocation, onAnswer: Course["onAnswer"]): Promise<InvocationReport> => {
    const invocation = sampled(given, target);
    const { requestId, tenantId } = invocation;
    const facts = { ...tracingOf(invocation), ...(tenantId === undefined ? {} : { tenantId }) };
    // Nobody waits for the start of a provisioned one.
    const isColdStart = invocations === 0 && target.initializationType === "on-demand";
    become("busy");
    invocations++;
    logs.beginTail();
    logs.system(systemLog.start({ requestId, version: target.version, ...facts }));
    const began = wall.monotonic();
    const deadline = began + target.timeoutSeconds * 1_000;
    const how = await runOne(invocation, { leftMs: () => Math.max(0, deadline - wall.monotonic()), onAnswer });
    const tookMs = wall.monotonic() - began;
    await logs.settle();
    const { outcome, status, errorType, notice } = how;
    const measured = await measure(how, tookMs, isColdStart);
    mustLive();
    const result = { requestId, status, ...facts, ...(errorType === undefined ? {} : { errorType }) };
    logs.system(notice);
    logs.system(systemLog.runtimeDone({ ...result, durationMs: measured.durationMs, producedBytes: outcome.kind === "response" ? (outcome.streamedBytes ?? outcome.payload.length) : 0 }));
    logs.system(systemLog.end({ requestId }));
    logs.system(systemLog.report({ ...result, ...measured, memorySizeMb: target.memoryMb }));
    become("idle");
    planFreeze();
    return { outcome, environmentId: id, logGroup: target.logging.group, logStream: needs.logStreamName, isColdStart, ...measured, logTail: logs.tail() };
  };

  /** What fails here is not user code's doing: nobody can tell what state it is in, so nobody shall be given it again. */
  const invoke = async (invocation: Invocation, onAnswer: Course["onAnswer"] = () => {}): Promise<InvocationReport> => {
    try {
      await wake();
      return await invokeAwake(invocation, onAnswer);
    } catch (error) {
      void destroy();
      throw serviceException(target, error, log);
    }
  };

  /** Not at once: the next invocation may be on its way. */
  const planFreeze = () => {
    freezeSoon?.cancel();
    freezeSoon = wall.at(wall.now() + IDLE_BEFORE_FREEZE_MS, "freeze", () => {
      if (state !== "idle" || run === undefined) return;
      become("frozen");
      frozen = sandbox.freeze();
      // Told by the next invocation, which waits for it.
      frozen.catch(() => {});
    });
  };

  return {
    id,
    target,
    logStream: needs.logStreamName,
    credentialsExpireAt: needs.credentialsExpireAt,
    get state() { return state; },
    get isInitialized() { return initMs !== undefined; },
    initialized: initialized.catch(() => {}),
    get invocations() { return invocations; },
    invoke,
    stop: () => destroy(),
    dead: dead.promise,
  };
};
