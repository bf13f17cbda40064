import { validateHeaderName, validateHeaderValue } from "node:http";
import { isHopByHop } from "./headers.ts";

const isScalar = (value: unknown): value is string | number | boolean => typeof value === "string" || typeof value === "number" || typeof value === "boolean";

export const isSendable = (name: string, value: string): boolean => {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
};

/**
 * The headers that a function gave, in small letters, numbers and booleans as text; how long the body is and how it is sent is not its to say.
 * Undefined when one of them cannot be sent.
 */
export const answerHeaders = (given: Readonly<Record<string, unknown>>): Record<string, string | string[]> | undefined => {
  const headers: Record<string, string | string[]> = {};
  for (const [rawName, rawValue] of Object.entries(given)) {
    const name = rawName.toLowerCase();
    if (rawValue === null || rawValue === undefined || name === "content-length" || isHopByHop(name)) continue;
    const values = (Array.isArray(rawValue) ? rawValue : [rawValue]).filter(isScalar).map(String);
    if (values.length === 0 || !values.every((value) => isSendable(name, value))) return undefined;
    const all = [...[headers[name] ?? []].flat(), ...values];
    headers[name] = all.length === 1 ? all[0]! : name === "set-cookie" ? all : all.join(",");
  }
  return headers;
};
