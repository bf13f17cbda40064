import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { once } from "../../kit/once.ts";
import { findServedDomain, listAllDomainNames, type ServedDomain, type StoredMapping } from "../../plumber/apis/domain-names.ts";
import { findApi, type ApiRecord } from "../../plumber/apis/rows.ts";
import type { WireResponse } from "../../protocol/http.ts";
import type { GatewayRequest } from "../dispatch.ts";
import { hostName } from "../hosts.ts";
import { refuseUpgrade } from "../wire.ts";
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

/** A client that asks for a WebSocket, with what it has already sent behind its request. */
export interface Handshake {
  request: GatewayRequest;
  incoming: IncomingMessage;
  socket: Socket;
  head: Buffer;
}

export type ApiDoor = (request: ApiRequest) => Promise<WireResponse>;

/** What an address answers that is no API's. */
const FORBIDDEN = '{"message":"Forbidden"}';
const forbidden = (): WireResponse => ({ status: 403, headers: { "content-type": "application/json", "x-amzn-errortype": "ForbiddenException" }, body: FORBIDDEN });

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
  const webSockets = once(async () => (await import("./websocket/websocket.ts")).createWebSocketApis(needs));
  const doors: Record<ApiRecord["kind"], () => Promise<ApiDoor>> = {
    HTTP: once(async () => (await import("./http-api/http-api.ts")).createHttpApis(needs)),
    REST: once(async () => (await import("./rest-api/rest-api.ts")).createRestApis(needs)),
    WEBSOCKET: async () => (await webSockets()).answer,
  };

  /** The API that the address names, or the custom domain where there is no address; undefined when it is nobody's. */
  const reach = async (request: GatewayRequest, address: FrontDoorAddress | undefined): Promise<ApiRequest | undefined> => {
    const host = request.headers["host"]!;
    if (address !== undefined) {
      const api = await find(address.id);
      return api && { api, request, path: address.path, domainName: address.isByHost ? host : `${address.id}.execute-api.${host.replace(hostName(host)!, "localhost")}` };
    }
    const served = await domain(request.host);
    const mapping = served && mappingOf(served, request.path);
    const api = mapping && (await find(mapping.apiId));
    return api && { api, request, path: request.path, domainName: host, mapping: mapping! };
  };

  return {
    async isCustomDomain(host: string): Promise<boolean> {
      return (await domainNames(""))?.has(host) === true;
    },
    /** @param address None for a custom domain. */
    async answer(request: GatewayRequest, address: FrontDoorAddress | undefined): Promise<WireResponse> {
      const reached = await reach(request, address);
      return reached === undefined ? forbidden() : (await doors[reached.api.kind]())(reached);
    },
    async manage(request: GatewayRequest, connectionId: string): Promise<WireResponse> {
      return (await webSockets()).manage(request, connectionId);
    },
    async upgrade({ request, ...connection }: Handshake, address: FrontDoorAddress | undefined): Promise<void> {
      const reached = await reach(request, address);
      if (reached?.api.kind !== "WEBSOCKET") return refuseUpgrade(connection.socket, { ...forbidden(), body: FORBIDDEN });
      await (await webSockets()).connect(reached, connection);
    },
    async close(): Promise<void> {
      await (await webSockets.asked())?.close();
    },
  };
};
