import type { Integration, Method } from "@aws-sdk/client-api-gateway";
import type { StoredResource } from "../../../plumber/apis/rest-api.ts";
import { savePart, type Place } from "../../../plumber/apis/rows.ts";
import type { Operation, Store } from "../../../store/store.ts";
import { badRequest, notFound, notIdentified } from "../errors.ts";
import type { RestApiRecord } from "../needs.ts";
import { getApi, getPart } from "../parts.ts";

export interface Named {
  restApiId: string | undefined;
  resourceId: string | undefined;
  httpMethod: string | undefined;
}

/** A method where it stands. */
export interface OfMethod {
  api: RestApiRecord;
  resource: StoredResource;
  method: Method;
}

const METHODS = ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY"];

export const checkHttpMethod = (httpMethod: string): void => {
  if (!METHODS.includes(httpMethod)) throw badRequest(`Invalid HttpMethod specified. Valid options are ${METHODS.join(",")}`);
};

export const methodOf = (resource: StoredResource, httpMethod: string | undefined): Method => {
  const method = Object.hasOwn(resource.resourceMethods, httpMethod!) ? resource.resourceMethods[httpMethod!] : undefined;
  if (method === undefined) throw notIdentified("Method");
  return method;
};

export const integrationOf = ({ methodIntegration }: Method): Integration => {
  if (methodIntegration === undefined) throw notIdentified("Integration");
  return methodIntegration;
};

/** Of a method's responses, or an integration's. */
export const responseOf = <R>(responses: Record<string, R> | undefined, statusCode: string | undefined): R => {
  const response = responses !== undefined && Object.hasOwn(responses, statusCode!) ? responses[statusCode!] : undefined;
  if (response === undefined) throw notFound("Invalid Response status code specified");
  return response;
};

export const without = <V>(entries: Readonly<Record<string, V>>, key: string): Record<string, V> => Object.fromEntries(Object.entries(entries).filter(([name]) => name !== key));

/** Reads and changes methods within their resource. */
export const createOfMethod = (store: Store) => ({
  read: <T>(at: Place, named: Named, read: (of: OfMethod) => T): Promise<T> =>
    store.run(function* () {
      const api = yield* getApi(at, named);
      const resource = yield* getPart(api, "resource", named.resourceId);
      return read({ api, resource, method: methodOf(resource, named.httpMethod) });
    }),
  /** @param edit The method as it is to be, in one commit with what it found; it throws what is wrong. */
  change: (at: Place, named: Named, edit: (of: OfMethod) => Operation<Method>): Promise<Method> =>
    store.run(function* () {
      const api = yield* getApi(at, named);
      const resource = yield* getPart(api, "resource", named.resourceId);
      const method = yield* edit({ api, resource, method: methodOf(resource, named.httpMethod) });
      yield* savePart(api.apiId, "resource", resource.id, { ...resource, resourceMethods: { ...resource.resourceMethods, [named.httpMethod!]: method } });
      return method;
    }),
});
