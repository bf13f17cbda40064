import type { Trace } from "./ledger.ts";

/** `Root=…;Sampled=…;Lineage=…`: a chain as it is handed on. */
export const formatTraceHeader = ({ id, lineage, isSampled }: Trace): string => `Root=${id};Sampled=${isSampled === true ? 1 : 0}${lineage === undefined ? "" : `;Lineage=${lineage}`}`;

/** `Root=1-…;Parent=…;Sampled=…;Lineage=…`: a chain that goes on. Undefined when it names none. */
export const parseTraceHeader = (header: string | undefined): Trace | undefined => {
  const id = /(?:^|;)\s*Root=(1-[0-9a-f]{8}-[0-9a-f]{24})/.exec(header ?? "")?.[1];
  if (id === undefined) return undefined;
  const lineage = /(?:^|;)\s*Lineage=([^;]+)/.exec(header!)?.[1];
  const isSampled = /(?:^|;)\s*Sampled=1(?:;|$)/.test(header!);
  return { id, ...(lineage === undefined ? {} : { lineage }), ...(isSampled ? { isSampled } : {}) };
};
