import { parseJson } from "../parse-json.ts";

export const CONNECT = "$connect";
export const DISCONNECT = "$disconnect";
export const DEFAULT = "$default";

/** `\$`, `${request.body.a}`, `$request.body.a`. */
const VARIABLE = /\\\$|\$\{([^}]+)\}|\$((?:request|integration|context|stageVariables)\.[\w.$[\]'-]+)/g;

/** What a selection expression gives; what its variables do not find is written as nothing. Source: "Selection expressions". */
export const evaluateSelection = (expression: string, read: (variable: string) => string | undefined): string =>
  expression.replaceAll(VARIABLE, (whole, braced?: string, bare?: string) => (whole === "\\$" ? "$" : (read((braced ?? bare)!.replace(/^\$/, "")) ?? "")));

const memberOf = (value: unknown, path: string): string => {
  const found = path.split(".").reduce<unknown>((at, name) => (typeof at === "object" && at !== null && Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined), value);
  return typeof found === "string" || typeof found === "number" || typeof found === "boolean" ? String(found) : "";
};

/** The key that the API's route selection expression gives for a message. Empty when the message is no JSON. */
export const routeKeyOf = (expression: string, message: string): string => {
  const body = parseJson(message);
  return body === undefined ? "" : evaluateSelection(expression, (variable) => (variable.startsWith("request.body.") ? memberOf(body, variable.slice("request.body.".length)) : undefined));
};

/** The route that a message takes; undefined when there is none for it. A client cannot choose those of the API's own. */
export const selectRoute = <R>(routes: ReadonlyMap<string, R>, expression: string, message: string): R | undefined => {
  const key = routeKeyOf(expression, message);
  const named = key === "" || key.startsWith("$") ? undefined : routes.get(key);
  return named ?? routes.get(DEFAULT);
};
