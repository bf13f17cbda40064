import * as nodeModule from "node:module";
import { pathToFileURL } from "node:url";

/** `import` does not look at NODE_PATH, `require` does. On AWS both find the SDK, so what import misses is looked up as require would. */
export const allowSdkImports = () => {
  if (typeof nodeModule.registerHooks !== "function") return;
  const require = nodeModule.createRequire(`${process.env.LAMBDA_TASK_ROOT}/`);
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        if (error?.code !== "ERR_MODULE_NOT_FOUND" || /^[./]|^(node|file|data):/.test(specifier)) throw error;
        try {
          return next(pathToFileURL(require.resolve(specifier)).href, context);
        } catch {
          throw error;
        }
      }
    },
  });
};
