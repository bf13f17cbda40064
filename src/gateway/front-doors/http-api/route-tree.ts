/** `GET /pets/{id}` in its parts; `$default` has no method and no path. */
export interface RouteKey {
  /** A method, `ANY`, or `$default`. */
  method: string;
  /** `/pets/{id}`, or `$default`. */
  path: string;
}

export const DEFAULT_ROUTE = "$default";
const ANY = "ANY";

export const parseRouteKey = (routeKey: string): RouteKey => {
  const at = routeKey.indexOf(" ");
  return at < 0 ? { method: routeKey, path: DEFAULT_ROUTE } : { method: routeKey.slice(0, at), path: routeKey.slice(at + 1) };
};

interface Leaf<R> {
  route: R;
  /** Names of its parameters, in their order. */
  names: readonly string[];
}

type Leaves<R> = Map<string, Leaf<R>>;

interface Node<R> {
  fixed: Map<string, Node<R>>;
  /** `{id}` takes one segment, whatever it is. */
  parameter?: Node<R>;
  /** Routes that end here, by method. */
  here?: Leaves<R>;
  /** Routes that end here in `{proxy+}`: all that is left, and that is something. */
  greedy?: Leaves<R>;
}

export interface FoundRoute<R> {
  route: R;
  /** Decoded. */
  pathParameters: Readonly<Record<string, string>>;
}

export interface RouteTree<R> {
  /** By the path below the stage, percent-encoding kept. */
  find(method: string, path: string): FoundRoute<R> | undefined;
}

const newNode = <R>(): Node<R> => ({ fixed: new Map() });

/** As it came, when it is no percent-encoding of UTF-8. */
export const decodePath = (text: string): string => {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const segmentsOf = (path: string): string[] => path.replace(/^\//, "").split("/");

const PARAMETER = /^\{(.+?)(\+)?\}$/;

const insert = <R>(root: Node<R>, { method, path }: RouteKey, route: R): void => {
  const names: string[] = [];
  let node = root;
  const end = (leaves: Leaves<R> = new Map()): Leaves<R> => leaves.set(method, { route, names });
  for (const segment of segmentsOf(path)) {
    const [, name, plus] = PARAMETER.exec(segment) ?? [];
    if (name !== undefined) names.push(name);
    if (plus !== undefined) {
      node.greedy = end(node.greedy);
      return;
    }
    let next = name === undefined ? node.fixed.get(segment) : node.parameter;
    if (next === undefined) {
      next = newNode();
      if (name === undefined) node.fixed.set(segment, next);
      else node.parameter = next;
    }
    node = next;
  }
  node.here = end(node.here);
};

/** One look at the segments; `values` has those that parameters took. */
interface Walk<R> {
  method: string;
  segments: readonly string[];
  values: string[];
  /** What is looked for at a node, the walk being at the segment `at`. */
  take(node: Node<R>, at: number): Leaf<R> | undefined;
}

const leafOf = <R>(leaves: Leaves<R> | undefined, method: string): Leaf<R> | undefined => leaves?.get(method) ?? leaves?.get(ANY);

/** Each node is come to by one way only, so no path costs more than the routes that begin like it. */
const walk = <R>(one: Walk<R>, node: Node<R>, at: number): Leaf<R> | undefined => {
  const segment = one.segments[at];
  if (segment !== undefined) {
    const fixed = node.fixed.get(segment);
    const found = fixed && walk(one, fixed, at + 1);
    if (found !== undefined) return found;
    if (node.parameter !== undefined && segment !== "") {
      one.values.push(segment);
      const below = walk(one, node.parameter, at + 1);
      if (below !== undefined) return below;
      one.values.pop();
    }
  }
  return one.take(node, at);
};

const NONE: Readonly<Record<string, string>> = {};

const foundOf = <R>({ route, names }: Leaf<R>, values: readonly string[]): FoundRoute<R> => ({
  route,
  pathParameters: names.length === 0 ? NONE : Object.fromEntries(names.map((name, index) => [name, values[index]!])),
});

/**
 * A route for the whole path comes before one with a greedy parameter, and that before `$default`; text before a parameter, from the left; the method itself before
 * `ANY`. Source: "Create routes for HTTP APIs".
 */
export const createRouteTree = <R>(routes: Iterable<readonly [routeKey: string, route: R]>): RouteTree<R> => {
  const root = newNode<R>();
  let byDefault: R | undefined;
  for (const [routeKey, route] of routes) {
    if (routeKey === DEFAULT_ROUTE) byDefault = route;
    else insert(root, parseRouteKey(routeKey), route);
  }
  return {
    find(method, path) {
      const segments = segmentsOf(path).map(decodePath);
      const values: string[] = [];
      const whole = walk({ method, segments, values, take: (node, at) => (at === segments.length ? leafOf(node.here, method) : undefined) }, root, 0);
      if (whole !== undefined) return foundOf(whole, values);
      const greedy = walk({
        method, segments, values,
        take(node, at) {
          const rest = segments.slice(at).join("/");
          const leaf = rest === "" ? undefined : leafOf(node.greedy, method);
          if (leaf !== undefined) values.push(rest);
          return leaf;
        },
      }, root, 0);
      if (greedy !== undefined) return foundOf(greedy, values);
      return byDefault === undefined ? undefined : { route: byDefault, pathParameters: NONE };
    },
  };
};
