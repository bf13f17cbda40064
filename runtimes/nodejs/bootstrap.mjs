// The Node.js runtime client: loads the handler once, then asks the Runtime API for one invocation after the other.
import { patchConsole, setCurrent } from "./console.mjs";
import { isModern } from "./generation.mjs";
import { installGlobals } from "./globals.mjs";
import { allowSdkImports } from "./node-path.mjs";
import { connect } from "./runtime-api.mjs";
import { serve as serveCallbacks } from "./serve-callbacks.mjs";
import { serve as servePromises } from "./serve-promises.mjs";

const begin = ({ id, tenantId, traceId }) => {
  setCurrent({ requestId: id, tenantId });
  if (traceId === undefined) delete process.env._X_AMZN_TRACE_ID;
  else process.env._X_AMZN_TRACE_ID = traceId;
};

const main = async () => {
  const api = await connect(process.env.AWS_LAMBDA_RUNTIME_API);
  patchConsole();
  installGlobals();
  allowSdkImports();
  await (isModern ? servePromises : serveCallbacks)(api, begin);
};

// Not awaited: a handler that leaves the event loop empty must reach `beforeExit`, and the exit code 0.
void main();
