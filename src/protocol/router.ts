import type { Operation, ServiceModel } from "./schema.ts";

export interface Route {
  operation: Operation;
  /** Percent-encoded, by the names of the members. */
  labels: ReadonlyMap<string, string>;
}

export type Router = (method: string, path: string, query: ReadonlyMap<string, readonly string[]>, headers: Readonly<Record<string, string>>) => Route | undefined;

interface Candidate {
  operation: Operation;
  labelNames: string[];
  /** `[name, value]` of the URI's query; a value of "" is any. */
  literals: [string, string][];
  requiredQuery: string[];
  requiredHeaders: string[];
}

interface Node {
  literals: Map<string, Node>;
  label?: Node;
  /** By method. What ends here, and what ends here with a label that takes the rest of the path. */
  ends: Map<string, Candidate[]>;
  greedyEnds: Map<string, Candidate[]>;
}

/**
 * Finds the operation of a REST request: the path with the most literal segments; among the operations of one path the most
 * literal query parameters, then the most required query members, then the most required headers that are there.
 */
export function createRouter(model: ServiceModel): Router {
  const root = createNode();
  for (const operation of model.operations.values()) if (operation.http !== undefined && !shadowed.has(operation.name)) insert(root, operation, operation.http);
  return (method, path, query, headers) => {
    const segments = path.slice(1).split("/");
    const isGiven = (candidate: Candidate) => candidate.literals.every(([name, value]) => hasValue(query.get(name), value));
    const isComplete = (candidate: Candidate) =>
      candidate.requiredQuery.every((name) => query.has(name)) && candidate.requiredHeaders.every((name) => headers[name] !== undefined);
    const choose = (candidates: readonly Candidate[]) => {
      const possible = candidates.filter(isGiven);
      const most = possible[0]?.literals.length;
      const group = possible.filter((candidate) => candidate.literals.length === most);
      return group.find(isComplete) ?? group.at(-1);
    };
    const found = find(root, segments, 0, [], method, choose);
    if (found === undefined) return undefined;
    return { operation: found.candidate.operation, labels: new Map(found.candidate.labelNames.map((name, i) => [name, found.values[i] as string])) };
  };
}

/** The same request as another operation's: S3 tells ListDirectoryBuckets from ListBuckets by the host alone. */
const shadowed = new Set(["ListDirectoryBuckets"]);

const createNode = (): Node => ({ literals: new Map(), ends: new Map(), greedyEnds: new Map() });

const hasValue = (values: readonly string[] | undefined, wanted: string) => values !== undefined && (wanted === "" || values.includes(wanted));

function insert(root: Node, operation: Operation, http: { method: string; uri: string }): void {
  const [path = "", query = ""] = http.uri.split("?");
  const candidate = createCandidate(operation, query);
  let node = root;
  let ends = (n: Node) => n.ends;
  for (const segment of path.split("/").filter((s) => s !== "")) {
    const label = /^\{(\w+)(\+?)\}$/.exec(segment);
    if (label === null) node = getOrAdd(node.literals, segment, createNode);
    else {
      candidate.labelNames.push(label[1] as string);
      if (label[2] === "+") ends = (n) => n.greedyEnds;
      else node = node.label ??= createNode();
    }
  }
  const candidates = getOrAdd(ends(node), http.method, () => []);
  candidates.push(candidate);
  candidates.sort((a, b) => b.literals.length - a.literals.length || b.requiredQuery.length - a.requiredQuery.length || b.requiredHeaders.length - a.requiredHeaders.length);
}

function createCandidate(operation: Operation, query: string): Candidate {
  const literals = query.split("&").filter((part) => part !== "").map((part): [string, string] => {
    const [name = "", value = ""] = part.split("=");
    return [name, value];
  });
  const required = operation.input.members.filter((member) => member.isRequired);
  const names = (trait: "httpQuery" | "httpHeader") => required.flatMap(({ traits }) => traits[trait] ?? []);
  return { operation, labelNames: [], literals, requiredQuery: names("httpQuery"), requiredHeaders: names("httpHeader").map((h) => h.toLowerCase()) };
}

function getOrAdd<V>(map: Map<string, V>, key: string, create: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = create()));
  return value;
}

interface Found { candidate: Candidate; values: string[] }

function find(node: Node, segments: string[], at: number, values: string[], method: string, choose: (candidates: readonly Candidate[]) => Candidate | undefined): Found | undefined {
  const segment = segments[at];
  const isEnd = segment === undefined || (segment === "" && at === segments.length - 1);
  if (isEnd) {
    const candidate = choose(node.ends.get(method) ?? []);
    if (candidate !== undefined) return { candidate, values };
    return undefined;
  }
  const literal = node.literals.get(segment);
  const byLiteral = literal && find(literal, segments, at + 1, values, method, choose);
  if (byLiteral !== undefined) return byLiteral;
  const byLabel = node.label !== undefined && segment !== "" ? find(node.label, segments, at + 1, [...values, segment], method, choose) : undefined;
  if (byLabel !== undefined) return byLabel;
  const candidate = choose(node.greedyEnds.get(method) ?? []);
  return candidate && { candidate, values: [...values, segments.slice(at).join("/")] };
}
