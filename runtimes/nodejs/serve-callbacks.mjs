// nodejs22.x and older: a handler may answer through a callback, through the context, or by a promise. The first answer counts.
import { logError } from "./console.mjs";
import { createContext } from "./context.mjs";
import { describeError, runtimeError } from "./errors.mjs";
import { loadHandler } from "./load-handler.mjs";
import { isStreaming, serveStream } from "./streaming.mjs";

const EXIT_REJECTION = 128;
const EXIT_EXCEPTION = 129;

const exitError = () =>
  runtimeError(
    "Runtime.NodeJsExit",
    "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes",
  );
const PLANNED =
  "AWS Lambda plans to remove support for callback-based function handlers starting with Node.js 24. You will need to update this function to use an async handler to use Node.js 24 or later. For more information and to provide feedback on this change, see https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/issues/137. To disable this warning, set the AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING environment variable.";

const toJson = (result) => {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch {
    throw new Error("Unable to stringify response body");
  }
};

const turn = () => new Promise((resolve) => setImmediate(resolve));

const isAsync = (handler) => handler.constructor?.name === "AsyncFunction";

/** What happens when nothing is left to do: set by the invocation that runs. */
let onEmptyLoop = () => {};

/** Resolves with `{ body }` or `{ error }`. */
const run = (handler, invocation) =>
  new Promise((settle) => {
    let isAnswered = false;
    let isFirst = true;
    const once = (act) => (...given) => {
      if (!isFirst) return;
      act(...given);
      isFirst = false;
    };
    const complete = (result) => {
      if (isAnswered) return console.error("Invocation has already been reported as done. Cannot call complete more than once per invocation.");
      const body = toJson(result);
      isAnswered = true;
      settle({ body });
    };
    const finish = (error, result) => {
      onEmptyLoop = () => {};
      if (error === undefined || error === null) complete(result);
      else settle({ error });
    };
    const callback = once((error, result) => {
      if (error !== undefined && error !== null) finish(error);
      else if (!context.callbackWaitsForEmptyEventLoop) finish(undefined, result);
      else onEmptyLoop = () => void setImmediate(() => complete(result));
    });
    const done = once(finish);
    const context = { callbackWaitsForEmptyEventLoop: true, succeed: (result) => done(null, result), fail: (error) => done(error ?? "handled"), done, ...createContext(invocation) };
    onEmptyLoop = () => {
      isAnswered = true;
      settle(isAsync(handler) ? { error: exitError() } : { body: "null" });
    };
    try {
      const returned = handler(JSON.parse(invocation.body.toString("utf8")), context, callback);
      if (typeof returned?.then === "function") returned.then(context.succeed, context.fail).catch(context.fail);
    } catch (error) {
      callback(error);
    }
  });

/** The next invocation waits for what this one has left to do, unless it says otherwise. */
const stream = async (api, handler, invocation) => {
  const context = { callbackWaitsForEmptyEventLoop: true, ...createContext(invocation) };
  await serveStream(api, handler, invocation, context);
  if (context.callbackWaitsForEmptyEventLoop) await new Promise((resolve) => (onEmptyLoop = () => void setImmediate(resolve)));
  onEmptyLoop = () => {};
};

export const serve = async (api, begin) => {
  /** Where an error goes that ends the process; undefined when the running invocation has its answer. */
  let report = (payload) => api.initError(payload);
  let answering = Promise.resolve();
  let isDying = false;
  const die = async (error, code) => {
    isDying = true;
    await (report === undefined ? answering : report(describeError(error)));
    await api.flush();
    process.exit(code);
  };
  process.on("uncaughtException", (error) => {
    logError("Uncaught Exception", error);
    void die(error, EXIT_EXCEPTION);
  });
  process.on("unhandledRejection", (reason) => {
    const error = Object.assign(runtimeError("Runtime.UnhandledPromiseRejection", String(reason)), { reason });
    logError("Unhandled Promise Rejection", error);
    void die(error, EXIT_REJECTION);
  });
  process.on("beforeExit", () => onEmptyLoop());

  let handler;
  let streams;
  try {
    handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
    streams = isStreaming(handler);
  } catch (error) {
    logError("Uncaught Exception", error);
    return die(error, EXIT_EXCEPTION);
  }
  if (!streams && handler.length === 3 && !isAsync(handler) && process.env.AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING === undefined) console.warn(PLANNED);
  for (;;) {
    const invocation = await api.next();
    begin(invocation);
    report = (payload) => api.error(invocation.id, payload);
    // Nothing of ours keeps the event loop alive while a handler runs: an empty loop is an answer here.
    api.unref();
    if (streams) {
      await stream(api, handler, invocation);
      report = undefined;
      api.ref();
      if (isDying) return;
      continue;
    }
    const { body, error } = await run(handler, invocation);
    report = undefined;
    api.ref();
    if (body === undefined) logError("Invoke Error", error);
    answering = body === undefined ? api.error(invocation.id, describeError(error)) : api.response(invocation.id, body);
    // A rejection that nobody handles ends the process behind the answer, as on AWS, and before it is ready again.
    await answering;
    await turn();
    if (isDying) return;
  }
};
