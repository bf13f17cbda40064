import { createRequire } from "node:module";
import { isModern } from "./generation.mjs";
import { HttpResponseStream, streamifyResponse } from "./streaming.mjs";

const KEYS = { REQUEST_ID: Symbol.for("_AWS_LAMBDA_REQUEST_ID"), X_RAY_TRACE_ID: Symbol.for("_AWS_LAMBDA_X_RAY_TRACE_ID"), TENANT_ID: Symbol.for("_AWS_LAMBDA_TENANT_ID") };

/** `awslambda.InvokeStore`: values of the running invocation, for libraries that log or trace (`@aws/lambda-invoke-store`). */
const createInvokeStore = () => {
  let context;
  const get = (key) => context?.[key];
  return {
    getContext: () => context,
    hasContext: () => context !== undefined,
    get,
    set(key, value) {
      if (Object.values(KEYS).includes(key)) throw new Error(`Cannot modify protected Lambda context field: ${String(key)}`);
      context = Object.assign(context ?? {}, { [key]: value });
    },
    run(next, work) {
      context = next;
      return work();
    },
    getRequestId: () => get(KEYS.REQUEST_ID) ?? "-",
    getXRayTraceId: () => get(KEYS.X_RAY_TRACE_ID),
    getTenantId: () => get(KEYS.TENANT_ID),
  };
};
const invokeStore = createInvokeStore();

/** Runs a handler within the store of its invocation. */
export const inStore = ({ id, traceId, tenantId }, work) => invokeStore.run({ [KEYS.REQUEST_ID]: id, [KEYS.X_RAY_TRACE_ID]: traceId, ...(tenantId === undefined ? {} : { [KEYS.TENANT_ID]: tenantId }) }, work);

const define = (value) => Object.defineProperty(globalThis, "gc", { value, writable: true, configurable: true, enumerable: false });
/** AWS starts Node.js with --expose-gc. Given at the start, the flag makes V8 refuse its own code cache, which every cold start would pay for: it is set for whoever looks. */
const exposeGarbageCollection = () =>
  Object.defineProperty(globalThis, "gc", {
    configurable: true,
    enumerable: false,
    get() {
      const require = createRequire(import.meta.url);
      require("node:v8").setFlagsFromString("--expose-gc");
      define(require("node:vm").runInNewContext("gc"));
      return globalThis.gc;
    },
    set: define,
  });

/** `awslambda`, as AWS's runtime has it, and `gc`. */
export const installGlobals = () => {
  exposeGarbageCollection();
  if (["1", "true"].includes(process.env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA)) return;
  globalThis.awslambda = { streamifyResponse, HttpResponseStream, ...(isModern ? { InvokeStore: invokeStore } : {}) };
};
