import type { Method } from "@aws-sdk/client-api-gateway";
import { isApiError } from "../../../kit/api-error.ts";
import type { StoredResource } from "../../../plumber/apis/rest-api.ts";
import { deletePart, saveApi, savePart } from "../../../plumber/apis/rows.ts";
import type { Operation } from "../../../store/store.ts";
import { checkAuthorizer } from "../authorizers/check-authorizer.ts";
import { locationFrom } from "../documentation/location.ts";
import { badRequest } from "../errors.ts";
import { checkIntegration } from "../methods/check-integration.ts";
import { checkMethod } from "../methods/check-method.ts";
import { checkResponse } from "../methods/integration-responses.ts";
import { standardModels } from "../models/standard-models.ts";
import type { RestApiRecord } from "../needs.ts";
import { allParts } from "../parts.ts";
import { checkPathPart, checkPlace, childPath } from "../resources/paths.ts";
import { validatorFrom } from "../validators.ts";
import type { ApiDescription, DescribedMethod } from "./description.ts";
import { atApi } from "./read-models.ts";

/** The same id for the same name, however often it is asked for: an operation may be run again. */
export type IdFor = (name: string) => string;

/** Import says where it failed. */
function* telling<T>(what: string, operation: () => Operation<T>): Operation<T> {
  try {
    return yield* operation();
  } catch (error) {
    if (!isApiError(error)) throw error;
    if (error.status === 501) throw error;
    throw badRequest(`Errors found during import:\n\t${what}: ${error.message}`);
  }
}

function* applyModels(api: RestApiRecord, { models }: ApiDescription, isOverwrite: boolean, idFor: IdFor): Operation<void> {
  const before = yield* allParts(api, "model");
  const kept = new Set(standardModels().map(({ name }) => name));
  if (isOverwrite) for (const { name } of before) if (!kept.has(name!)) yield* deletePart(api.apiId, "model", name);
  for (const model of models) {
    const id = before.find(({ name }) => name === model.name)?.id ?? idFor(`model ${model.name}`);
    yield* savePart(api.apiId, "model", model.name, { ...model, id, schema: atApi(model.schema, api.apiId) });
  }
}

/** By name, as methods name them: their ids. */
function* applyNamed<T extends { name: string }>(api: RestApiRecord, kind: "authorizer" | "validator", described: readonly T[], isOverwrite: boolean, make: (one: T, id: string) => object, idFor: IdFor): Operation<Map<string, string>> {
  const before = yield* allParts(api, kind);
  if (isOverwrite) yield* deletePart(api.apiId, kind);
  const ids = new Map(isOverwrite ? [] : before.map(({ name, id }) => [name!, id!] as const));
  for (const one of described) {
    const id = before.find(({ name }) => name === one.name)?.id ?? idFor(`${kind} ${one.name}`);
    ids.set(one.name, id);
    yield* savePart(api.apiId, kind, id, yield* telling(`Unable to put ${kind} '${one.name}'`, function* () { return make(one, id); }));
  }
  return ids;
}

/** The resource at the path, with all above it. */
const resourceAt = (path: string, resources: Map<string, StoredResource>, idFor: IdFor): StoredResource => {
  let parent = resources.get("/")!;
  for (const pathPart of path.split("/").filter((part) => part !== "")) {
    const below = childPath(parent, pathPart);
    let resource = resources.get(below);
    if (resource === undefined) {
      checkPathPart(pathPart);
      resource = { id: idFor(`resource ${below}`), parentId: parent.id, pathPart, path: below, resourceMethods: {} };
      checkPlace(resource, parent, [...resources.values()]);
      resources.set(below, resource);
    }
    parent = resource;
  }
  return parent;
};

const checked = (method: Method, resourceId: string): Method => {
  const { methodIntegration: integration } = method;
  if (integration === undefined) return method;
  checkIntegration(integration, method);
  for (const response of Object.values(integration.integrationResponses ?? {})) checkResponse(method, response);
  return integration.cacheNamespace === undefined ? { ...method, methodIntegration: { ...integration, cacheNamespace: resourceId } } : method;
};

function* methodFrom(api: RestApiRecord, { method, authorizer, validator }: DescribedMethod, resourceId: string, authorizers: Map<string, string>, validators: Map<string, string>): Operation<Method> {
  if (validator !== undefined && !validators.has(validator)) throw badRequest(`Invalid Request Validator specified: ${validator}`);
  return checked(
    yield* checkMethod(api, {
      ...method,
      ...(authorizer === undefined ? {} : { authorizerId: authorizers.get(authorizer) }),
      ...(validator === undefined ? {} : { requestValidatorId: validators.get(validator) }),
    }),
    resourceId,
  );
}

export interface Applying {
  description: ApiDescription;
  /** The API's own settings as they are to be. */
  body: RestApiRecord["body"];
  isOverwrite: boolean;
  /** In front of each path. */
  prefix: string;
  idFor: IdFor;
}

/** Makes the API what the document says: all of it, or besides what it is. */
export function* applyDescription(before: RestApiRecord, { description, body, isOverwrite, prefix, idFor }: Applying): Operation<RestApiRecord> {
  const api = { ...before, body };
  yield* saveApi(api);
  yield* applyModels(api, description, isOverwrite, idFor);
  const validators = yield* applyNamed(api, "validator", description.validators, isOverwrite, (one, id) => validatorFrom(id, one), idFor);
  const authorizers = yield* applyNamed(api, "authorizer", description.authorizers, isOverwrite, (one, id) => checkAuthorizer({ ...one, id }), idFor);
  if (isOverwrite) for (const kind of ["gateway-response", "documentation-part"]) yield* deletePart(api.apiId, kind);
  for (const response of description.gatewayResponses) yield* savePart(api.apiId, "gateway-response", response.responseType!, response);
  for (const [index, { location, properties }] of description.documentation.entries()) {
    const id = idFor(`documentation ${index}`);
    yield* savePart(api.apiId, "documentation-part", id, { id, location: locationFrom(location!), properties });
  }

  const known = yield* allParts(api, "resource");
  const root = known.find(({ path }) => path === "/")!;
  const resources = new Map((isOverwrite ? [{ ...root, resourceMethods: {} }] : known).map((resource) => [resource.path, resource]));
  const sameId: IdFor = (name) => known.find(({ path }) => name === `resource ${path}`)?.id ?? idFor(name);
  const at = (path: string) => telling(`Unable to create resource at path '${path}'`, function* () { return resourceAt(prefix + path, resources, sameId); });
  for (const path of description.paths) yield* at(path);
  for (const described of description.methods) {
    const resource = yield* at(described.path);
    const method = yield* telling(`Unable to put method '${described.httpMethod}' on resource at path '${described.path}'`, () => methodFrom(api, described, resource.id, authorizers, validators));
    resources.set(resource.path, { ...resource, resourceMethods: { ...resource.resourceMethods, [described.httpMethod]: method } });
  }
  if (isOverwrite) yield* deletePart(api.apiId, "resource");
  for (const resource of resources.values()) yield* savePart(api.apiId, "resource", resource.id, resource);
  return api;
}
