import type { FunctionTarget, Invocation } from "./executor.ts";

type Traced = Pick<Invocation, "requestId" | "trace">;

/** 16 hexadecimal digits: the segment of one invocation. */
const segmentOf = ({ requestId }: Traced): string => requestId.replaceAll("-", "").slice(-16);

/** `Root=…;Parent=…;Sampled=…`: what the function's own calls carry on. */
export const traceHeader = (invocation: Traced): string => {
  const { id, lineage, isSampled = false } = invocation.trace;
  return `Root=${id};Parent=${segmentOf(invocation)};Sampled=${isSampled ? 1 : 0}${lineage === undefined ? "" : `;Lineage=${lineage}`}`;
};

/** With `Active` each invocation is sampled; else what its caller decided stands. */
export const sampled = (invocation: Invocation, { tracing }: Pick<FunctionTarget, "tracing">): Invocation => (tracing === "Active" ? { ...invocation, trace: { ...invocation.trace, isSampled: true } } : invocation);

/** What the log says of a sampled invocation. */
export interface Tracing {
  traceId: string;
  segmentId: string;
  header: string;
}

export const tracingOf = (invocation: Traced): { tracing?: Tracing } =>
  invocation.trace.isSampled === true ? { tracing: { traceId: invocation.trace.id, segmentId: segmentOf(invocation), header: traceHeader(invocation) } } : {};

/** Told to each function once: what it sends to X-Ray is not seen again. */
export const createTracingNote = () => {
  const told = new Set<string>();
  return ({ functionArn, tracing }: FunctionTarget): string | undefined => {
    if (tracing !== "Active" || told.has(functionArn)) return undefined;
    told.add(functionArn);
    return "tracing is Active: invocations are marked as sampled, but X-Ray is not built in this version of lambdad, and segments that are sent to it are lost";
  };
};
