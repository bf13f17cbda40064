import type { StoredResource } from "../../../plumber/apis/rest-api.ts";
import { badRequest, conflict } from "../errors.ts";

const PLAIN = /^[a-zA-Z0-9._\-:]+$/;
const VARIABLE = /^\{[a-zA-Z0-9._\-:]+\+?\}$/;

export const isGreedy = (pathPart: string | undefined): boolean => pathPart?.endsWith("+}") === true;
const isVariable = (pathPart: string | undefined): boolean => pathPart?.startsWith("{") === true;

export const checkPathPart = (pathPart: string): void => {
  if (!PLAIN.test(pathPart) && !VARIABLE.test(pathPart)) {
    throw badRequest("Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.");
  }
};

export const childPath = (parent: Pick<StoredResource, "path">, pathPart: string): string => `${parent.path === "/" ? "" : parent.path}/${pathPart}`;

/** Whether a resource may stand there, beside what stands there already. */
export const checkPlace = (resource: Pick<StoredResource, "id" | "pathPart">, parent: StoredResource, all: readonly StoredResource[]): void => {
  if (isGreedy(parent.pathPart)) throw badRequest(`Cannot create a child of a resource with a greedy path variable: ${parent.pathPart}`);
  const siblings = all.filter(({ id, parentId }) => parentId === parent.id && id !== resource.id);
  if (siblings.some(({ pathPart }) => pathPart === resource.pathPart)) throw conflict(`Another resource with the same parent already has this name: ${resource.pathPart}`);
  const variable = isVariable(resource.pathPart) ? siblings.find(({ pathPart }) => isVariable(pathPart)) : undefined;
  if (variable !== undefined) throw badRequest(`A sibling (${variable.id}) of this resource already has a variable path part -- only one is allowed`);
};

/** The resource and all below it. */
export const subtree = (root: StoredResource, all: readonly StoredResource[]): StoredResource[] => {
  const below = root.path === "/" ? "/" : `${root.path}/`;
  return [root, ...all.filter(({ id, path }) => id !== root.id && path.startsWith(below))];
};

/** What moves with a resource that is now called `to`. */
export const moved = (resource: StoredResource, from: string, to: string): StoredResource => ({ ...resource, path: to + resource.path.slice(from.length) });
