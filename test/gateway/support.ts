import { createHash, createHmac } from "node:crypto";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { connect, type Socket } from "node:net";
import { once } from "node:events";

export const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** RFC 3986, as "Create a signed AWS API request" asks for it. */
const encode = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

export const compactTime = (date: Date): string => date.toISOString().replace(/[-:]|\.\d{3}/g, "");

export interface ToSign {
  method: string;
  /** Percent-encoded, as it goes on the wire. */
  path: string;
  query?: Record<string, string>;
  headers: Record<string, string>;
  /** What `x-amz-content-sha256` says, for a presigned URL `UNSIGNED-PAYLOAD`. */
  payload: string;
  date?: Date;
  region?: string;
  service?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
  sessionToken?: string;
}

const prepare = ({ date = new Date(), region = "us-east-1", service = "s3", secretAccessKey = "test" }: ToSign) => {
  const timestamp = compactTime(date);
  const day = timestamp.slice(0, 8);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const key = hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, day), region), service), "aws4_request");
  return { timestamp, scope, key };
};

export const queryOf = (query: Record<string, string>): string =>
  Object.entries(query).map(([name, value]) => [encode(name), encode(value)] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${value}`).join("&");

const signatureOf = (key: Buffer, timestamp: string, scope: string, { method, path, payload }: ToSign, query: Record<string, string>, headers: Record<string, string>) => {
  const names = Object.keys(headers).toSorted();
  const canonical = [method, path, queryOf(query), ...names.map((name) => `${name}:${headers[name]!.trim()}`), "", names.join(";"), payload].join("\n");
  return { signature: hmac(key, `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(canonical)}`).toString("hex"), signedHeaders: names.join(";") };
};

/** The headers of a signed request, and what a client in chunks goes on to sign with. Source: "Signature Calculations for the Authorization Header", S3 API reference. */
export const signHeaders = (request: ToSign) => {
  const { timestamp, scope, key } = prepare(request);
  const headers: Record<string, string> = {
    ...request.headers, "x-amz-date": timestamp, "x-amz-content-sha256": request.payload,
    ...(request.sessionToken === undefined ? {} : { "x-amz-security-token": request.sessionToken }),
  };
  const { signature, signedHeaders } = signatureOf(key, timestamp, scope, request, request.query ?? {}, headers);
  const authorization = `AWS4-HMAC-SHA256 Credential=${request.accessKeyId ?? "test"}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
  return { headers: { ...headers, authorization } as Record<string, string>, signature, key, scope, timestamp };
};

/** The query of a presigned URL. Source: "Authenticating Requests: Using Query Parameters", S3 API reference. */
export const presign = (request: Omit<ToSign, "payload"> & { expires?: string; payload?: string }): Record<string, string> => {
  const whole = { ...request, payload: request.payload ?? "UNSIGNED-PAYLOAD" };
  const { timestamp, scope, key } = prepare(whole);
  const query: Record<string, string> = {
    ...request.query,
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": `${request.accessKeyId ?? "test"}/${scope}`,
    "X-Amz-Date": timestamp,
    ...(request.expires === undefined ? {} : { "X-Amz-Expires": request.expires }),
    "X-Amz-SignedHeaders": Object.keys(request.headers).toSorted().join(";"),
    ...(request.sessionToken === undefined ? {} : { "X-Amz-Security-Token": request.sessionToken }),
  };
  const { signature } = signatureOf(key, timestamp, scope, whole, query, request.headers);
  return { ...query, "X-Amz-Signature": signature };
};

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Of an XML error. */
  code: string | undefined;
}

/** One request as it is given: path and headers go out as they are, Host included. */
export const send = (endpoint: string, { method, path, headers, body }: { method: string; path: string; headers: Record<string, string>; body?: string | Uint8Array }): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(endpoint);
    const outgoing = httpRequest({ hostname, port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode!, headers: response.headers, text, code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1] });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });

export const dial = (endpoint: string): Socket => {
  const { hostname, port } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  return socket;
};

/** Bytes as they are, and what comes back until the server closes. */
export const sendRaw = async (endpoint: string, text: string | Uint8Array): Promise<string> => {
  const socket = dial(endpoint);
  let answer = "";
  socket.on("data", (chunk) => (answer += chunk));
  socket.write(text);
  await once(socket, "close");
  return answer;
};

export const member = (text: string, name: string): string | undefined => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
