// `import` does not look at NODE_PATH, `require` does. On AWS both find the SDK, so what import misses is looked up as require would.
import * as nodeModule from "node:module";
import { pathToFileURL } from "node:url";

const require = nodeModule.createRequire(`${process.env.LAMBDA_TASK_ROOT}/`);

/** Where require finds what import did not; throws import's own error when neither does. */
const elsewhere = (specifier, error) => {
  if (error?.code !== "ERR_MODULE_NOT_FOUND" || /^[./]|^(node|file|data):/.test(specifier)) throw error;
  try {
    return pathToFileURL(require.resolve(specifier)).href;
  } catch {
    throw error;
  }
};

/** The hook of a Node.js without `registerHooks` (before 22.15): it runs in a thread of its own. */
export const resolve = (specifier, context, next) => next(specifier, context).catch((error) => next(elsewhere(specifier, error), context));

export const allowSdkImports = () => {
  if (nodeModule.registerHooks === undefined) return nodeModule.register(import.meta.url);
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        return next(elsewhere(specifier, error), context);
      }
    },
  });
};
