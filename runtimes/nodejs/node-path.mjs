// `import` does not look at NODE_PATH, `require` does. On AWS both find layers and the SDK, so what import misses is looked up there, and then as
// require would.
// And both look for node_modules in every folder above the code. On AWS there is none; here it may be somebody's project.
import { existsSync, realpathSync } from "node:fs";
import * as nodeModule from "node:module";
import { dirname, join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const PACKAGES = `${sep}node_modules${sep}`;
/** What AWS's runtime brings along, wherever it lies. */
const SDK = /^@(aws-sdk|smithy|aws-crypto|aws)\//;

/** Of the folders of packages on NODE_PATH: those of layers. The SDK's are links to elsewhere, and left to require. */
const readFolders = () => (process.env.NODE_PATH ?? "").split(":").filter((place) => place.endsWith(`${sep}node_modules`) && existsSync(place)).map((place) => realpathSync(place));
let places;
/** What the environment says, once it is known: where the code is, how it requires, and what is on NODE_PATH. */
const ofEnvironment = () => {
  if (places !== undefined) return places;
  const taskRoot = realpathSync(process.env.LAMBDA_TASK_ROOT);
  return (places = { taskRoot, require: nodeModule.createRequire(`${taskRoot}/`), folders: readFolders() });
};
const isBare = (specifier) => !/^[./]|^(node|file|data):/.test(specifier);
/** Import looks in a folder of packages for modules that stand beside it; what it finds further up does not count. */
const lookups = (specifier, context, error) =>
  error?.code === "ERR_MODULE_NOT_FOUND" && isBare(specifier)
    ? ofEnvironment().folders.map((folder) => ({ context: { ...context, parentURL: pathToFileURL(join(dirname(folder), "_")).href }, has: ({ url }) => url.startsWith(pathToFileURL(folder + sep).href) }))
    : [];

/** Where require finds what import did not; throws import's own error when neither does. */
const elsewhere = (specifier, error) => {
  if (error?.code !== "ERR_MODULE_NOT_FOUND" || !isBare(specifier)) throw error;
  try {
    return pathToFileURL(ofEnvironment().require.resolve(specifier)).href;
  } catch {
    throw error;
  }
};

const isInCode = (url) => url?.startsWith("file:") === true && fileURLToPath(url).startsWith(ofEnvironment().taskRoot + sep);
/** In a node_modules of a folder that the code lies in. */
const isAbove = (url) => {
  if (!url.startsWith("file:")) return false;
  const path = fileURLToPath(url);
  const at = path.indexOf(PACKAGES);
  return at >= 0 && ofEnvironment().taskRoot.startsWith(path.slice(0, at) + sep);
};

/** As Node.js words it. */
const notFound = (specifier, { parentURL, conditions }) => {
  const parent = fileURLToPath(parentURL);
  return conditions.includes("import")
    ? Object.assign(new Error(`Cannot find package '${specifier}' imported from ${parent}`), { code: "ERR_MODULE_NOT_FOUND" })
    : Object.assign(new Error(`Cannot find module '${specifier}'\nRequire stack:\n- ${parent}`), { code: "MODULE_NOT_FOUND", requireStack: [parent] });
};

const checked = (specifier, context, found) => {
  if (isInCode(context.parentURL) && isAbove(found.url) && !SDK.test(specifier)) throw notFound(specifier, context);
  return found;
};

/** The hook of a Node.js without `registerHooks` (before 22.15): it runs in a thread of its own, and for `import` alone. */
export const resolve = (specifier, context, next) =>
  next(specifier, context).catch(async (error) => {
    for (const lookup of lookups(specifier, context, error)) {
      const found = await next(specifier, lookup.context).catch(() => undefined);
      if (found !== undefined && lookup.has(found)) return found;
    }
    return next(elsewhere(specifier, error), context);
  });

const findOnNodePath = (specifier, context, next, error) => {
  for (const lookup of lookups(specifier, context, error)) {
    try {
      const found = next(specifier, lookup.context);
      if (lookup.has(found)) return found;
    } catch {}
  }
  return next(elsewhere(specifier, error), context);
};

export const allowSdkImports = () => {
  ofEnvironment();
  if (nodeModule.registerHooks === undefined) return nodeModule.register(import.meta.url);
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      try {
        return checked(specifier, context, next(specifier, context));
      } catch (error) {
        return checked(specifier, context, findOnNodePath(specifier, context, next, error));
      }
    },
  });
};
