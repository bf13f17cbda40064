import type { CreateConnectionOAuthRequestParameters } from "@aws-sdk/client-eventbridge";
import { API_DESTINATION_TIMEOUT_MS, OAUTH_TOKEN_ANSWER_BYTES_MAX } from "../../kit/limits/events.ts";
import { readWithin, send } from "../outgoing.ts";
import { byKey, headersOf, withQuery } from "./http-parameters.ts";

export interface OAuthToken {
  /** `Bearer …`, as the header has it. */
  authorization: string;
  /** Seconds that it holds from now on; undefined where the server does not say. */
  expiresInSeconds: number | undefined;
}

/** There is no token to be had. */
export class NoToken extends Error {
  /** The server's own; undefined where it was not reached. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

/** The client's credentials, and what the connection adds: in the body, of a GET in the query (RFC 6749, 4.4). */
const requestOf = ({ ClientParameters, AuthorizationEndpoint, HttpMethod, OAuthHttpParameters: http }: CreateConnectionOAuthRequestParameters) => {
  const credentials = { grant_type: "client_credentials", client_id: ClientParameters!.ClientID!, client_secret: ClientParameters!.ClientSecret!, ...byKey(http?.BodyParameters) };
  const query = byKey(http?.QueryStringParameters);
  const headers = headersOf({ accept: "application/json" }, byKey(http?.HeaderParameters));
  const url = new URL(AuthorizationEndpoint!);
  if (HttpMethod === "GET") return { url: withQuery(url, { ...credentials, ...query }), headers, body: undefined };
  const isJson = headers["content-type"]?.includes("json") === true;
  const body = isJson ? JSON.stringify(credentials) : new URLSearchParams(credentials).toString();
  return { url: withQuery(url, query), headers: { "content-type": "application/x-www-form-urlencoded", ...headers, "content-length": String(Buffer.byteLength(body)) }, body: Buffer.from(body) };
};

const tokenIn = (text: string): OAuthToken | undefined => {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { access_token: token, token_type: type, expires_in: seconds } = (answer ?? {}) as Record<string, unknown>;
  if (typeof token !== "string" || /[^\x21-\x7e]/.test(token)) return undefined;
  const scheme = typeof type === "string" && !/^bearer$/i.test(type) && /^[A-Za-z0-9-]+$/.test(type) ? type : "Bearer";
  const expiresInSeconds = Number(seconds);
  return { authorization: `${scheme} ${token}`, expiresInSeconds: seconds === undefined || !Number.isFinite(expiresInSeconds) ? undefined : expiresInSeconds };
};

/** Asks a connection's authorization endpoint. Rejects with NoToken. */
export const fetchToken = async (oauth: CreateConnectionOAuthRequestParameters): Promise<OAuthToken> => {
  const { url, headers, body } = requestOf(oauth);
  let status: number;
  let text: string;
  try {
    const answer = await send({ url, method: oauth.HttpMethod!, headers, body, signal: AbortSignal.timeout(API_DESTINATION_TIMEOUT_MS) });
    ({ status } = answer);
    text = (await readWithin(answer.body, OAUTH_TOKEN_ANSWER_BYTES_MAX)).toString();
  } catch (error) {
    throw new NoToken(`the authorization endpoint ${url.origin}${url.pathname} cannot be reached: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (status < 200 || status > 299) throw new NoToken(`the authorization endpoint ${url.origin}${url.pathname} answered ${status}`, status);
  const token = tokenIn(text);
  if (token === undefined) throw new NoToken(`the authorization endpoint ${url.origin}${url.pathname} answered without an access_token`, status);
  return token;
};
