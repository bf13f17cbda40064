import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { runtimeError } from "./errors.mjs";
import { isModern } from "./generation.mjs";

const EXPRESSION = /^([^.]*)\.(.*)$/;

const require = createRequire(import.meta.url);
const importFile = (path) => import(pathToFileURL(path).href);

/** The nearest package.json decides whether `.js` is a module; the search ends at node_modules. */
const isModulePackage = (folder) => {
  if (basename(folder) === "node_modules") return false;
  const path = join(folder, "package.json");
  if (existsSync(path)) {
    try {
      return JSON.parse(readFileSync(path, "utf8"))?.type === "module";
    } catch (error) {
      console.warn(`${path} cannot be read, it will be ignored for ES module detection purposes.`, error);
      return false;
    }
  }
  return dirname(folder) === folder ? false : isModulePackage(dirname(folder));
};

/** From nodejs24.x on everything is imported; before, CommonJS is required. The order is the same: no extension, .js, .mjs, .cjs. */
const loadFile = async (path) => {
  const load = (file) => (isModern || file.endsWith(".mjs") || (file.endsWith(".js") && isModulePackage(dirname(file))) ? importFile(file) : require(file));
  for (const extension of ["", ".js", ".mjs", ".cjs"]) if (existsSync(path + extension)) return { module: await load(path + extension) };
  return undefined;
};

const loadModule = async (appRoot, moduleRoot, name) => {
  const found = await loadFile(resolve(appRoot, moduleRoot, name));
  return found === undefined ? require(require.resolve(name, { paths: [appRoot, join(appRoot, moduleRoot)] })) : found.module;
};

const asRuntimeError = (error) => {
  if (error instanceof SyntaxError) {
    const wrapped = runtimeError("Runtime.UserCodeSyntaxError", String(error));
    return isModern ? Object.assign(wrapped, { stack: error.stack }) : wrapped;
  }
  return error?.code === "MODULE_NOT_FOUND" ? runtimeError("Runtime.ImportModuleError", String(error)) : error;
};

const find = (nested, from) => nested.split(".").reduce((at, key) => (isModern && typeof at !== "object" ? undefined : at?.[key]), from);

/** The function that `Handler` names, its module loaded once. Throws with AWS's types and texts, or what the module threw. */
export const loadHandler = async (appRoot, fullHandler) => {
  if (fullHandler.includes("..")) {
    throw runtimeError("Runtime.MalformedHandlerName", `'${fullHandler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`);
  }
  const name = basename(fullHandler);
  const match = EXPRESSION.exec(name);
  if (match === null) throw runtimeError("Runtime.MalformedHandlerName", "Bad handler");
  const [, moduleName, nested] = match;
  let module;
  try {
    module = await loadModule(appRoot, fullHandler.slice(0, fullHandler.lastIndexOf(name)), moduleName);
  } catch (error) {
    throw asRuntimeError(error);
  }
  const handler = find(nested, module) || (isModern ? find(nested, module?.default) : undefined);
  if (!handler) throw runtimeError("Runtime.HandlerNotFound", `${fullHandler} is undefined or not exported`);
  if (typeof handler !== "function") throw runtimeError("Runtime.HandlerNotFound", `${fullHandler} is not a function`);
  return handler;
};
