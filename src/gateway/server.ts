import type { IncomingMessage } from "node:http";
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { WireResponse } from "../protocol/http.ts";
import { createDeparture } from "./departure.ts";
import { createConnections, type GatewayLimits, type Request, type Response } from "./connections.ts";
import { createDispatch, type GatewayRequest } from "./dispatch.ts";
import type { FrontDoors } from "./front-doors/front-doors.ts";
import { hostName, isAllowedHost, isCrossSite } from "./hosts.ts";
import type { GatewayNeeds } from "./needs.ts";
import { createPlatformRoutes, isPlatformPath, type PlatformApi } from "./platform-api.ts";
import { readRequest, refuseUpgrade, write } from "./wire.ts";

export interface Gateway {
  listen(at: { host: string; port: number }): Promise<{ endpoint: string; port: number }>;
  /** A connection that came through an environment's own listener. */
  handleConnection(socket: Socket): void;
  /** No new connections; what runs may finish within `graceMs`. */
  close(graceMs: number): Promise<void>;
}

const forbidden = (message: string): WireResponse => ({ status: 403, headers: { "content-type": "application/json", connection: "close" }, body: `${JSON.stringify({ code: "Forbidden", message })}\n` });

const ignore = (): void => {};

/** One port for everything: HTTP/1.1, and HTTP/2 for clients that begin with its preface. */
export const createGateway = (needs: GatewayNeeds & { frontDoors: FrontDoors; platform: PlatformApi; limits?: Partial<GatewayLimits> }): Gateway => {
  const dispatch = createDispatch(needs);
  const platformRoutes = createPlatformRoutes(needs, needs.platform);
  let running = 0;
  let whenQuiet: (() => void) | undefined;

  const isOurs = async (host: string): Promise<boolean> => isAllowedHost(host, needs.settings.allowedHosts) || (await needs.frontDoors.isCustomDomain(host));

  const answer = async (request: GatewayRequest): Promise<WireResponse> => {
    if (!(await isOurs(request.host))) {
      return withRequestId(forbidden(`the host "${request.host}" is not one of this server's names. If it is meant to be, start lambdad with --allow-host ${request.host}`));
    }
    // Whose pages may use a front door, its own CORS configuration says.
    const opened = await needs.frontDoors.answer(request);
    return opened ?? withRequestId(await answerApi(request));
  };

  const answerApi = async (request: GatewayRequest): Promise<WireResponse> => {
    if (isCrossSite(request.headers, request.host)) return forbidden("a web page of another site may not use this API");
    return isPlatformPath(request.path) ? platformRoutes(request) : dispatch(request);
  };

  /** Whoever answers, there is an id to ask by; a front door's answer has the one that AWS gives it. */
  const withRequestId = (response: WireResponse): WireResponse => {
    if (response.headers["x-amz-request-id"] === undefined) response.headers["x-amzn-requestid"] ??= needs.random.uuid();
    return response;
  };

  const respond = async (incoming: Request, response: Response, sendContinue: (() => void) | undefined) => {
    incoming.on("error", ignore);
    response.on("error", ignore);
    let isBodyComing = sendContinue === undefined;
    const beforeBody = () => {
      if (isBodyComing) return;
      isBodyComing = true;
      sendContinue?.();
    };
    const read = readRequest(incoming, createDeparture(response), beforeBody);
    await write(incoming, response, "refused" in read ? withRequestId(read.refused) : await answer(read.request), () => isBodyComing);
  };

  const takeUpgrade = async (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    const read = readRequest(incoming, createDeparture(socket), undefined);
    if ("refused" in read) return refuseUpgrade(socket, { ...read.refused, body: "" });
    const { request } = read;
    if (!(await isOurs(request.host))) return refuseUpgrade(socket, { status: 403, headers: {}, body: "" });
    await needs.frontDoors.upgrade({ request, incoming, socket, head });
  };
  const upgrade = {
    isWanted: ({ headers, url = "/" }: IncomingMessage) => needs.frontDoors.mayUpgrade({ host: hostName(headers.host) ?? "", path: url.split("?")[0]! }),
    take(incoming: IncomingMessage, socket: Socket, head: Buffer) {
      socket.on("error", ignore);
      takeUpgrade(incoming, socket, head).catch((error: unknown) => {
        needs.log.error("a WebSocket could not be opened", { error: String(error) });
        socket.destroy();
      });
    },
  };

  const onRequest = (incoming: Request, response: Response, sendContinue: (() => void) | undefined) => {
    running++;
    respond(incoming, response, sendContinue)
      .catch((error: unknown) => {
        needs.log.warn("an answer could not be sent", { error: error instanceof Error ? error.message : String(error) });
        response.destroy?.();
      })
      .finally(() => {
        if (--running === 0) whenQuiet?.();
      });
  };

  const connections = createConnections({ wall: needs.wall, limits: needs.limits, onRequest, upgrade });
  // Of their own number: environments that open as many as they may shall not shut the door to everybody else.
  const ofEnvironments = createConnections({ wall: needs.wall, limits: needs.limits, onRequest, upgrade });
  const tcp = createServer({ noDelay: true }, connections.accept);

  return {
    handleConnection: ofEnvironments.accept,
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        tcp.once("error", reject);
        tcp.listen(port, host, () => {
          tcp.removeListener("error", reject);
          const bound = (tcp.address() as AddressInfo).port;
          const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
          resolve({ endpoint: `http://${name}:${bound}`, port: bound });
        });
      }),
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => (tcp.listening ? tcp.close(() => resolve()) : resolve()));
      for (const all of [connections, ofEnvironments]) all.closeIdle();
      const doors = needs.frontDoors.close();
      const hurry = new AbortController();
      const quiet = running === 0 ? Promise.resolve() : new Promise<void>((resolve) => (whenQuiet = resolve));
      await Promise.race([Promise.all([quiet, doors]), needs.wall.sleep(graceMs, hurry.signal).catch(() => {})]);
      hurry.abort();
      for (const all of [connections, ofEnvironments]) all.close();
      await closed;
    },
  };
};
