import type { Store } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { findFunction, type FunctionRecord } from "./state.ts";

/** A function by its unqualified name, read once for each request: the door is kept by the same policy, and the same code is run, that were there at one moment. */
export type FunctionReader = (at: { account: string; region: string }, name: string, context: RequestContext) => Promise<FunctionRecord | undefined>;

interface Kept {
  record: FunctionRecord;
  generation: number;
}

const KEPT_MAX = 1_000;

/** Those that were read last, as long as nothing is written to the table. */
const createCache = (store: Store) => {
  const kept = new Map<string, Kept>();
  return async (key: string, at: { account: string; region: string }, name: string): Promise<FunctionRecord | undefined> => {
    const known = kept.get(key);
    if (known !== undefined && known.generation === store.generation("lambda_function")) return known.record;
    // Taken before: what is written while it is read makes it another one.
    const generation = store.generation("lambda_function");
    const record = await store.read(() => findFunction(at, name));
    kept.delete(key);
    if (record === undefined) return undefined;
    if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value!);
    kept.set(key, { record, generation });
    return record;
  };
};

export const createFunctionReader = (store: Store): FunctionReader => {
  const find = createCache(store);
  const read = new WeakMap<RequestContext, Map<string, Promise<FunctionRecord | undefined>>>();
  return ({ account, region }, name, context) => {
    const key = `${account}/${region}/${name}`;
    let ofRequest = read.get(context);
    if (ofRequest === undefined) read.set(context, (ofRequest = new Map()));
    let record = ofRequest.get(key);
    if (record === undefined) ofRequest.set(key, (record = find(key, { account, region }, name)));
    return record;
  };
};
