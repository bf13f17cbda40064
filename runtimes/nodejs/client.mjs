// The Node.js runtime client: loads the handler once, then asks for one invocation after the other.
import { openChannel } from "./channel.mjs";
import { patchConsole, setCurrent } from "./console.mjs";
import { isModern, readGeneration } from "./generation.mjs";
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

/** Over the channel where the platform gave one, which is none of the handler's business; else as any runtime does. */
const openApi = async () => {
  const channel = process.env._LAMBDAD_CHANNEL;
  delete process.env._LAMBDAD_CHANNEL;
  return channel === undefined ? connect(process.env.AWS_LAMBDA_RUNTIME_API) : openChannel(Number(channel));
};

/** Reads the environment, of which nothing has been read before. */
export const run = async () => {
  const api = await openApi();
  readGeneration();
  patchConsole();
  installGlobals();
  allowSdkImports();
  await (isModern ? servePromises : serveCallbacks)(api, begin);
};
