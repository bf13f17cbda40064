import { ApiError } from "../../kit/api-error.ts";
import type { Call } from "../../kit/call.ts";
import type { Clock } from "../../kit/clock.ts";
import { API_DESTINATION_ANSWER_BYTES_MAX, API_DESTINATION_TIMEOUT_MS } from "../../kit/limits/events.ts";
import type { Store } from "../../store/store.ts";
import { connectionOf } from "../events/api-destinations.ts";
import { openAuth, type ConnectionAuth, type StoredConnection } from "../events/connections.ts";
import { NoToken } from "../events/oauth-token.ts";
import { readWithin, send, type Incoming } from "../outgoing.ts";
import { createTurns } from "../turns.ts";
import { failureOf, notAuthorized, retryAfterMs, textOf, timedOut, unreachable } from "./api-destination/outcome.ts";
import { requestOf } from "./api-destination/request.ts";
import { createTokens } from "./api-destination/tokens.ts";
import type { Sending } from "./targets.ts";

/** What an endpoint said to an event that it has taken. */
export interface EndpointAnswer {
  status: number;
  /** As much of it as is read. */
  body: Buffer;
  /** `gzip`, where it is compressed. */
  encoding: string | undefined;
}

const headerOf = ({ rawHeaders }: Incoming, name: string): string | undefined => {
  const at = rawHeaders.findIndex((one, index) => index % 2 === 0 && one.toLowerCase() === name);
  return at === -1 ? undefined : rawHeaders[at + 1];
};

export interface ApiDestinationNeeds {
  store: Store;
  call: Call;
  clock: Clock;
  wall: Clock;
  /** Of this installation: secrets of connections are sealed with it. */
  sessionKey: Buffer;
}

/** @param answerBytesMax Of an answer that are read. */
export type SendToApiDestination = (sending: Sending, answerBytesMax?: number) => Promise<EndpointAnswer>;

/** Posts events to HTTP endpoints, as their connections authorize, at the rate that they take. One for all who send: rules and pipes together keep the rate. What was sent stands for itself: redirects are not followed. */
export const createApiDestinationTarget = ({ store, call, clock, wall, sessionKey }: ApiDestinationNeeds): SendToApiDestination => {
  const takeTurn = createTurns({ clock });
  const tokens = createTokens({ wall });

  /** The caller's own policies must let it be invoked; what it is is told then. */
  const describe = async ({ delivery, arn, as, trace }: Sending) => {
    const [, name = ""] = arn.resource.split("/");
    const found = await call("events", "DescribeApiDestination", { Name: name }, { as, account: arn.account, region: arn.region, requestId: delivery.id, trace, isInvocation: true });
    if (found.ApiDestinationArn !== delivery.targetArn) throw new ApiError("ResourceNotFoundException", `${delivery.targetArn} is not there any more: ${name} was made again since`);
    return { endpoint: found.InvocationEndpoint!, method: found.HttpMethod!, perSecond: found.InvocationRateLimitPerSecond!, connectionArn: found.ConnectionArn! };
  };

  const authorize = async (connection: StoredConnection | undefined): Promise<{ auth: ConnectionAuth; token: string | undefined; connection: StoredConnection }> => {
    if (connection === undefined) throw notAuthorized("it was deleted");
    const auth = connection.state === "DEAUTHORIZED" ? undefined : openAuth(connection, sessionKey);
    if (auth === undefined) throw notAuthorized(connection.stateReason ?? "it was deauthorized");
    try {
      const token = auth.OAuthParameters === undefined ? undefined : await tokens.of(connection, auth.OAuthParameters);
      return { auth, token, connection };
    } catch (error) {
      throw error instanceof NoToken ? notAuthorized(error.message) : error;
    }
  };

  const post = async (method: string, request: ReturnType<typeof requestOf>, answerBytesMax: number): Promise<EndpointAnswer & { retryAfter: string | undefined }> => {
    const signal = AbortSignal.timeout(API_DESTINATION_TIMEOUT_MS);
    try {
      const answer = await send({ ...request, method, signal });
      const body = await readWithin(answer.body, answerBytesMax);
      return { status: answer.status, body, encoding: headerOf(answer, "content-encoding"), retryAfter: headerOf(answer, "retry-after") };
    } catch {
      throw signal.aborted ? timedOut() : unreachable();
    }
  };

  return async (sending, answerBytesMax = API_DESTINATION_ANSWER_BYTES_MAX) => {
    const { delivery, arn } = sending;
    const destination = await describe(sending);
    takeTurn({ ...sending, perSecond: destination.perSecond });
    const { auth, token, connection } = await authorize((await store.read(() => connectionOf(arn, destination)))?.body);
    const { retryAfter, ...answer } = await post(destination.method, requestOf({ destination, auth, token, target: delivery.httpParameters, payload: delivery.payload }), answerBytesMax);
    const { status, body, encoding } = answer;
    if (status >= 200 && status < 300) return answer;
    if ((status === 401 || status === 407) && token !== undefined) await tokens.forget(connection, token);
    throw failureOf(status, textOf(body.subarray(0, API_DESTINATION_ANSWER_BYTES_MAX), encoding), retryAfterMs(retryAfter, wall.now()));
  };
};
