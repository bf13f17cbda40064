import type { Trace } from "./ledger.ts";

/** `Root=…;Sampled=…;Lineage=…`: a chain as it is handed on. */
export const formatTraceHeader = ({ id, lineage, isSampled }: Trace): string => `Root=${id};Sampled=${isSampled === true ? 1 : 0}${lineage === undefined ? "" : `;Lineage=${lineage}`}`;
