import type { PatchOperation, Resource } from "@aws-sdk/client-api-gateway";
import { lowerId } from "../../../kit/ids.ts";
import type { StoredResource } from "../../../plumber/apis/rest-api.ts";
import { deletePart, savePart } from "../../../plumber/apis/rows.ts";
import type { Operation } from "../../../store/store.ts";
import { badRequest } from "../errors.ts";
import type { RestApiRecord, RestHandlers } from "../needs.ts";
import { allParts, getApi, getPart, type ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { required } from "../patch/rules.ts";
import { PART_ID_LENGTH } from "../rest-apis/create.ts";
import { checkPathPart, checkPlace, childPath, isGreedy, moved, subtree } from "./paths.ts";

/** Methods are told by their names, or whole where that is asked for. */
export const showResource = ({ resourceMethods, ...resource }: StoredResource, embed: readonly string[] | undefined): Resource => {
  const names = Object.keys(resourceMethods);
  if (names.length === 0) return resource;
  return { ...resource, resourceMethods: embed?.includes("methods") === true ? resourceMethods : Object.fromEntries(names.map((name) => [name, {}])) };
};

const rules: Rules<StoredResource> = { "/pathPart": required("Path part"), "/parentId": required("Parent") };

function* getParent(api: RestApiRecord, parentId: string | undefined): Operation<StoredResource> {
  return yield* getPart(api, "resource", parentId);
}

/** What the patch makes of the resource, and of all that stands below it. */
function* patchResource(api: RestApiRecord, resource: StoredResource, operations: readonly PatchOperation[] | undefined): Operation<StoredResource> {
  const changed = applyPatches(resource, rules, operations);
  if (changed.pathPart === resource.pathPart && changed.parentId === resource.parentId) return resource;
  if (resource.parentId === undefined) throw badRequest(changed.pathPart === undefined ? "Root resource cannot update its parent." : "Root resource cannot update its path part.");
  checkPathPart(changed.pathPart!);
  const all = yield* allParts(api, "resource");
  const tree = subtree(resource, all);
  const parent = yield* getParent(api, changed.parentId);
  if (tree.some(({ id }) => id === parent.id)) throw badRequest("Resources cannot be cyclic.");
  checkPlace(changed, parent, all);
  if (isGreedy(changed.pathPart) && tree.length > 1) throw badRequest(`Cannot create a child of a resource with a greedy path variable: ${changed.pathPart}`);
  const path = childPath(parent, changed.pathPart!);
  for (const below of tree.slice(1)) yield* savePart(api.apiId, "resource", below.id, moved(below, resource.path, path));
  return { ...changed, path };
}

export const resourceHandlers = ({ store, random, parts }: ServiceParts) =>
  ({
    async CreateResource({ restApiId, parentId, pathPart }, context) {
      const id = lowerId(random, PART_ID_LENGTH);
      const created = await parts.create("resource", context, { restApiId }, id, function* (api) {
        const parent = yield* getParent(api, parentId);
        checkPathPart(pathPart!);
        checkPlace({ id, pathPart: pathPart! }, parent, yield* allParts(api, "resource"));
        return { id, parentId: parent.id, pathPart: pathPart!, path: childPath(parent, pathPart!), resourceMethods: {} };
      });
      return showResource(created, undefined);
    },

    async GetResource({ restApiId, resourceId, embed }, context) {
      return showResource(await parts.get("resource", context, { restApiId }, resourceId), embed);
    },

    GetResources: (input, context) => parts.list("resource", context, input, (resource) => showResource(resource, input.embed)),

    async UpdateResource({ restApiId, resourceId, patchOperations }, context) {
      return showResource(await parts.change("resource", context, { restApiId }, resourceId, (resource, api) => patchResource(api, resource, patchOperations)), undefined);
    },

    async DeleteResource({ restApiId, resourceId }, context) {
      await store.run(function* () {
        const api = yield* getApi(context, { restApiId });
        const resource = yield* getPart(api, "resource", resourceId);
        if (resource.parentId === undefined) throw badRequest("Root resource cannot be deleted");
        for (const { id } of subtree(resource, yield* allParts(api, "resource"))) yield* deletePart(api.apiId, "resource", id);
      });
      return {};
    },
  }) satisfies RestHandlers;
