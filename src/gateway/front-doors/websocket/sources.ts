import { compilePath, findByPath, PathError } from "../json-path.ts";
import { contextVariable } from "../context-variable.ts";
import type { ValuesV1 } from "../event-v1.ts";
import { parseJson } from "../parse-json.ts";
import { contextVariables } from "./context-variables.ts";
import { Refused } from "./refusals.ts";
import type { Turn } from "./turn.ts";

const own = <T>(values: Readonly<Record<string, T>> | null | undefined, name: string): T | undefined => (values !== null && values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined);

const caseless = <T>(values: Readonly<Record<string, T>> | null | undefined, name: string): T | undefined => {
  const found = Object.keys(values ?? {}).findLast((one) => one.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : values![found];
};

const asText = (value: unknown): string | undefined => (value === undefined || value === null ? undefined : typeof value === "object" ? JSON.stringify(value) : String(value as string));

/** What a path finds in a body; all of it without a path. */
export const ofBody = (body: string, path: string): string | undefined => {
  if (path === "") return body;
  const document = parseJson(body);
  if (document === undefined) return undefined;
  try {
    return asText(findByPath(compilePath(`$${path}`), document));
  } catch (error) {
    if (error instanceof PathError) throw new Refused("failed", error.message);
    throw error;
  }
};

/** Headers and query are the handshake's: of a message there are none. */
const ofRequest = ({ handshake }: Turn, where: string, name: string): string | readonly string[] | undefined => {
  const values = (of: "headers" | "query"): ValuesV1 | undefined => handshake?.[of];
  switch (where) {
    case "header": return caseless(values("headers")?.single, name);
    case "multivalueheader": return caseless(values("headers")?.multi, name);
    case "querystring": return own(values("query")?.single, name);
    case "multivaluequerystring": return own(values("query")?.multi, name);
    default: return undefined;
  }
};

/** Shared by parameter mappings, identity sources and selection expressions: `context.x`, `stageVariables.x`, `request.header.x`, `request.body.x`. */
export const readRequestSource = (turn: Turn, source: string): string | readonly string[] | undefined => {
  const [, root, name = ""] = /^(context|stageVariables)\.(.+)$/s.exec(source) ?? [];
  if (root === "context") return contextVariable(contextVariables(turn), name);
  if (root === "stageVariables") return own(turn.served.variables, name);
  const body = /^request\.body(.*)$/s.exec(source);
  if (body !== null) return ofBody(turn.body, body[1]!);
  const [, where, of] = /^request\.([a-z]+)\.(.+)$/s.exec(source) ?? [];
  return where === undefined ? undefined : ofRequest(turn, where, of!);
};

/** A source of a mapping: one of the above behind `route.`, or a text in quotes. Source: "Set up data mapping for WebSocket APIs". */
export const readMappingSource = (turn: Turn, source: string): string | readonly string[] | undefined => {
  const quoted = /^'(.*)'$/s.exec(source);
  if (quoted !== null) return quoted[1];
  return /^(context|stageVariables)\./.test(source) ? readRequestSource(turn, source) : source.startsWith("route.request.") ? readRequestSource(turn, source.slice("route.".length)) : undefined;
};
