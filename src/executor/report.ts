import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Ending } from "./ending.ts";
import type { FunctionTarget, InvocationReport } from "./executor.ts";

interface Facts {
  how: Ending;
  tookMs: number;
  /** Of INIT, when this is the first invocation after it. */
  initMs: number | undefined;
  target: FunctionTarget;
  sandbox: Pick<Sandbox, "memoryPeakBytes">;
}

const MIB = 1024 * 1024;

/** What was measured of an invocation, as its report says it. */
export const measureInvocation = async ({ how: { status, errorType }, tookMs, initMs, target, sandbox }: Facts): Promise<Pick<InvocationReport, "durationMs" | "billedMs" | "initMs" | "memoryUsedMb">> => {
  const durationMs = status === "timeout" ? target.timeoutSeconds * 1_000 : tookMs;
  const memoryPeakBytes = await sandbox.memoryPeakBytes();
  return {
    durationMs,
    billedMs: Math.ceil(durationMs + (initMs ?? 0)),
    ...(initMs === undefined ? {} : { initMs }),
    memoryUsedMb: errorType === "Runtime.OutOfMemory" ? target.memoryMb : Math.min(target.memoryMb, Math.ceil(memoryPeakBytes / MIB)),
  };
};
