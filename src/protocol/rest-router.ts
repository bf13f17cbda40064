import { parseForm } from "./form.ts";
import type { WireRequest } from "./http.ts";
import type { Operation, ServiceModel } from "./schema.ts";

export interface RestMatch {
  operation: Operation;
  /** Decoded. */
  labels: Readonly<Record<string, string>>;
  query: ReadonlyMap<string, readonly string[]>;
}

interface RestRoute {
  operation: Operation;
  method: string;
  segments: readonly string[];
  /** Query parameters that the path template itself holds. */
  literals: readonly (readonly [string, string | undefined])[];
  requiredQuery: readonly string[];
  requiredHeaders: readonly string[];
  weight: number;
}

const LABEL = /^\{([^}+]+)(\+?)\}$/;
/** Sent by one SDK only, and says nothing. */
const IGNORED_LITERAL = "x-id";

const compile = (operation: Operation): RestRoute | undefined => {
  if (operation.http === undefined) return undefined;
  const [path = "", query = ""] = operation.http.uri.split("?");
  const segments = path.split("/").filter((segment) => segment !== "");
  const literals = [...parseForm(query)].filter(([name]) => name !== IGNORED_LITERAL).map(([name, [value]]) => [name, value === "" ? undefined : value] as const);
  const required = operation.input.members.filter((member) => member.isRequired);
  const requiredQuery = required.flatMap(({ traits }) => traits.httpQuery ?? []);
  const requiredHeaders = required.flatMap(({ traits }) => traits.httpHeader?.toLowerCase() ?? []);
  const fixed = segments.filter((segment) => !LABEL.test(segment)).length;
  return {
    operation, method: operation.http.method, segments, literals, requiredQuery, requiredHeaders,
    weight: (fixed + literals.length) * 10_000 + requiredQuery.length * 100 + requiredHeaders.length,
  };
};

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
};

const matchPath = (segments: readonly string[], parts: readonly string[]): Record<string, string> | undefined => {
  const labels: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const [, name, greedy] = LABEL.exec(segment) ?? [];
    if (name === undefined) {
      if (parts[index] !== segment) return undefined;
      continue;
    }
    const isRest = greedy === "+" && index === segments.length - 1;
    const raw = isRest ? parts.slice(index).join("/") : parts[index];
    const value = raw === undefined || raw === "" ? undefined : decode(raw);
    if (value === undefined) return undefined;
    labels[name] = value;
    if (isRest) return labels;
  }
  return parts.length === segments.length ? labels : undefined;
};

/** Which operation a path is for: most literals first, then the parameters and headers that an operation cannot do without. */
export const createRestRouter = (model: ServiceModel) => {
  const byMethod = new Map<string, RestRoute[]>();
  for (const operation of model.operations.values()) {
    const route = compile(operation);
    if (route !== undefined) byMethod.set(route.method, [...(byMethod.get(route.method) ?? []), route]);
  }
  for (const routes of byMethod.values()) routes.sort((a, b) => b.weight - a.weight);
  // A slash at the end belongs to an object's key, but not to a bucket's name.
  const trailingSlash = model.name === "s3" ? /^([^/]*)\/$/ : /^(.*?)\/$/;

  return ({ method, path, query: text, headers }: WireRequest): RestMatch | undefined => {
    const query = parseForm(text);
    const rest = path.replace(/^\//, "").replace(trailingSlash, "$1");
    const parts = rest === "" ? [] : rest.split("/");
    for (const route of byMethod.get(method) ?? []) {
      if (!route.literals.every(([name, value]) => query.has(name) && (value === undefined || query.get(name)!.includes(value)))) continue;
      if (!route.requiredQuery.every((name) => query.has(name)) || !route.requiredHeaders.every((name) => headers[name] !== undefined)) continue;
      const labels = matchPath(route.segments, parts);
      if (labels !== undefined) return { operation: route.operation, labels, query };
    }
    return undefined;
  };
};
