import { once } from "../../kit/once.ts";
import type { WireResponse } from "../../protocol/http.ts";
import { serviceSummaries } from "../../protocol/services.ts";
import type { GatewayRequest } from "../dispatch.ts";
import { isAllowedHost, routeHost } from "../hosts.ts";
import { frontDoorAddress, managedConnection } from "./address.ts";
import { createApis, type Handshake } from "./apis.ts";
import type { FrontDoorNeeds } from "./needs.ts";

/** The HTTP addresses of users' own functions. */
export interface FrontDoors {
  /** Whether the name is one that a user gave to their API. */
  isCustomDomain(host: string): Promise<boolean>;
  /** What the front door that the request is addressed to answers; undefined when it is addressed to none. */
  answer(request: GatewayRequest): Promise<WireResponse | undefined>;
  /** Whether a request there may become a WebSocket: an API's address, or what may be a custom domain. */
  mayUpgrade(at: { host: string; path: string }): boolean;
  upgrade(handshake: Handshake): Promise<void>;
  /** Ends what is open. */
  close(): Promise<void>;
}

/** Names and addresses of the machine itself, of AWS's services and of other front doors: nobody's domain, or its owner would be handed what is others'. */
const isTaken = (host: string, allowed: readonly string[]): boolean => {
  if (!host.includes(".") || /^[\d.]+$/.test(host) || frontDoorAddress({ host, path: "/" }) !== undefined) return true;
  // Below a domain of their own, `logs` and `events` are anybody's names.
  if (!isAllowedHost(host, allowed)) return false;
  const { endpointPrefix, bucket } = routeHost(host);
  return bucket !== undefined || serviceSummaries.some(({ endpointPrefixes }) => endpointPrefixes.includes(endpointPrefix ?? ""));
};

/** Each kind is loaded with its first request. */
export const createFrontDoors = (needs: FrontDoorNeeds): FrontDoors => {
  const functionUrls = once(async () => (await import("./function-url/function-url.ts")).createFunctionUrls(needs));
  const apis = createApis(needs);
  const { allowedHosts } = needs.settings;
  const isCustomDomain = async (host: string): Promise<boolean> => !isTaken(host, allowedHosts) && (await apis.isCustomDomain(host));
  /** Our own failure: the log is told everything, a stranger nothing. Of a client that has gone away nobody is told. */
  const failed = (error: unknown, request: GatewayRequest): WireResponse => {
    if (request.departure.hasGone) return { status: 499, headers: {} };
    needs.log.error("a request to a front door failed inside lambdad", { host: request.host, path: request.path, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    return { status: 500, headers: { "content-type": "application/json" }, body: '{"message":"Internal Server Error"}' };
  };
  const manage = async (request: GatewayRequest): Promise<WireResponse | undefined> => {
    const id = managedConnection(request);
    return id === undefined ? undefined : apis.manage(request, id);
  };
  const open = async (request: GatewayRequest): Promise<WireResponse | undefined> => {
    const address = frontDoorAddress(request);
    // A custom domain's paths are its own, but no custom domain has the host of another front door.
    if (address?.isByHost !== true && (await isCustomDomain(request.host))) return apis.answer(request, undefined);
    if (address === undefined) return manage(request);
    return address.kind === "function-url" ? (await functionUrls())(address, request) : apis.answer(request, address);
  };

  return {
    isCustomDomain,
    mayUpgrade: (at) => frontDoorAddress(at)?.kind === "api" || !isTaken(at.host, allowedHosts),
    upgrade: async (handshake) => apis.upgrade(handshake, (await isCustomDomain(handshake.request.host)) ? undefined : frontDoorAddress(handshake.request)),
    close: apis.close,
    answer: (request) => open(request).catch((error: unknown) => failed(error, request)),
  };
};
