import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { runtimeError } from "./errors.mjs";

const NO_CALLBACKS = 24;
const EXPRESSION = /^([^.]*)\.(.*)$/;

/** The nearest package.json decides whether `.js` is a module; the search ends at node_modules. */
const isModulePackage = (folder) => {
  for (let at = folder; basename(at) !== "node_modules"; at = dirname(at)) {
    try {
      return JSON.parse(readFileSync(join(at, "package.json"), "utf8")).type === "module";
    } catch {
      if (dirname(at) === at) return false;
    }
  }
  return false;
};

const importFile = (path) => import(pathToFileURL(path).href);

/** AWS's order: without extension, .js, .mjs, .cjs, then as require resolves it. */
const loadModule = async (appRoot, moduleRoot, module) => {
  const path = resolve(appRoot, moduleRoot, module);
  const require = createRequire(`${appRoot}/`);
  if (existsSync(path) && !existsSync(join(path, "package.json")) && readIsFile(path)) return require(path);
  if (existsSync(`${path}.js`)) return isModulePackage(dirname(path)) ? importFile(`${path}.js`) : require(`${path}.js`);
  if (existsSync(`${path}.mjs`)) return importFile(`${path}.mjs`);
  if (existsSync(`${path}.cjs`)) return require(`${path}.cjs`);
  return require(require.resolve(module, { paths: [appRoot, resolve(appRoot, moduleRoot)] }));
};

const readIsFile = (path) => {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
};

const asRuntimeError = (error) => {
  if (error instanceof SyntaxError) return Object.assign(runtimeError("Runtime.UserCodeSyntaxError", String(error)), { stack: `Runtime.UserCodeSyntaxError: ${error}\n${(error.stack ?? "").split("\n").slice(1).join("\n")}` });
  if (error?.code === "MODULE_NOT_FOUND" || error?.code === "ERR_MODULE_NOT_FOUND") return runtimeError("Runtime.ImportModuleError", String(error));
  return error;
};

/** The function that `Handler` names, its module loaded once. Throws with AWS's types and texts, or what the module threw. */
export const loadHandler = async (appRoot, fullHandler, major) => {
  if (fullHandler.includes("..")) {
    throw runtimeError("Runtime.MalformedHandlerName", `'${fullHandler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  const name = basename(fullHandler);
  const moduleRoot = fullHandler.slice(0, fullHandler.length - name.length);
  const match = EXPRESSION.exec(name);
  if (match === null) throw runtimeError("Runtime.MalformedHandlerName", "Bad handler");
  const [, module, nested] = match;
  let loaded;
  try {
    loaded = await loadModule(appRoot, moduleRoot, module);
  } catch (error) {
    throw asRuntimeError(error);
  }
  const find = (from) => nested.split(".").reduce((at, key) => at?.[key], from);
  const handler = find(loaded) ?? find(loaded?.default);
  if (handler === undefined || handler === null) throw runtimeError("Runtime.HandlerNotFound", `${fullHandler} is undefined or not exported`);
  if (typeof handler !== "function") throw runtimeError("Runtime.HandlerNotFound", `${fullHandler} is not a function`);
  if (major >= NO_CALLBACKS && handler.length >= 3) {
    throw runtimeError(
      "Runtime.CallbackHandlerDeprecated",
      "AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You will need to modify this function to use a supported handler signature to use Node.js 24 or later.",
    );
  }
  return handler;
};
