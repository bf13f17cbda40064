import type { Store } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { findFunction, type FunctionRecord } from "./state.ts";

/** A function by its unqualified name, read once for each request: the door is kept by the same policy, and the same code is run, that were there at one moment. */
export type FunctionReader = (at: { account: string; region: string }, name: string, context: RequestContext) => Promise<FunctionRecord | undefined>;

export const createFunctionReader = (store: Store): FunctionReader => {
  const read = new WeakMap<RequestContext, Map<string, Promise<FunctionRecord | undefined>>>();
  return ({ account, region }, name, context) => {
    const key = `${account}/${region}/${name}`;
    let ofRequest = read.get(context);
    if (ofRequest === undefined) read.set(context, (ofRequest = new Map()));
    let record = ofRequest.get(key);
    if (record === undefined) ofRequest.set(key, (record = store.read(() => findFunction({ account, region }, name))));
    return record;
  };
};
