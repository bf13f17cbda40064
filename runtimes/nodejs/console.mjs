// What a handler logs, in AWS's text and JSON formats.
import { writeSync } from "node:fs";
import { format } from "node:util";
import { errorText, toError } from "./errors.mjs";
import { isModern } from "./generation.mjs";

const LEVELS = { TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, ERROR: 5, FATAL: 6 };
let isJson = false;
let least = LEVELS.TRACE;

/** Of the invocation that runs, or of the last one. */
let current;
export const setCurrent = (next) => void (current = next);

/** A frame: it begins with RS, and its own line breaks are escaped, so that a message of several lines is one log event (see log-frame.ts). */
const ESCAPES = { "\n": "\x1fn", "\x1e": "\x1f0", "\x1f": "\x1f1" };
const frame = (text) => `\x1e${text.replace(/[\n\x1e\x1f]/g, (character) => ESCAPES[character])}\n`;

const PIPE_IS_FULL_MS = 1;
const pause = new Int32Array(new SharedArrayBuffer(4));

const write = (text) => {
  let bytes = Buffer.from(frame(text));
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      if (error.code !== "EAGAIN") return;
      Atomics.wait(pause, 0, 0, PIPE_IS_FULL_MS);
    }
  }
};

const typeOf = (error) => error?.constructor?.name ?? "UnknownError";
const stackOf = ({ stack }) => (typeof stack === "string" ? stack.split("\n") : []);
const withErrors = (_key, value) => (value instanceof Error ? { errorType: typeOf(value), errorMessage: value.message, stackTrace: stackOf(value), ...value } : value);

const toJson = (level, message, others) => {
  const { requestId, tenantId } = current;
  const entry = { timestamp: new Date().toISOString(), level, requestId, ...(tenantId ? { tenantId } : {}) };
  if (others.length === 0) {
    try {
      return JSON.stringify({ ...entry, message }, withErrors);
    } catch {
      return JSON.stringify({ ...entry, message: format(message) });
    }
  }
  const error = others.find((part) => part instanceof Error);
  const fault = error === undefined ? {} : { errorType: typeOf(error), errorMessage: error.message, stackTrace: stackOf(error) };
  return JSON.stringify({ ...entry, message: format(message, ...others), ...fault });
};
const toText = (level, message, others) => `${new Date().toISOString()}\t${current.requestId}\t${level}\t${format(message, ...others)}`;

const logger = (level) => {
  if (LEVELS[level] < least) return () => {};
  return (message, ...others) => write(isJson ? toJson(level, message, others) : toText(level, message, others));
};

/** What uses `console.log` in turn (`table`, `count`, `group`) follows; `dir` and `process.stdout` write as they are, as on AWS. */
export const patchConsole = () => {
  isJson = process.env.AWS_LAMBDA_LOG_FORMAT?.toUpperCase() === "JSON";
  least = LEVELS[process.env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase()] ?? LEVELS.TRACE;
  current = { requestId: isModern ? "-" : undefined, tenantId: undefined };
  for (const level of Object.keys(LEVELS)) console[level.toLowerCase()] = logger(level);
  console.log = console.info;
};

/** `Invoke Error` and the like, with what AWS's runtime prints of the error. Not through `console`, which handlers may have wrapped. */
export const logError = (title, error) => (isJson ? logger("ERROR")(toError(error)) : logger("ERROR")(title, `\t${errorText(toError(error))}`));
