// The Node.js runtime client: loads the handler once, then asks the Runtime API for one invocation after the other.
import { patchConsole, logError, setRequestId } from "./console.mjs";
import { createContext } from "./context.mjs";
import { describeError } from "./errors.mjs";
import { installGlobals } from "./globals.mjs";
import { loadHandler } from "./load-handler.mjs";
import { allowSdkImports } from "./node-path.mjs";
import { isWaitingForLoop, run } from "./run.mjs";
import { connect } from "./runtime-api.mjs";

const major = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV ?? "")?.[1] ?? 24);

const fail = async (api, requestId, error) => {
  const payload = describeError(error);
  logError(requestId === undefined ? "Uncaught Exception" : "Invoke Error", error, payload);
  if (requestId === undefined) await api.initError(payload);
  else await api.error(requestId, payload);
};

const main = async () => {
  const api = await connect(process.env.AWS_LAMBDA_RUNTIME_API);
  patchConsole();
  installGlobals();
  allowSdkImports();
  let current;
  const die = async (error) => {
    await fail(api, current, error).catch(() => {});
    process.exit(128 + 1);
  };
  process.on("uncaughtException", (error) => void die(error));
  process.on("unhandledRejection", (reason) => {
    const error = new Error(String(reason?.stack ?? reason));
    error.name = "Runtime.UnhandledPromiseRejection";
    error.reason = reason;
    void die(Object.assign(error, { message: String(reason) }));
  });
  process.on("beforeExit", () => {
    if (current === undefined || isWaitingForLoop()) return;
    const error = new Error(
      "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes",
    );
    error.name = "Runtime.NodeJsExit";
    void die(error);
  });

  let handler;
  try {
    handler = await loadHandler(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER, major);
  } catch (error) {
    await fail(api, undefined, error);
    process.exit(1);
  }
  for (;;) {
    // Nothing of ours keeps the event loop alive while a handler runs, so that a promise that is never settled is noticed.
    const invocation = await api.next();
    current = invocation.id;
    setRequestId(current);
    if (invocation.traceId === undefined) delete process.env._X_AMZN_TRACE_ID;
    else process.env._X_AMZN_TRACE_ID = invocation.traceId;
    api.unref();
    let result;
    let failure;
    try {
      result = await run(handler, JSON.parse(invocation.body.toString("utf8")), createContext(invocation, major), major);
    } catch (error) {
      failure = { error };
    }
    api.ref();
    current = undefined;
    if (failure !== undefined) await fail(api, invocation.id, failure.error);
    else await api.response(invocation.id, result);
  }
};

// Not awaited: a handler that leaves the event loop empty must reach `beforeExit`.
void main();
