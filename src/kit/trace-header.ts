import type { Trace } from "./ledger.ts";

/** `Root=…;Sampled=…;Lineage=…`: a chain as it is handed on. */
export const formatTraceHeader = ({ id, lineage, isSampled }: Trace): string => `Root=${id};Sampled=${isSampled === true ? 1 : 0}${lineage === undefined ? "" : `;Lineage=${lineage}`}`;

/** What only we read of a message whose sender named no chain. */
const UNTOLD = "Chain=";

export const isTold = (header: string): boolean => !header.startsWith(UNTOLD);

/** A chain as a message carries it on: as it was given, where nothing came to it since. AWS's services hand on what they were given, and begin none. */
export const carriedHeader = (trace: Trace): string => {
  const { id, lineage, header, isUntold } = trace;
  if (header !== undefined && parseTraceHeader(header)?.lineage === lineage) return header;
  return isUntold === true && lineage === undefined ? UNTOLD + id : formatTraceHeader(trace);
};

/** The same with the header itself, which is handed on. */
export const readTraceHeader = (header: string | undefined): Trace | undefined => {
  const trace = parseTraceHeader(header);
  return trace && { ...trace, ...(isTold(header!) ? { header: header! } : { isUntold: true }) };
};

/** `Root=1-…;Parent=…;Sampled=…;Lineage=…`: a chain that goes on. Undefined when it names none. */
export const parseTraceHeader = (header: string | undefined): Trace | undefined => {
  const id = /(?:^|;)\s*(?:Root|Chain)=(1-[0-9a-f]{8}-[0-9a-f]{24})/.exec(header ?? "")?.[1];
  if (id === undefined) return undefined;
  const lineage = /(?:^|;)\s*Lineage=([^;]+)/.exec(header!)?.[1];
  const isSampled = /(?:^|;)\s*Sampled=1(?:;|$)/.test(header!);
  return { id, ...(lineage === undefined ? {} : { lineage }), ...(isSampled ? { isSampled } : {}) };
};
