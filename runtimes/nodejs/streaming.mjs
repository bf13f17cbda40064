// Response streaming: a handler that `awslambda.streamifyResponse` has marked writes its response while it runs.
import { logError } from "./console.mjs";
import { describeError, runtimeError } from "./errors.mjs";
import { isModern } from "./generation.mjs";

const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
const HIGH_WATER_MARK = Symbol.for("aws.lambda.runtime.handler.streaming.highWaterMark");
const PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response";
const PRELUDE_END = new Uint8Array(8);

/** Marks a handler; libraries that wrap handlers look for the same marks. */
export const streamifyResponse = (handler, options) => {
  handler[STREAMING] = "response";
  if (typeof options?.highWaterMark === "number") handler[HIGH_WATER_MARK] = Math.trunc(options.highWaterMark);
  return handler;
};

export class HttpResponseStream {
  /** Status, headers and cookies for an HTTP front door, ahead of the first byte that is written. */
  static from(stream, prelude) {
    stream.setContentType(PRELUDE_TYPE);
    const text = JSON.stringify(prelude);
    stream._onBeforeFirstWrite = (write) => {
      write(text);
      write(PRELUDE_END);
    };
    return stream;
  }
}

export const isStreaming = (handler) => {
  if (handler[STREAMING] === undefined) return false;
  if (handler[STREAMING] === "response") return true;
  throw runtimeError("Runtime.MalformedStreamingHandler", "Only response streaming is supported.");
};

/** The newer client gives errors, the older one texts. */
const refusal = (text) => (isModern ? new Error(text) : text);

/** Resolves when the platform has the whole response, or was told why there is none. */
export const serveStream = async (api, handler, invocation, context) => {
  // Loaded for those that stream: node:http costs a good part of a cold start.
  const { createResponseStream } = await import("./response-stream.mjs");
  const { stream, done, fail } = createResponseStream(process.env.AWS_LAMBDA_RUNTIME_API, invocation.id, handler[HIGH_WATER_MARK]);
  try {
    const returned = handler(JSON.parse(invocation.body.toString("utf8")), stream, context);
    if (typeof returned?.then !== "function") throw refusal("Streaming does not support non-async handlers.");
    if ((await returned) !== undefined) console.warn("Streaming handlers ignore return values.");
    await done;
    if (!stream.writableFinished) throw refusal("Response stream is not finished.");
  } catch (error) {
    logError("Invoke Error", error);
    if (await fail(error)) return;
    api.ref();
    await api.error(invocation.id, describeError(error));
    api.unref();
  }
};
