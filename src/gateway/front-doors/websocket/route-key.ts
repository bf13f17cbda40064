import { parseJson } from "../parse-json.ts";

export const CONNECT = "$connect";
export const DISCONNECT = "$disconnect";
export const DEFAULT = "$default";

const SELECTION = /\$\{?request\.body\.([A-Za-z0-9_.-]+)\}?/g;

const memberOf = (value: unknown, path: string): string => {
  const found = path.split(".").reduce<unknown>((at, name) => (typeof at === "object" && at !== null && Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined), value);
  return typeof found === "string" || typeof found === "number" || typeof found === "boolean" ? String(found) : "";
};

/** The key that the API's route selection expression gives for a message: `$request.body.action`, `${request.body.a}/${request.body.b}`. Empty when the message is no JSON. */
export const evaluateSelection = (expression: string, message: string): string => {
  const body = parseJson(message);
  return body === undefined ? "" : expression.replaceAll(SELECTION, (_all, path: string) => memberOf(body, path));
};

/** The route that a message takes; undefined when there is none for it. */
export const selectRoute = <R extends { RouteKey?: string | undefined }>(routes: readonly R[], expression: string, message: string): R | undefined => {
  const key = evaluateSelection(expression, message);
  const named = key === "" || key.startsWith("$") ? undefined : routes.find(({ RouteKey }) => RouteKey === key);
  return named ?? routes.find(({ RouteKey }) => RouteKey === DEFAULT);
};
