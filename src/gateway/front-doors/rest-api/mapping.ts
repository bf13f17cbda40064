import { contextVariable } from "../context-variable.ts";
import { compilePath, findByPath, PathError } from "../json-path.ts";
import { contextVariables } from "./context-variables.ts";
import type { Exchange } from "./exchange.ts";
import { misconfigured } from "./gateway-failure.ts";

/** What came back from behind the gateway. */
export interface IntegrationAnswer {
  status: number;
  /** Names in small letters. */
  headers: Readonly<Record<string, string | readonly string[]>>;
  body: Buffer;
}

const isTextual = (value: unknown): value is string | number | boolean => typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** `method.request.body`, or what a path finds in it. */
const ofBody = (body: Buffer, path: string): string | undefined => {
  const text = body.toString("utf8");
  if (path === "") return text;
  try {
    const found = findByPath(compilePath(`$${path}`), JSON.parse(text));
    return found === undefined || found === null ? undefined : isTextual(found) ? String(found) : JSON.stringify(found);
  } catch (error) {
    if (error instanceof PathError) throw misconfigured(error.message);
    return undefined;
  }
};

const caseless = (values: Readonly<Record<string, readonly string[]>> | null, name: string): readonly string[] | undefined => {
  const found = Object.keys(values ?? {}).find((one) => one.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : values![found];
};

const own = <T>(values: Readonly<Record<string, T>> | null, name: string): T | undefined => (values !== null && Object.hasOwn(values, name) ? values[name] : undefined);

/** Of the request to the method; several where the source asks for all of them. */
const ofRequest = (exchange: Exchange, where: string, name: string): string | readonly string[] | undefined => {
  switch (where) {
    case "header": return caseless(exchange.headers.multi, name)?.at(-1);
    case "multivalueheader": return caseless(exchange.headers.multi, name);
    case "querystring": return own(exchange.query.single, name);
    case "multivaluequerystring": return own(exchange.query.multi, name);
    case "path": return own(exchange.pathParameters, name);
    default: return undefined;
  }
};

const ofAnswer = ({ headers }: IntegrationAnswer, where: string, name: string): string | readonly string[] | undefined => {
  const value = own(headers, name.toLowerCase());
  return where === "multivalueheader" || value === undefined ? value : [value].flat().at(-1);
};

/** `'static'`, `context.x`, `stageVariables.x`, of the request, of the integration's answer. Undefined when there is nothing. Source: "Parameter mapping source reference". */
export const readSource = (source: string, exchange: Exchange, answer?: IntegrationAnswer): string | readonly string[] | undefined => {
  const quoted = /^'(.*)'$/s.exec(source);
  if (quoted !== null) return quoted[1];
  const [, where, name = ""] = /^(context|stageVariables)\.(.+)$/.exec(source) ?? [];
  if (where === "context") return contextVariable(contextVariables(exchange), name);
  if (where === "stageVariables") return own(exchange.serving.variables, name);
  const body = /^(method\.request|integration\.response)\.body(.*)$/s.exec(source);
  if (body !== null) return ofBody(body[1] === "method.request" ? exchange.body : (answer?.body ?? Buffer.alloc(0)), body[2]!);
  const part = /^(method\.request|integration\.response)\.([a-z]+)\.(.+)$/i.exec(source);
  if (part === null) return undefined;
  return part[1] === "method.request" ? ofRequest(exchange, part[2]!.toLowerCase(), part[3]!) : answer && ofAnswer(answer, part[2]!.toLowerCase(), part[3]!);
};
