import { isApiError } from "../../../kit/api-error.ts";
import { newTrace } from "../../../kit/ids.ts";
import { WEBSOCKET_MESSAGE_BYTES_MAX } from "../../../kit/limits/apis.ts";
import type { WireResponse } from "../../../protocol/http.ts";
import type { ApiRequest } from "../apis.ts";
import { createExecuteApiAuthorize } from "../execute-api.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import { BodyTooLarge, readBody } from "../request-body.ts";
import { createSignedCaller } from "../signed-caller.ts";
import type { Connection } from "./connection.ts";

const refuse = (status: number, code: string, message: string): WireResponse => ({ status, headers: { "content-type": "application/json", "x-amzn-errortype": code }, body: JSON.stringify({ message }) });
const gone = () => refuse(410, "GoneException", "The connection has gone away");
const tooLarge = () => refuse(413, "PayloadTooLargeException", "Payload Too Large");

const NORMAL = 1000;

const iso = (ms: number): string => new Date(ms).toISOString();

const describe = ({ lastActiveAt, facts: { connectedAt, sourceIp, userAgent } }: Connection): WireResponse => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ connectedAt: iso(connectedAt), identity: { sourceIp, userAgent }, lastActiveAt: iso(lastActiveAt) }),
});

/** Those that are open. */
interface Connections {
  find(apiId: string, stage: string, connectionId: string): Connection | undefined;
  /** Resolves to whether it was taken. */
  send(connection: Connection, text: string): Promise<boolean>;
}

/** API Gateway's Management API: what a backend may do with a connection, signed, and with execute-api:ManageConnections. */
export const createManagement = (needs: FrontDoorNeeds, { find, send }: Connections) => {
  const signedCaller = createSignedCaller(needs, "execute-api");
  const authorize = createExecuteApiAuthorize(needs);

  const perform = async (method: string, connection: Connection | undefined, body: Buffer): Promise<WireResponse> => {
    if (connection === undefined) return gone();
    switch (method) {
      case "GET": return describe(connection);
      case "DELETE": {
        connection.end(NORMAL, "Connection Closed Normally");
        return { status: 204, headers: {}, body: "" };
      }
      default: return (await send(connection, body.toString("utf8"))) ? { status: 200, headers: { "content-type": "application/json" }, body: "" } : gone();
    }
  };

  /** @param asked Without an API: of a connection that is nobody's, which only who has signed is told. */
  return async ({ request, api }: Pick<ApiRequest, "request"> & Partial<Pick<ApiRequest, "api">>, stage: string, connectionId: string): Promise<WireResponse> => {
    const { method } = request;
    if (method !== "POST" && method !== "GET" && method !== "DELETE") return refuse(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
    const requestId = needs.random.uuid();
    try {
      const body = await readBody(request, WEBSOCKET_MESSAGE_BYTES_MAX);
      const caller = await signedCaller(request, body, api?.region);
      if (caller === undefined) return refuse(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
      if (api === undefined) return gone();
      const resource = `arn:aws:execute-api:${api.region}:${api.account}:${api.apiId}/${stage}/${method}/@connections/${connectionId}`;
      const refusal = await authorize({ caller, api, action: "execute-api:ManageConnections", resource, request, requestId, trace: newTrace(needs.random, needs.clock.now()) });
      if (refusal !== undefined) return refuse(403, "AccessDeniedException", refusal.message);
      return await perform(method, find(api.apiId, stage, connectionId), body);
    } catch (error) {
      if (error instanceof BodyTooLarge) return tooLarge();
      if (isApiError(error)) return refuse(error.status ?? 403, error.code, error.message);
      throw error;
    }
  };
};
