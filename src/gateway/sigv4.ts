import { createHmac, createSecretKey, hash, timingSafeEqual, type KeyObject } from "node:crypto";

/** What is needed to check a signature, read from the Authorization header or the query of a presigned URL. */
export interface SignedRequest {
  accessKeyId: string;
  /** `20261124` */
  date: string;
  region: string;
  service: string;
  signedHeaders: readonly string[];
  signature: string;
  /** `20261124T110000Z` */
  timestamp: string;
  sessionToken?: string;
  /** Seconds; presigned only. */
  expires?: number;
}

/** Why there is no signature to check; what is malformed is said in S3's words too. */
export type Unsigned = { problem: "missing" | "type" | "date" | "algorithm" | "query" | "both"; message: string } | { problem: "malformed"; message: string; s3: string };

const ALGORITHM = "AWS4-HMAC-SHA256";
const TIMESTAMP = /^\d{8}T\d{6}Z$/;
const EXPIRES_SECONDS_MAX = 604_800;

/** Milliseconds that a signature may be old or young. */
export const SIGNATURE_WINDOW_MS = 15 * 60 * 1000;

/** `20261124T110000Z`, or any date that HTTP knows, in milliseconds; NaN when it is none. */
export const parseTime = (text: string): number =>
  Date.parse(TIMESTAMP.test(text) ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 11)}:${text.slice(11, 13)}:${text.slice(13)}` : text);

export const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
export const sha256Hex = (data: string | Uint8Array): string => hash("sha256", data, "hex");

const parseScope = (credential: string): Pick<SignedRequest, "accessKeyId" | "date" | "region" | "service"> | undefined => {
  const parts = credential.split("/");
  const [terminator, service, region, date] = parts.toReversed();
  const accessKeyId = parts.slice(0, -4).join("/");
  if (parts.length < 5 || terminator !== "aws4_request" || !/^\d{8}$/.test(date!) || accessKeyId === "" || service === "") return undefined;
  return { accessKeyId, date: date!, region: region!, service: service! };
};

const malformed = (message: string, s3: string): Unsigned => ({ problem: "malformed", message, s3 });

/** As every SDK writes it. */
const USUAL_HEADER = /^AWS4-HMAC-SHA256 Credential=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([^,\s]+)$/;

/** What the header says of each of the three; in any order, with anything else beside them. */
const fieldsOf = (header: string): [credential: string | undefined, signedHeaders: string | undefined, signature: string | undefined] => {
  const usual = USUAL_HEADER.exec(header);
  if (usual !== null) return [usual[1], usual[2], usual[3]];
  const fields = new Map(
    header.slice(ALGORITHM.length + 1).split(",").map((field) => {
      const [name = "", ...value] = field.trim().split("=");
      return [name, value.join("=")] as const;
    }),
  );
  return [fields.get("Credential"), fields.get("SignedHeaders"), fields.get("Signature")];
};

const readHeader = (headers: Readonly<Record<string, string>>): SignedRequest | Unsigned => {
  const header = headers["authorization"];
  if (header === undefined) return { problem: "missing", message: "Missing Authentication Token" };
  if (header.startsWith("AWS4-ECDSA")) return { problem: "algorithm", message: "SigV4A (AWS4-ECDSA-P256-SHA256) is not built: sign with AWS4-HMAC-SHA256" };
  if (!header.startsWith(`${ALGORITHM} `)) return { problem: "type", message: `Unsupported Authorization Type: sign with ${ALGORITHM}` };
  const [credential, signedHeaders, signature] = fieldsOf(header);
  if (!credential || !signedHeaders || !signature) {
    const absent = Object.entries({ Credential: credential, SignedHeaders: signedHeaders, Signature: signature }).flatMap(([name, value]) => (value ? [] : [`Authorization header requires '${name}' parameter`]));
    return malformed(`${absent.join(". ")}. Authorization=${ALGORITHM}`, "the authorization header requires three components: Credential, SignedHeaders, and Signature.");
  }
  const scope = parseScope(credential);
  if (scope === undefined) return malformed("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term", 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".');
  const timestamp = headers["x-amz-date"] ?? toTimestamp(headers["date"]);
  if (timestamp === undefined || !TIMESTAMP.test(timestamp)) return { problem: "date", message: "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header." };
  const sessionToken = headers["x-amz-security-token"];
  return { ...scope, signedHeaders: signedHeaders.split(";"), signature, timestamp, ...(sessionToken === undefined ? {} : { sessionToken }) };
};

const toTimestamp = (date: string | undefined): string | undefined => {
  const time = Date.parse(date ?? "");
  return Number.isNaN(time) ? undefined : new Date(time).toISOString().replace(/[-:]|\.\d{3}/g, "");
};

/** What signs the URL of an API for a browser says no end: it holds as long as a signature in a header. */
const HAS_NO_END = "execute-api";

const readQuery = (query: URLSearchParams): SignedRequest | Unsigned => {
  const bad = (message: string): Unsigned => ({ problem: "query", message });
  if (query.get("X-Amz-Algorithm") !== ALGORITHM) return bad(`X-Amz-Algorithm only supports "${ALGORITHM}"`);
  const [credential, timestamp, signedHeaders, signature] = ["X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"].map((name) => query.get(name));
  const scope = parseScope(credential ?? "");
  const end = query.get("X-Amz-Expires");
  if (!credential || !timestamp || !signedHeaders || !signature || (end === null && scope?.service !== HAS_NO_END)) {
    return bad("Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
  }
  if (scope === undefined) return bad('Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".');
  if (!TIMESTAMP.test(timestamp)) return bad('X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd\'T\'HHmmss\'Z\'"');
  const sessionToken = query.get("X-Amz-Security-Token");
  const signed = { ...scope, signedHeaders: signedHeaders.split(";"), signature, timestamp, ...(sessionToken === null ? {} : { sessionToken }) };
  if (end === null) return signed;
  const expires = Number(end);
  if (!Number.isInteger(expires)) return bad("X-Amz-Expires should be a number");
  if (expires < 0) return bad("X-Amz-Expires must be non-negative");
  if (expires > EXPIRES_SECONDS_MAX) return bad("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds");
  return { ...signed, expires };
};

const SIGNATURE_V2: Unsigned = { problem: "algorithm", message: "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256." };

const isSignatureV2 = (authorization: string | undefined, query: string): boolean => authorization?.startsWith("AWS ") === true || /(?:^|&)AWSAccessKeyId=/.test(query);

const BOTH: Unsigned = { problem: "both", message: "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified" };

export const isPresigned = (query: string): boolean => /(?:^|&)X-Amz-(?:Algorithm|Credential|Signature)=/.test(query);

/** Header or query; never both. */
export const readSignature = (headers: Readonly<Record<string, string>>, query: string): SignedRequest | Unsigned => {
  if (isSignatureV2(headers["authorization"], query)) return SIGNATURE_V2;
  if (!isPresigned(query)) return readHeader(headers);
  return headers["authorization"] === undefined ? readQuery(new URLSearchParams(query)) : BOTH;
};

const PLAIN = /^[A-Za-z0-9._~-]*$/;
const PLAIN_PATH = /^[A-Za-z0-9._~/-]+$/;

/** RFC 3986: everything but letters, digits and `-._~`. */
const encodeStrictly = (text: string): string => (PLAIN.test(text) ? text : encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`));

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const canonicalQuery = (query: string): string =>
  query === ""
    ? ""
    : query
        .split("&")
        .filter((pair) => pair !== "" && !pair.startsWith("X-Amz-Signature="))
        .map((pair) => {
          const at = pair.indexOf("=");
          const [name, value] = at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
          return [encodeStrictly(decode(name.replaceAll("+", " "))), encodeStrictly(decode(value.replaceAll("+", " ")))] as const;
        })
        .toSorted(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0))
        .map(([name, value]) => `${name}=${value}`)
        .join("&");

interface Canonical {
  method: string;
  /** As sent. */
  path: string;
  query: string;
  headers: Readonly<Record<string, string>>;
  signedHeaders: readonly string[];
  payloadHash: string;
  /** S3 signs the path as sent; every other service encodes each segment once more. */
  isS3: boolean;
}

const withoutRuns = (text: string): string => (text.includes("  ") ? text.replace(/ +/g, " ") : text);

export const canonicalRequest = ({ method, path, query, headers, signedHeaders, payloadHash, isS3 }: Canonical): string => {
  const uri = path === "" ? "/" : isS3 || PLAIN_PATH.test(path) ? path : path.split("/").map(encodeStrictly).join("/");
  const lines = signedHeaders.map((name) => `${name}:${withoutRuns((headers[name] ?? "").trim())}\n`).join("");
  return `${method}\n${uri}\n${canonicalQuery(query)}\n${lines}\n${signedHeaders.join(";")}\n${payloadHash}`;
};

export const scopeOf = ({ date, region, service }: Pick<SignedRequest, "date" | "region" | "service">): string => `${date}/${region}/${service}/aws4_request`;

/** Node gives header values as Latin-1: written as that they are the bytes that came, which the client signed. */
export const stringToSign = (signed: SignedRequest, canonical: string): string => `${ALGORITHM}\n${signed.timestamp}\n${scopeOf(signed)}\n${sha256Hex(Buffer.from(canonical, "latin1"))}`;

const SIGNING_KEYS_MAX = 1_000;

/** Keys by date, region, service and secret: making one costs more than all the rest of a verification. */
export const createSigningKeys = () => {
  const keys = new Map<string, KeyObject>();
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  return (secret: string, { date, region, service }: Pick<SignedRequest, "date" | "region" | "service">): KeyObject => {
    const id = `${date}/${region}/${service}/${secret}`;
    let key = keys.get(id);
    if (key === undefined) {
      key = createSecretKey(hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), service), "aws4_request"));
      if (keys.size >= SIGNING_KEYS_MAX) keys.delete(keys.keys().next().value!);
      keys.set(id, key);
    }
    return key;
  };
};

export const sign = (key: KeyObject, text: string): string => createHmac("sha256", key).update(text).digest("hex");

export const isSameSignature = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
};
