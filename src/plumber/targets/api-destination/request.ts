import { validateHeaderName, validateHeaderValue } from "node:http";
import type { HttpParameters } from "@aws-sdk/client-eventbridge";
import type { StoredApiDestination } from "../../events/api-destinations.ts";
import type { ConnectionAuth } from "../../events/connections.ts";
import { byKey, headersOf, withQuery } from "../../events/http-parameters.ts";
import { notSendable } from "./outcome.ts";

/** What EventBridge sets itself, or takes away, whatever a connection or a target says ("Headers in requests to API destinations"). */
const ITS_OWN = new Set([
  "a-im", "accept-charset", "accept-datetime", "accept-encoding", "cache-control", "connection", "content-encoding", "content-length", "content-md5", "date", "expect", "forwarded", "from", "host", "http2-settings",
  "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "max-forwards", "origin", "pragma", "proxy-authorization", "range", "referer", "te", "trailer", "transfer-encoding", "upgrade",
  "user-agent", "via", "warning",
]);

const FIXED = { "user-agent": "Amazon/EventBridge/ApiDestinations", range: "bytes=0-1048575", "accept-encoding": "gzip,deflate", connection: "close" };

/** What every URL takes for "here" and "one up". */
const STEPS_IN_PATH = /^(?:\.|%2e){1,2}$/i;

/** Each `*` of the path with the next value, which stays within its segment: values come from events, and none of them leads to another path of the endpoint's. */
const fillPath = (endpoint: string, values: readonly string[]): URL => {
  const path = /^[^?]*/.exec(endpoint)![0];
  const left = [...values];
  const filled = path.replaceAll("*", () => (left.length === 0 ? "*" : encodeURIComponent(left.shift()!.toWellFormed())));
  if (path.includes("*") && filled.split("/").some((segment) => STEPS_IN_PATH.test(segment))) throw notSendable("a value of its path is . or .., which leads to another path than the API destination's");
  return new URL(filled + endpoint.slice(path.length));
};

/** A header's value, as bytes of UTF-8. What would end the line is refused: values come from events, too. */
const headerValue = (name: string, value: string): string => {
  const bytes = Buffer.from(value).toString("latin1");
  try {
    validateHeaderName(name);
    validateHeaderValue(name, bytes);
  } catch {
    throw notSendable(`the value of the header ${name} has characters that no header may have`);
  }
  return bytes;
};

/** Members that a connection adds to a body that is a JSON object, in the place of those with their names. Numbers stay as they are written. */
const withMembers = (payload: string, members: Readonly<Record<string, string>>): string => {
  if (Object.keys(members).length === 0) return payload;
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  let body: unknown;
  try {
    body = JSON.parse(payload, ((_key: string, value: unknown, { source }: { source: string }) => (typeof value === "number" ? rawJSON(source) : value)) as never);
  } catch {
    return payload;
  }
  return typeof body === "object" && body !== null && !Array.isArray(body) ? JSON.stringify({ ...body, ...members }) : payload;
};

/** What a connection authorizes by, as headers. @param token Of OAuth: the header's value. */
const authorizationOf = ({ BasicAuthParameters: basic, ApiKeyAuthParameters: apiKey }: ConnectionAuth, token: string | undefined): Record<string, string> => {
  if (token !== undefined) return { authorization: token };
  if (basic !== undefined) return { authorization: `Basic ${Buffer.from(`${basic.Username}:${basic.Password}`).toString("base64")}` };
  return apiKey === undefined ? {} : { [apiKey.ApiKeyName!]: apiKey.ApiKeyValue! };
};

interface Asked {
  destination: Pick<StoredApiDestination, "endpoint">;
  auth: ConnectionAuth;
  token: string | undefined;
  target: HttpParameters | undefined;
  payload: string;
}

/** The request of an event. Where they have the same names, what the connection adds takes the place of what the target adds. */
export const requestOf = ({ destination, auth, token, target, payload }: Asked): { url: URL; headers: Record<string, string>; body: Buffer } => {
  const http = auth.InvocationHttpParameters;
  const url = withQuery(fillPath(destination.endpoint, target?.PathParameterValues ?? []), { ...target?.QueryStringParameters, ...byKey(http?.QueryStringParameters) });
  const body = Buffer.from(withMembers(payload, byKey(http?.BodyParameters)));
  const added = headersOf(target?.HeaderParameters ?? {}, byKey(http?.HeaderParameters), authorizationOf(auth, token));
  const allowed = Object.fromEntries(Object.entries(added).flatMap(([name, value]) => (ITS_OWN.has(name) ? [] : [[name, headerValue(name, value)]])));
  return { url, headers: { "content-type": "application/json; charset=utf-8", ...allowed, ...FIXED, "content-length": String(body.length) }, body };
};
