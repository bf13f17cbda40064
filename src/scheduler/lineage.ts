import { hash } from "node:crypto";
import { ApiError } from "../kit/api-error.ts";
import type { Trace } from "../kit/ledger.ts";
import { LINEAGE_FUNCTIONS_MAX, RECURSIVE_INVOCATIONS_MAX } from "../kit/limits/lambda.ts";

/** AWS's text, of the API reference ("Invoke"). */
const recursive = (): ApiError =>
  new ApiError("RecursiveInvocationException", "Lambda has detected your function being invoked in a recursive loop with other AWS resources and stopped your function's invocation.", { status: 400, members: { Type: "User" } });

/** What starts AWS's lineages of today; those in the X-Ray developer guide have none. */
const PREFIX = "1:";

/** `1:a87bd80c:0|68fd508a:5`: eight digits for each function, and how often the chain came back to it. What is none of that is left out. */
const parse = (lineage: string): Map<string, number> => {
  const passed = new Map<string, number>();
  for (const part of lineage.split("|")) {
    const [, id, count] = /^(?:\d+:)?([0-9a-f]{8}):(\d{1,6})$/.exec(part) ?? [];
    if (id !== undefined) passed.set(id, Number(count));
  }
  return passed;
};

/**
 * The chain of events with this function's invocation added, as it goes on from there: to the runtime, from there with the SDK to whatever
 * the function calls, and to its destinations. The hop that it was before is the last of the list.
 *
 * Throws RecursiveInvocationException for a function that the chain has passed 16 times already, unless it may loop
 * ("Use Lambda recursive loop detection to prevent infinite loops").
 */
export const passThrough = (trace: Trace, functionArn: string, recursiveLoop: "Allow" | "Terminate" = "Terminate"): Trace => {
  const passed = parse(trace.lineage ?? "");
  const id = hash("sha256", functionArn, "hex").slice(0, 8);
  const before = passed.get(id);
  const count = before === undefined ? 0 : before + 1;
  if (count >= RECURSIVE_INVOCATIONS_MAX && recursiveLoop === "Terminate") throw recursive();
  passed.delete(id);
  const hops = [...passed, [id, count] as const].slice(-LINEAGE_FUNCTIONS_MAX);
  return { ...trace, lineage: PREFIX + hops.map(([hop, times]) => `${hop}:${times}`).join("|") };
};

const hopsOf = ({ lineage = "" }: Trace): number => [...parse(lineage).values()].reduce((sum, times) => sum + times + 1, 0);

/** The one that has passed more functions. */
export const deeper = (a: Trace, b: Trace): Trace => (hopsOf(b) > hopsOf(a) ? b : a);
