import type { Clock } from "../kit/clock.ts";
import { EXTENSIONS_MAX } from "../kit/limits/runtime.ts";
import type { Random } from "../kit/random.ts";
import type { RunningProcess } from "../sandbox/sandbox.ts";
import type { FunctionTarget, Invocation } from "./executor.ts";
import { createExtensionsApi } from "./extensions-api.ts";
import { createExtensions, type Extension, type Extensions } from "./extensions.ts";
import { extensionExitText, type Failure, type Signal } from "./failures.ts";
import type { TellPlatform } from "./platform-log.ts";
import type { Processes } from "./processes.ts";
import { createRuntimeApi } from "./runtime-api.ts";
import { createTelemetryApi } from "./telemetry-api.ts";
import type { Telemetry } from "./telemetry.ts";
import { traceHeader } from "./tracing.ts";

export interface RunNeeds {
  target: FunctionTarget;
  processes: Processes;
  telemetry: Telemetry;
  tell: TellPlatform;
  random: Random;
  wall: Clock;
}

/** One start of a function's runtime with its extensions, and what they tell, until all of them are ended. */
export interface Run {
  readonly extensions: Extensions;
  /** The runtime waits for an invocation. */
  readonly isReady: boolean;
  /** One of its programs has ended, or was never there. */
  readonly hasEnded: boolean;
  /** What the runtime reported when INIT failed; its program ends after that. */
  readonly initError: Failure | undefined;
  /** Starts the extensions, then the runtime, and waits until all of them are ready: `next`. */
  initialize(timeoutMs: number): Promise<Signal>;
  /** Hands the invocation to the runtime, and tells the extensions of it. */
  send(invocation: Invocation, deadlineMs: number): void;
  /** The next thing that the runtime does, or the end of the time it has. */
  next(timeoutMs: number): Promise<Signal>;
  /** `next` when every extension is ready again. */
  extensionsReady(timeoutMs: number): Promise<Signal>;
  /** From now on its programs may end. What still runs, the runtime first. */
  stop(): { runtime: RunningProcess | undefined; extensions: ReadonlyMap<Extension, RunningProcess> };
  /** Closes its connections. */
  close(): void;
}

/** Of the event loop: in the first its end may have been read before its channel was. */
const TURNS_BEHIND_END = 2;
const NEXT: Signal = { kind: "next" };

export const createRun = ({ target, processes, telemetry, tell, random, wall }: RunNeeds): Run => {
  const programs = new Map<Extension, RunningProcess>();
  let runtime: RunningProcess | undefined;
  let isReady = false;
  let isStopping = false;
  let initError: Failure | undefined;
  let end: Failure | undefined;
  /** Looks again at each signal; one without a signal tells that extensions have changed. */
  let listener: ((signal?: Signal) => void) | undefined;

  const say = (signal?: Signal) => listener?.(signal);
  const fail = (failure: Failure) => {
    if (isStopping) return;
    end ??= failure;
    say(end);
  };
  const failExtension = (errorType: string, message: string) => fail({ kind: "extension", errorType, message });
  /** Not a race with the ends of programs: a promise that lives as long as one would keep every signal that ever won, payloads and all. */
  const wait = (timeoutMs: number, look: (signal?: Signal) => Signal | undefined) =>
    new Promise<Signal>((resolve) => {
      const now = end ?? look();
      if (now !== undefined) return resolve(now);
      const timer = wall.at(wall.now() + Math.max(0, timeoutMs), "runtime", () => say({ kind: "timeout" }));
      listener = (signal) => {
        const found = signal?.kind === "timeout" ? signal : (end ?? look(signal));
        if (found === undefined) return;
        timer.cancel();
        listener = undefined;
        resolve(found);
      };
    });

  const extensions = createExtensions({ random, onChange: () => say() });
  const about = { account: target.account, functionName: target.name, functionVersion: target.version, handler: target.handler };
  const extensionsApi = createExtensionsApi({
    extensions, about,
    onRegistered: () => say(),
    // The program of an external one ends after that, and may still write.
    onError({ isExternal, state, errorType }) {
      if (!isExternal) failExtension(`Extension.${state}`, errorType!);
    },
    eventId: () => random.uuid(),
  });
  const api = createRuntimeApi({
    next() {
      isReady = true;
      say(NEXT);
    },
    response: (payload, streamedBytes) => say({ kind: "response", payload, ...(streamedBytes === undefined ? {} : { streamedBytes }) }),
    responseTooLarge: () => say({ kind: "too-large" }),
    error: (errorType, payload) => say({ kind: "error", errorType, payload }),
    initError(errorType, payload) {
      initError = { kind: "error", errorType, payload };
      say(initError);
    },
  });
  api.alsoServe(extensionsApi);
  api.alsoServe(createTelemetryApi({ extensions, telemetry, tell }));

  const follow = (extension: Extension, program: RunningProcess) => {
    programs.set(extension, program);
    void program.exited.then((exit) => {
      programs.delete(extension);
      extensions.exited(extension, exit);
      failExtension(`Extension.${extension.state === "InitError" || extension.state === "ExitError" ? extension.state : "Crash"}`, extensionExitText(exit));
    });
  };
  const launchError = (extension: Extension, errorType: string, message: string) => {
    Object.assign(extension, { state: "LaunchError", errorType });
    failExtension("Extension.LaunchError", message);
  };
  const startExtensions = async () => {
    for (const name of processes.extensions) {
      if (end !== undefined) return;
      const extension = extensions.add(name, true);
      if (extensions.all.length > EXTENSIONS_MAX) return launchError(extension, "TooManyExtensions", "ErrTooManyExtensions");
      const started = await processes.startExtension(name);
      if ("refusal" in started) return launchError(extension, started.refusal.endsWith("permission denied") ? "PermissionDenied" : "UnknownError", started.refusal);
      follow(extension, started);
    }
  };
  const startRuntime = async () => {
    const started = await processes.startRuntime();
    if ("failure" in started) return fail(started.failure);
    runtime = started;
    if (started.channel !== undefined) api.serve(started.channel);
    void started.exited.then(async (exit) => {
      // What it wrote before it ended is here by then.
      for (let turn = 0; turn < TURNS_BEHIND_END; turn++) await new Promise(setImmediate);
      runtime = undefined;
      fail({ kind: "exit", exit });
    });
  };
  const extensionsReady = (timeoutMs: number) => wait(timeoutMs, () => (extensions.areReady ? NEXT : undefined));

  return {
    extensions,
    get isReady() { return isReady; },
    get hasEnded() { return end !== undefined; },
    get initError() { return initError; },
    async initialize(timeoutMs) {
      const deadline = wall.monotonic() + timeoutMs;
      const leftMs = () => Math.max(0, deadline - wall.monotonic());
      await processes.listen(api);
      await startExtensions();
      const registered = await wait(leftMs(), () => (extensions.areRegistered ? NEXT : undefined));
      if (registered.kind !== "next") return registered;
      await startRuntime();
      // It may have told of an error before its start was seen here.
      const ready = await wait(leftMs(), (signal) => (isReady ? NEXT : (signal ?? initError)));
      extensions.isRegistrationClosed = true;
      if (ready.kind !== "next") return ready;
      const all = await extensionsReady(leftMs());
      if (all.kind === "next") telemetry.closeSubscriptions();
      return all;
    },
    send(invocation, deadlineMs) {
      isReady = false;
      const { requestId, invokedFunctionArn } = invocation;
      extensions.sendInvoke(JSON.stringify({ eventType: "INVOKE", deadlineMs, requestId, invokedFunctionArn, tracing: { type: "X-Amzn-Trace-Id", value: traceHeader(invocation) } }));
      api.send(invocation, deadlineMs);
    },
    next: (timeoutMs) => wait(timeoutMs, (signal) => signal),
    extensionsReady,
    stop() {
      isStopping = true;
      return { runtime, extensions: programs };
    },
    close: api.close,
  };
};
