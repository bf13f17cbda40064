import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRouteTree } from "../../../src/gateway/front-doors/http-api/route-tree.ts";

const find = (routes: readonly string[], method: string, path: string) => createRouteTree(routes.map((key) => [key, key] as const)).find(method, path);
const chosen = (routes: readonly string[], method: string, path: string) => find(routes, method, path)?.route;

/** The same rules over a list: every route is tried, and those that match are compared segment by segment. */
const plain = (routes: readonly string[], method: string, path: string): string | undefined => {
  const asked = path.slice(1).split("/");
  /** For each segment: 0 is text, 1 a parameter; a greedy one ends it with 2. Undefined when it does not match. */
  const rank = (key: string): number[] | undefined => {
    const [verb, pattern] = key.split(" ") as [string, string];
    if (verb !== method && verb !== "ANY") return undefined;
    const parts = pattern.slice(1).split("/");
    const kinds: number[] = [];
    for (const [index, part] of parts.entries()) {
      if (part.endsWith("+}")) return asked.slice(index).join("/") === "" ? undefined : [...kinds, 2, verb === "ANY" ? 1 : 0];
      const segment = asked[index];
      if (segment === undefined) return undefined;
      if (part.startsWith("{")) {
        if (segment === "") return undefined;
        kinds.push(1);
      } else if (part === segment) kinds.push(0);
      else return undefined;
    }
    return parts.length === asked.length ? [...kinds, verb === "ANY" ? 1 : 0] : undefined;
  };
  const isGreedy = (key: string) => key.endsWith("+}");
  const ranked = routes.filter((key) => key !== "$default").flatMap((key) => {
    const ranks = rank(key);
    return ranks === undefined ? [] : [{ key, ranks: [isGreedy(key) ? 1 : 0, ...ranks] }];
  });
  ranked.sort((one, other) => {
    for (let index = 0; index < Math.max(one.ranks.length, other.ranks.length); index++) {
      const difference = (one.ranks[index] ?? 0) - (other.ranks[index] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  });
  return ranked[0]?.key ?? (routes.includes("$default") ? "$default" : undefined);
};

describe("which route a request takes", () => {
  /** Source: "Create routes for HTTP APIs". */
  const documented = ["GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default"];
  it.each([
    ["GET", "/pets/dog/1", "GET /pets/dog/1"],
    ["GET", "/pets/dog/2", "GET /pets/dog/{id}"],
    ["GET", "/pets/cat/1", "GET /pets/{proxy+}"],
    ["POST", "/test/5", "ANY /{proxy+}"],
    ["GET", "/", "$default"],
  ])("%s %s is AWS's %s", (method, path, route) => expect(chosen(documented, method, path)).toBe(route));

  it.each([
    ["the method itself before ANY", ["ANY /a", "GET /a"], "GET", "/a", "GET /a"],
    ["ANY on the better path before the method on another", ["ANY /a/b", "GET /a/{x}"], "GET", "/a/b", "ANY /a/b"],
    ["a route for the whole path before a greedy one that begins better", ["GET /a/{proxy+}", "GET /{x}/b"], "GET", "/a/b", "GET /{x}/b"],
    ["another route where the best path has not the method", ["POST /a/b", "ANY /{proxy+}"], "GET", "/a/b", "ANY /{proxy+}"],
    ["nothing where a slash too many is", ["GET /a"], "GET", "/a/", undefined],
    ["nothing for an empty parameter", ["GET /a/{x}"], "GET", "/a/", undefined],
    ["text after percent-decoding", ["GET /a b"], "GET", "/a%20b", "GET /a b"],
  ])("is %s", (_what, routes, method, path, route) => expect(chosen(routes, method, path)).toBe(route));

  it("gives parameters decoded, a slash in one included", () => {
    expect(find(["GET /pets/{id}/{rest+}"], "GET", "/pets/a%2Fb/c%20d/e")).toEqual({ route: "GET /pets/{id}/{rest+}", pathParameters: { id: "a/b", rest: "c d/e" } });
    expect(find(["GET /{x}"], "GET", "/%zz")?.pathParameters).toEqual({ x: "%zz" });
  });

  it("is what trying every route gives", () => {
    const segment = fc.constantFrom("a", "b", "c");
    const part = fc.oneof(segment, segment, fc.constantFrom("{x}", "{y}"));
    const key = fc.tuple(fc.constantFrom("GET", "POST", "ANY"), fc.array(part, { minLength: 1, maxLength: 4 }), fc.boolean()).map(([method, parts, isGreedy]) => `${method} /${[...parts.slice(0, isGreedy ? -1 : undefined), ...(isGreedy ? ["{p+}"] : [])].join("/")}`);
    // Two routes of the same shape are one route twice: API Gateway has no such thing.
    const shape = (one: string) => one.replaceAll(/\{\w+\}/g, "{}");
    const routes = fc.uniqueArray(fc.oneof({ weight: 12, arbitrary: key }, { weight: 1, arbitrary: fc.constant("$default") }), { selector: shape, maxLength: 14 });
    const path = fc.array(fc.oneof({ weight: 8, arbitrary: segment }, { weight: 1, arbitrary: fc.constant("") }), { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join("/")}`);
    fc.assert(fc.property(routes, fc.constantFrom("GET", "POST"), path, (all, method, asked) => chosen(all, method, asked) === plain(all, method, asked)), { numRuns: 2_000 });
  });
});
