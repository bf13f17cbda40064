// The stream that a streaming handler writes to: one request to the Runtime API, on a connection of its own, so that breaking it off breaks nothing else.
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { describeError, runtimeError } from "./errors.mjs";
import { PATH } from "./runtime-api.mjs";

const ERROR_TYPE = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY = "Lambda-Runtime-Function-Error-Body";

/** What of it a handler sees on AWS: the means of a writable stream, not those of a request. */
const METHODS = [
  "cork", "destroy", "end", "uncork", "write", "addListener", "emit", "eventNames", "getMaxListeners", "listenerCount", "listeners", "off", "on", "once",
  "prependListener", "prependOnceListener", "rawListeners", "removeAllListeners", "removeListener", "setMaxListeners", "setContentType",
];
const PROPERTIES = [
  "destroyed", "writable", "_onBeforeFirstWrite", "writableFinished", "writableObjectMode", "writableEnded", "writableNeedDrain", "writableHighWaterMark", "writableCorked", "writableLength",
];

const writableOf = (request) => {
  const stream = Object.fromEntries(METHODS.map((name) => [name, request[name].bind(request)]));
  for (const name of PROPERTIES) Object.defineProperty(stream, name, { get: () => request[name], set(value) { request[name] = value; } });
  return stream;
};

const isBytes = (chunk) => typeof chunk === "string" || chunk instanceof Uint8Array;

/** Lets a hook write ahead of the first byte, and writes what is neither text nor bytes as JSON. */
const extend = (request) => {
  let isBegun = false;
  const write = request.write.bind(request);
  request.setContentType = (type) => {
    if (isBegun) throw runtimeError("Runtime.InvalidStreamingOperation", "Cannot set content-type, too late.");
    request.setHeader("Content-Type", type);
  };
  request.write = (chunk, ...rest) => {
    if (!isBegun) request._onBeforeFirstWrite?.((ahead) => write(ahead));
    isBegun = true;
    return write(isBytes(chunk) ? chunk : JSON.stringify(chunk), ...rest);
  };
};

const trailersOf = (payload) => ({ [ERROR_TYPE]: String(payload.errorType).replace(/[^\x21-\x7e]/g, "?"), [ERROR_BODY]: Buffer.from(JSON.stringify(payload)).toString("base64") });

/** `done` resolves when the platform has taken the whole; `fail` ends the stream with an error behind it. */
export const createResponseStream = (address, id, highWaterMark) => {
  const [host, port] = address.split(":");
  const request = httpRequest({
    host, port, method: "POST", path: `${PATH}/invocation/${id}/response`,
    headers: { "Lambda-Runtime-Function-Response-Mode": "streaming", "Transfer-Encoding": "chunked", "Content-Type": "application/octet-stream", Trailer: [ERROR_TYPE, ERROR_BODY] },
    createConnection: (options) => connect({ ...options, noDelay: true, ...(highWaterMark === undefined ? {} : { highWaterMark }) }),
  });
  extend(request);
  const done = new Promise((resolve, reject) => {
    request.on("response", (response) => response.resume().once("end", resolve).once("error", reject));
    request.on("error", reject);
    request.once("close", () => reject(new Error("The response stream was closed before its end.")));
  });
  done.catch(() => {});
  /** Behind what was written. False when there is nothing, or nothing any more, that it could stand behind. */
  const fail = async (error) => {
    if (request.writableEnded && !request.destroyed) return done.then(() => true, () => false);
    if (request.destroyed || !request.headersSent) {
      request.destroy();
      return false;
    }
    request.addTrailers(trailersOf(describeError(error)));
    request.end();
    return done.then(() => true, () => false);
  };
  return { stream: writableOf(request), done, fail };
};
