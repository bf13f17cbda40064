// What a handler logs, in AWS's text and JSON formats. A message of several lines is one event: `\r` stands for its breaks.
import { writeSync } from "node:fs";
import { format } from "node:util";

const LEVELS = { trace: 1, debug: 2, info: 3, warn: 4, error: 5, fatal: 6 };
const isJson = process.env.AWS_LAMBDA_LOG_FORMAT === "JSON";
const least = LEVELS[(process.env.AWS_LAMBDA_LOG_LEVEL ?? "TRACE").toLowerCase()] ?? 1;

let requestId;
export const setRequestId = (id) => void (requestId = id);

/** A pipe may be full: what does not fit now is written when it does. */
const write = (text) => {
  let bytes = Buffer.from(`${text.replaceAll("\n", "\r")}\n`);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      if (error.code !== "EAGAIN") return;
    }
  }
};

const tenant = () => (process.env.LAMBDAD_TENANT_ID === undefined ? {} : { tenantId: process.env.LAMBDAD_TENANT_ID });

const toJson = (level, parts) => {
  const entry = { timestamp: new Date().toISOString(), level, ...(requestId === undefined ? {} : { requestId }), ...tenant() };
  const [only] = parts;
  if (parts.length === 1 && typeof only === "object" && only !== null && !(only instanceof Error)) {
    try {
      return JSON.stringify({ ...entry, message: only });
    } catch {
      return JSON.stringify({ ...entry, message: format(only) });
    }
  }
  const error = parts.find((part) => part instanceof Error);
  const fault = error === undefined ? {} : { errorType: error.name, errorMessage: error.message, stackTrace: (error.stack ?? "").split("\n") };
  return JSON.stringify({ ...entry, message: format(...parts), ...fault });
};

const log = (level, parts) => {
  if (LEVELS[level.toLowerCase()] < least) return;
  write(isJson ? toJson(level, parts) : `${new Date().toISOString()}\t${requestId ?? "undefined"}\t${level}\t${format(...parts)}`);
};

export const patchConsole = () => {
  for (const [method, level] of Object.entries({ log: "INFO", info: "INFO", debug: "DEBUG", warn: "WARN", error: "ERROR", trace: "TRACE" })) {
    console[method] = (...parts) => log(level, parts);
  }
};

/** `Invoke Error` or `Uncaught Exception`, with what AWS's runtime prints of the error. */
export const logError = (title, error, { errorType, errorMessage, trace }) => {
  if (isJson) return write(JSON.stringify({ timestamp: new Date().toISOString(), level: "ERROR", ...(requestId === undefined ? {} : { requestId }), message: { errorType, errorMessage, stackTrace: trace } }));
  const own = error instanceof Error ? Object.fromEntries(Object.entries(error).filter(([name]) => name !== "name")) : {};
  let detail;
  try {
    detail = JSON.stringify({ errorType, errorMessage, ...own, stack: trace });
  } catch {
    detail = JSON.stringify({ errorType, errorMessage, stack: trace });
  }
  write(`${new Date().toISOString()}\t${requestId ?? "undefined"}\tERROR\t${title} \t${detail}`);
};
