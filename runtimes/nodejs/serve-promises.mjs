// nodejs24.x and newer: a handler returns its result, or a promise of it. What it leaves unsettled or unhandled ends the process, as Node.js does by itself.
import { logError } from "./console.mjs";
import { createContext } from "./context.mjs";
import { describeError, runtimeError } from "./errors.mjs";
import { inStore } from "./globals.mjs";
import { loadHandler } from "./load-handler.mjs";
import { isStreaming, serveStream } from "./streaming.mjs";

const REMOVED =
  "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.";

const toJson = (result) => {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch {
    throw runtimeError("Runtime.JSONStringifyError", "Unable to stringify response body");
  }
};

const load = async () => {
  const handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
  if (!isStreaming(handler) && handler.length >= 3) throw runtimeError("Runtime.CallbackHandlerDeprecated", REMOVED);
  return handler;
};

/** A rejection that nobody handles ends the process before the answer is given, as on AWS. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

const run = async (handler, invocation) => {
  try {
    const result = await inStore(invocation, () => handler(JSON.parse(invocation.body.toString("utf8")), createContext(invocation)));
    return { body: toJson(result) };
  } catch (error) {
    return { error };
  }
};

export const serve = async (api, begin) => {
  let handler;
  try {
    handler = await load();
  } catch (error) {
    logError("Init Error", error);
    await api.initError(describeError(error));
    await api.flush();
    process.exit(1);
  }
  for (;;) {
    const invocation = await api.next();
    begin(invocation);
    // Nothing of ours keeps the event loop alive while a handler runs.
    api.unref();
    if (isStreaming(handler)) {
      await inStore(invocation, () => serveStream(api, handler, invocation, createContext(invocation)));
      api.ref();
      continue;
    }
    const { body, error } = await run(handler, invocation);
    await turn();
    api.ref();
    if (body !== undefined) {
      await api.response(invocation.id, body);
    } else {
      logError("Invoke Error", error);
      await api.error(invocation.id, describeError(error));
    }
  }
};
