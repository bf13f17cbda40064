import type { Method } from "@aws-sdk/client-api-gateway";
import type { StoredResource } from "../../../plumber/apis/rest-api.ts";

interface Node {
  resource?: StoredResource;
  fixed: Map<string, Node>;
  /** `{id}` */
  parameter?: { name: string; node: Node };
  /** `{proxy+}` */
  greedy?: { name: string; resource: StoredResource };
}

/** Where a path leads to. Parameters are as they came, percent-encoding kept, as REST APIs hand them on. */
export interface FoundResource {
  resource: StoredResource;
  pathParameters: Record<string, string>;
}

export interface FoundMethod extends FoundResource {
  method: Method;
}

export interface ResourceTree {
  /** All resources that a path may mean, the most specific first: it is the methods that decide between them. */
  find(path: string): Generator<FoundResource>;
}

const newNode = (): Node => ({ fixed: new Map() });

const decode = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
};

const insert = (root: Node, resource: StoredResource): void => {
  let node = root;
  for (const part of resource.path.split("/").filter((one) => one !== "")) {
    const [, name, plus] = /^\{(.+?)(\+?)\}$/.exec(part) ?? [];
    if (name === undefined) {
      let next = node.fixed.get(part);
      if (next === undefined) node.fixed.set(part, (next = newNode()));
      node = next;
    } else if (plus === "+") {
      node.greedy = { name, resource };
      return;
    } else {
      node.parameter ??= { name, node: newNode() };
      node = node.parameter.node;
    }
  }
  node.resource = resource;
};

function* walk(node: Node, segments: readonly string[], at: number, parameters: Record<string, string>): Generator<FoundResource> {
  const segment = segments[at];
  if (segment === undefined) {
    if (node.resource !== undefined) yield { resource: node.resource, pathParameters: parameters };
    return;
  }
  const fixed = node.fixed.get(decode(segment));
  if (fixed !== undefined) yield* walk(fixed, segments, at + 1, parameters);
  if (node.parameter !== undefined && segment !== "") yield* walk(node.parameter.node, segments, at + 1, { ...parameters, [node.parameter.name]: segment });
  if (node.greedy !== undefined) yield { resource: node.greedy.resource, pathParameters: { ...parameters, [node.greedy.name]: segments.slice(at).join("/") } };
}

/** One slash at the end means nothing; further ones stay, for a greedy parameter. */
const segmentsOf = (path: string): string[] => {
  const inner = path.replace(/^\//, "").replace(/\/$/, "");
  return inner === "" ? [] : inner.split("/");
};

/** One step for each segment, however many resources there are. */
export const createResourceTree = (resources: readonly StoredResource[]): ResourceTree => {
  const root = newNode();
  for (const resource of resources) insert(root, resource);
  return {
    find: (path) => walk(root, segmentsOf(path), 0, {}),
  };
};

/** The exact method before `ANY`, on the most specific resource that has one of them. */
export const findMethod = (tree: ResourceTree, verb: string, path: string): FoundMethod | undefined => {
  for (const found of tree.find(path)) {
    const methods = found.resource.resourceMethods;
    const method = Object.hasOwn(methods, verb) ? methods[verb] : methods["ANY"];
    if (method !== undefined) return { ...found, method };
  }
  return undefined;
};
