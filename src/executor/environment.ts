import type { Clock } from "../kit/clock.ts";
import { PROVISIONED_INIT_TIMEOUT_MS } from "../kit/limits/lambda.ts";
import { INIT_TIMEOUT_MS, TELEMETRY_FLUSH_MS_MAX } from "../kit/limits/runtime.ts";
import type { Log } from "../kit/log.ts";
import type { Random } from "../kit/random.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Ending } from "./ending.ts";
import type { Environment, FunctionTarget, Invocation, InvocationReport } from "./executor.ts";
import { serviceException } from "./failures.ts";
import type { LogStream } from "./log-stream.ts";
import { createPhases, type Course } from "./phases.ts";
import type { TellPlatform } from "./platform-log.ts";
import type { Processes } from "./processes.ts";
import { measureInvocation } from "./report.ts";
import type { Telemetry } from "./telemetry.ts";
import { sampled, tracingOf } from "./tracing.ts";
import { createLifecycle } from "./transitions.ts";

interface Needs {
  id: string;
  target: FunctionTarget;
  sandbox: Sandbox;
  processes: Processes;
  logStreamName: string;
  logs: LogStream;
  telemetry: Telemetry;
  tell: TellPlatform;
  runtimeVersion: { version: string; arn: string };
  /** What the log must say before anything else happens. */
  notes: readonly string[];
  credentialsExpireAt: number;
  random: Random;
  wall: Clock;
  log: Log;
  onStopped: () => void;
}

const initTimeoutMs = ({ initializationType, timeoutSeconds }: FunctionTarget): number =>
  initializationType === "on-demand" ? INIT_TIMEOUT_MS : Math.max(PROVISIONED_INIT_TIMEOUT_MS, timeoutSeconds * 1_000);

const IDLE_BEFORE_FREEZE_MS = 10;

/**
 * One execution environment: INIT once, invocations one at a time, frozen in between. A crash, a timeout or too much memory ends
 * the runtime, not the environment: /tmp stays, and the next invocation runs INIT again inside it. What the platform itself cannot do
 * ends the environment.
 */
export const createEnvironment = (needs: Needs): Environment => {
  const { id, target, sandbox, logs, telemetry, tell, wall, log } = needs;
  const phases = createPhases(needs);
  const lifecycle = createLifecycle(() => new Error("its environment was stopped"));
  const { become } = lifecycle;
  let invocations = 0;
  let initMs: number | undefined;
  const dead = Promise.withResolvers<void>();

  /** Idle, and frozen soon: not at once, the next invocation may be on its way, and subscribers may not have everything yet. */
  const rest = () => {
    const giveUp = wall.monotonic() + TELEMETRY_FLUSH_MS_MAX;
    const idle = { state: "idle" as const, freezing: undefined as ReturnType<Clock["at"]> | undefined };
    const freezeSoon = () => {
      idle.freezing = wall.at(wall.now() + IDLE_BEFORE_FREEZE_MS, "freeze", () => (telemetry.isDelivered || wall.monotonic() > giveUp ? freeze() : freezeSoon()));
    };
    become(idle);
    telemetry.flush();
    // Without a runtime there is nothing to freeze.
    if (phases.isUp) freezeSoon();
  };
  const freeze = () => {
    telemetry.pause();
    const done = sandbox.freeze();
    // Told by the next invocation, which waits for it.
    done.catch(() => {});
    become({ state: "frozen", done });
  };
  /** It will be needed: it is not frozen any more, and is thawed when it was. */
  const wake = async () => {
    const { at } = lifecycle;
    if (at.state === "idle") at.freezing?.cancel();
    if (at.state !== "frozen") return;
    await at.done;
    await sandbox.thaw();
    telemetry.resume();
  };

  /** INIT outside an invocation: ten seconds, more if it is provisioned; what fails here is tried again inside the first invocation. */
  const init = async () => {
    const result = await phases.init("init", initTimeoutMs(target));
    if (result.failure === undefined) initMs = result.tookMs;
    else {
      become({ state: "resetting" });
      await phases.shutDown(result.reason);
    }
    rest();
  };
  const initialized = init().catch((error: unknown) => { giveUp(error); throw error; });
  initialized.catch(() => {});

  const end = async () => {
    const { at } = lifecycle;
    const mayShutDown = at.state === "idle" || at.state === "frozen";
    const awake = mayShutDown && phases.hasExtensions ? wake() : undefined;
    become({ state: "stopping" });
    try {
      await awake;
      if (awake !== undefined) await phases.shutDown("spindown");
    } catch (error) {
      log.error("an environment could not be shut down in order", { sandbox: sandbox.id, error: String(error) });
    }
    // Nobody could do more about it than whoever reads the log; its code and its place are free all the same.
    await sandbox.destroy().catch((error: unknown) => log.error("a sandbox could not be removed whole", { sandbox: sandbox.id, error: String(error) }));
    phases.close();
    become({ state: "dead" });
    needs.onStopped();
    dead.resolve();
  };
  let ending: Promise<void> | undefined;
  let failure: unknown;
  const destroy = (): Promise<void> => (ending ??= end());
  /** Of whatever fails after this, this is the reason. */
  const giveUp = (error: unknown) => {
    if (!lifecycle.isOver) failure = error;
    void destroy();
  };

  const invokeAwake = async (given: Invocation, onAnswer: Course["onAnswer"]): Promise<InvocationReport> => {
    const invocation = sampled(given, target);
    const { requestId, tenantId } = invocation;
    const facts = { ...tracingOf(invocation), ...(tenantId === undefined ? {} : { tenantId }) };
    // Nobody waits for the start of a provisioned one.
    const isColdStart = invocations === 0 && target.initializationType === "on-demand";
    become({ state: "busy" });
    invocations++;
    logs.beginTail(invocation.trace.lineage);
    const began = wall.monotonic();
    const tookMs = () => wall.monotonic() - began;
    let isRuntimeDone = false;
    let runtimeMs: number | undefined;
    const tellRuntimeDone = ({ outcome, status, errorType }: Ending, durationMs: number) => {
      if (isRuntimeDone) return;
      isRuntimeDone = true;
      tell({ type: "runtimeDone", requestId, status, ...facts, ...(errorType === undefined ? {} : { errorType }), durationMs, producedBytes: outcome.kind === "response" ? (outcome.streamedBytes ?? outcome.payload.length) : 0 });
    };
    const isUp = phases.isUp;
    const tellStart = () => tell({ type: "start", requestId, version: target.version, ...facts });
    if (!isUp) tellStart();
    const invoked = phases.invoke(invocation, {
      leftMs: () => Math.max(0, target.timeoutSeconds * 1_000 - tookMs()),
      onAnswer,
      async onRuntimeDone(answered) {
        const durationMs = (runtimeMs = tookMs());
        await logs.settle(1);
        tellRuntimeDone(answered, durationMs);
      },
    });
    // Behind the runtime's back: it works while this is written, and what it says comes after it.
    if (isUp) tellStart();
    const { how, reason } = await invoked;
    const totalMs = tookMs();
    // What went well without extensions has said everything already.
    if (reason !== undefined || !isRuntimeDone || phases.hasExtensions) await logs.settle();
    const measured = await measureInvocation({ how, tookMs: totalMs, initMs: isColdStart ? initMs : undefined, target, sandbox });
    if (lifecycle.isOver) throw new Error("its environment was stopped");
    const { outcome, status, errorType, notice } = how;
    if (notice !== undefined) tell({ type: "fault", text: notice });
    tellRuntimeDone(how, measured.durationMs);
    tell({ type: "end", requestId });
    tell({ type: "report", requestId, status, ...facts, ...(errorType === undefined ? {} : { errorType }), ...measured, memorySizeMb: target.memoryMb });
    const report = { outcome, environmentId: id, logGroup: target.logging.group, logStream: needs.logStreamName, isColdStart, ...measured, ...(phases.hasExtensions && runtimeMs !== undefined ? { postRuntimeExtensionsMs: Math.max(0, measured.durationMs - runtimeMs) } : {}), logTail: logs.tail() };
    if (reason !== undefined) {
      become({ state: "resetting" });
      await phases.shutDown(reason);
    }
    rest();
    return report;
  };

  return {
    id,
    target,
    logStream: needs.logStreamName,
    credentialsExpireAt: needs.credentialsExpireAt,
    get state() { return lifecycle.at.state; },
    get isInitialized() { return initMs !== undefined; },
    initialized: initialized.catch(() => {}),
    get invocations() { return invocations; },
    /** What fails here is not user code's doing: nobody can tell what state it is in, so nobody shall be given it again. */
    async invoke(invocation, onAnswer = () => {}) {
      try {
        await wake();
        await initialized;
        return await invokeAwake(invocation, onAnswer);
      } catch (error) {
        giveUp(error);
        throw serviceException(target, failure ?? new Error("its environment was stopped", { cause: error }), log);
      }
    },
    stop: () => destroy(),
    dead: dead.promise,
  };
};
