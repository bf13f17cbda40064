import { hostName } from "../hosts.ts";
import { once } from "../../kit/once.ts";
import { findServedDomain, listAllDomainNames, type ServedDomain, type StoredMapping } from "../../plumber/apis/domain-names.ts";
import { findApi, type ApiRecord } from "../../plumber/apis/rows.ts";
import type { WireResponse } from "../../protocol/http.ts";
import type { GatewayRequest } from "../dispatch.ts";
import type { FrontDoorAddress } from "./address.ts";
import { createKept } from "./kept.ts";
import type { FrontDoorNeeds } from "./needs.ts";

/** A request that has found its API. */
export interface ApiRequest {
  request: GatewayRequest;
  api: Pick<ApiRecord, "apiId" | "account" | "region" | "kind">;
  /** Below the host, or below the form without a name of its own; percent-encoding kept. The stage stands in front, unless `mapping` names it. */
  path: string;
  /** With the port, as a client writes it. */
  domainName: string;
  /** By which custom domain and base path it came; `path` still begins with the base path. */
  mapping?: StoredMapping;
}

export type ApiDoor = (request: ApiRequest) => Promise<WireResponse>;

/** What an address answers that is no API's. */
const forbidden = (): WireResponse => ({ status: 403, headers: { "content-type": "application/json", "x-amzn-errortype": "ForbiddenException" }, body: '{"message":"Forbidden"}' });

/** Of the mappings whose base path the path begins with, the longest. */
const mappingOf = ({ mappings }: ServedDomain, path: string): StoredMapping | undefined =>
  mappings
    .filter(({ basePath }) => basePath === "" || path === `/${basePath}` || path.startsWith(`/${basePath}/`))
    .toSorted((one, other) => other.basePath.length - one.basePath.length)[0];

/** APIs of API Gateway, by the id in their address or by a custom domain; each kind is loaded with its first request. */
export const createApis = (needs: FrontDoorNeeds) => {
  const { store } = needs;
  const find = createKept(store, ["api"], (apiId) => findApi(apiId));
  const domain = createKept(store, ["api_item"], findServedDomain);
  const domainNames = createKept(store, ["api_item"], function* () { return new Set(yield* listAllDomainNames()); });
  const doors: Record<ApiRecord["kind"], () => Promise<ApiDoor>> = {
    HTTP: once(async () => (await import("./http-api/http-api.ts")).createHttpApis(needs)),
    REST: once(async () => (await import("./rest-api/rest-api.ts")).createRestApis(needs)),
    WEBSOCKET: once(async () => (await import("./websocket/websocket.ts")).createWebSocketApis(needs)),
  };

  const hand = async (apiId: string, to: Omit<ApiRequest, "api">): Promise<WireResponse> => {
    const api = await find(apiId);
    return api === undefined ? forbidden() : (await doors[api.kind]())({ ...to, api });
  };

  return {
    async isCustomDomain(host: string): Promise<boolean> {
      return (await domainNames(""))?.has(host) === true;
    },
    async byDomain(request: GatewayRequest): Promise<WireResponse> {
      const served = await domain(request.host);
      const mapping = served && mappingOf(served, request.path);
      return mapping === undefined ? forbidden() : hand(mapping.apiId, { request, path: request.path, domainName: request.headers["host"]!, mapping });
    },
    async byId({ id, path, isByHost }: FrontDoorAddress, request: GatewayRequest): Promise<WireResponse> {
      const host = request.headers["host"]!;
      return hand(id, { request, path, domainName: isByHost ? host : `${id}.execute-api.${host.replace(hostName(host)!, "localhost")}` });
    },
  };
};
