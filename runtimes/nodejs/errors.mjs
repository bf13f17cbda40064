import { types } from "node:util";
import { isModern } from "./generation.mjs";

/** An error of the runtime's own, by AWS's name. Only the newer client's errors carry their name as a property that is logged. */
export const runtimeError = (type, message) => {
  const error = new Error(message);
  if (!isModern) error.stack = `${type}: ${error.stack.slice("Error: ".length)}`;
  return Object.defineProperty(error, "name", { value: type, enumerable: isModern, configurable: true, writable: true });
};

const isNamed = (value) => ["name", "message", "stack"].every((key) => typeof value?.[key] === "string" && value[key] !== "");
const isError = (value) => (isModern ? value instanceof Error : types.isNativeError(value) || isNamed(value));
const escapeDelete = (text) => text?.replaceAll("\x7f", "%7F");

/** `{ errorType, errorMessage, trace }`: what the Runtime API is told. */
export const describeError = (error) => {
  try {
    if (!isError(error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
    return { errorType: escapeDelete(error.name), errorMessage: escapeDelete(error.message), trace: escapeDelete(error.stack)?.split("\n") ?? [] };
  } catch {
    return { errorType: "handled", errorMessage: "callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack", trace: [] };
  }
};

export const toError = (value) => (value instanceof Error ? value : new Error(String(value)));

const withProperties = (_key, value) => {
  if (!(value instanceof Error)) return value;
  const { name: errorType, message: errorMessage, code, stack } = value;
  return { errorType, errorMessage, code, ...value, ...(typeof stack === "string" ? { stack: stack.split("\n") } : {}) };
};

/** An error with its own properties, for the text log. */
export const errorText = (error) => {
  try {
    return JSON.stringify(error, withProperties);
  } catch {
    return JSON.stringify(describeError(error));
  }
};
