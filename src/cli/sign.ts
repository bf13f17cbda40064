import { createHash, createHmac } from "node:crypto";

export interface Unsigned {
  method: string;
  url: URL;
  body: string;
}

export interface SigningIdentity {
  accessKeyId: string;
  secretAccessKey: string;
  region: string;
  service: string;
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** The headers that sign a request, Signature Version 4 ("Create a signed AWS API request", IAM user guide). `nowMs` is wall time. */
export const signHeaders = ({ method, url, body }: Unsigned, who: SigningIdentity, nowMs: number): Record<string, string> => {
  const time = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d{3}/g, "");
  const day = time.slice(0, 8);
  const scope = `${day}/${who.region}/${who.service}/aws4_request`;
  const headers: Record<string, string> = { host: url.host, "x-amz-content-sha256": sha256(body), "x-amz-date": time };
  const names = Object.keys(headers).toSorted();
  const canonical = [
    method,
    canonicalPath(url.pathname),
    canonicalQuery(url.searchParams),
    ...names.map((name) => `${name}:${headers[name]}`),
    "",
    names.join(";"),
    headers["x-amz-content-sha256"],
  ].join("\n");
  const key = [who.region, who.service, "aws4_request"].reduce(hmac, hmac(`AWS4${who.secretAccessKey}`, day));
  const signature = hmac(key, ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n")).toString("hex");
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${who.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
  };
};

const encode = (text: string): string => encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** Every service but S3 encodes the path once more. */
const canonicalPath = (path: string): string => path.split("/").map(encode).join("/");

const canonicalQuery = (query: URLSearchParams): string =>
  [...query]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .toSorted(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
