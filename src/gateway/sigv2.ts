import { createHmac } from "node:crypto";

/** A request signed with version 2, as S3 still takes it: SDKs for Python sign URLs so when they are given an endpoint. */
export interface SignedV2 {
  accessKeyId: string;
  /** Base64. */
  signature: string;
  sessionToken?: string;
  /** Seconds since the epoch; presigned only. */
  expires?: number;
}

export type UnsignedV2 = { problem: "argument" | "denied"; message: string };

interface Request {
  method: string;
  /** With the bucket in front, as sent. */
  path: string;
  query: string;
  headers: Readonly<Record<string, string>>;
}

/** What is signed of the query. Source: "Signing and authenticating REST requests (AWS signature version 2)", S3 user guide. */
const SUBRESOURCES = new Set([
  "accelerate", "acl", "analytics", "cors", "delete", "encryption", "inventory", "legal-hold", "lifecycle", "location", "logging", "metrics", "notification", "object-lock", "partNumber",
  "policy", "policyStatus", "publicAccessBlock", "replication", "requestPayment", "restore", "retention", "select", "select-type", "tagging", "torrent", "uploadId", "uploads", "versionId",
  "versioning", "versions", "website", "response-cache-control", "response-content-disposition", "response-content-encoding", "response-content-language", "response-content-type",
  "response-expires",
]);

/** Regions that began after January 2014 take version 4 alone. */
const REGIONS: readonly string[] = ["us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1"];
export const takesVersion2 = (region: string | undefined): boolean => region === undefined || REGIONS.includes(region);

export const isVersion2 = (headers: Request["headers"], query: string): boolean => headers["authorization"]?.startsWith("AWS ") ?? isPresignedV2(query);
export const isPresignedV2 = (query: string): boolean => /(?:^|&)(?:AWSAccessKeyId|Signature)=/.test(query);

export const readVersion2 = (headers: Request["headers"], query: string): SignedV2 | UnsignedV2 => {
  const authorization = headers["authorization"];
  if (authorization !== undefined) {
    const [, accessKeyId, signature] = /^AWS ([^:\s]+):(\S+)$/.exec(authorization) ?? [];
    if (accessKeyId === undefined || signature === undefined) return { problem: "argument", message: "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature" };
    const sessionToken = headers["x-amz-security-token"];
    return { accessKeyId, signature, ...(sessionToken === undefined ? {} : { sessionToken }) };
  }
  const given = new URLSearchParams(query);
  const [accessKeyId, signature, expires] = ["AWSAccessKeyId", "Signature", "Expires"].map((name) => given.get(name));
  if (!accessKeyId || !signature || !expires) return { problem: "denied", message: "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters" };
  if (!/^\d{1,12}$/.test(expires)) return { problem: "denied", message: `Invalid date (should be seconds since epoch): ${expires}` };
  const sessionToken = given.get("x-amz-security-token");
  return { accessKeyId, signature, expires: Number(expires), ...(sessionToken === null ? {} : { sessionToken }) };
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const pairsOf = (query: string): [string, string | undefined][] =>
  query.split("&").filter((pair) => pair !== "").map((pair) => {
    const at = pair.indexOf("=");
    return at < 0 ? [decode(pair), undefined] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))];
  });

export const stringToSignV2 = ({ method, path, query, headers }: Request, { expires }: SignedV2): string => {
  const pairs = pairsOf(query);
  // Headers that a URL carries for its user stand in its query.
  const amz = new Map([...pairs.filter(([name]) => name.startsWith("x-amz-")).map(([name, value]) => [name, value ?? ""] as const), ...Object.entries(headers).filter(([name]) => name.startsWith("x-amz-"))]);
  const lines = [...amz].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}:${value.trim()}\n`).join("");
  const subresources = pairs.filter(([name]) => SUBRESOURCES.has(name)).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => (value === undefined || value === "" ? name : `${name}=${value}`)).join("&");
  const date = expires ?? (amz.has("x-amz-date") ? "" : (headers["date"] ?? ""));
  const given = (name: string) => headers[name] ?? pairs.find(([key]) => key === name)?.[1] ?? "";
  return `${method}\n${given("content-md5")}\n${given("content-type")}\n${date}\n${lines}${path}${subresources === "" ? "" : `?${subresources}`}`;
};

export const signV2 = (secret: string, toSign: string): string => createHmac("sha1", secret).update(Buffer.from(toSign, "latin1")).digest("base64");
