import { runtimeError } from "./errors.mjs";

/** The first Node.js without callbacks. */
const NO_CALLBACKS = 24;

const toJson = (result) => {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch (error) {
    throw runtimeError("Runtime.MarshalError", `Unable to stringify response body: ${error.message}`);
  }
};

let isWaiting = false;
/** A callback handler may leave the event loop empty: that is its end, no exit by mistake. */
export const isWaitingForLoop = () => isWaiting;

/** Waits until nothing is left to do but our own connection. */
const whenLoopIsEmpty = () => {
  isWaiting = true;
  return new Promise((resolve) => process.prependOnceListener("beforeExit", resolve)).finally(() => (isWaiting = false));
};

const isThenable = (value) => typeof value?.then === "function";

/** One invocation: the promise it returns, or (before nodejs24.x) the first callback. Resolves with the response as JSON. */
export const run = async (handler, event, context, major) => {
  if (major >= NO_CALLBACKS) return toJson(await handler(event, context));
  let settle;
  const called = new Promise((resolve, reject) => (settle = { resolve, reject }));
  const done = (error, result) => (error ? settle.reject(error) : settle.resolve({ result }));
  Object.assign(context, { succeed: (result) => done(undefined, result), fail: (error) => done(error ?? "handled"), done });
  const returned = handler(event, context, done);
  if (isThenable(returned)) return toJson((await Promise.race([returned.then((result) => ({ result })), called])).result);
  if (handler.length < 3 && returned !== undefined) return toJson(null);
  const outcome = await Promise.race([called, whenLoopIsEmpty().then(() => ({ result: null, isLoopEmpty: true }))]);
  if (context.callbackWaitsForEmptyEventLoop && outcome.isLoopEmpty !== true) await whenLoopIsEmpty();
  return toJson(outcome.result);
};
