import { TELEMETRY_BUFFERING } from "../kit/limits/runtime.ts";

export type TelemetryType = "platform" | "function" | "extension";

/** What an extension asked for, and where it listens. */
export interface Subscription {
  api: "telemetry" | "logs";
  /** `2022-12-13` and the like. */
  schemaVersion: string;
  types: readonly TelemetryType[];
  maxItems: number;
  maxBytes: number;
  timeoutMs: number;
  destination: { protocol: "HTTP"; port: number; path: string; method: "POST" | "PUT" } | { protocol: "TCP"; port: number };
}

const VERSIONS: Readonly<Record<Subscription["api"], readonly string[]>> = { telemetry: ["2022-07-01", "2022-12-13", "2025-01-29"], logs: ["2020-08-15", "2021-03-18"] };
const TYPES: readonly string[] = ["platform", "function", "extension"];
/** AWS delivers inside the environment only, under these names. */
const HOSTS: readonly string[] = ["sandbox.localdomain", "sandbox"];
/** The Runtime API's own. */
const RESERVED_PORT = 9_001;

type Complain = (text: string) => void;
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const readTypes = (value: unknown, complain: Complain): readonly TelemetryType[] => {
  if (!Array.isArray(value) || value.length === 0) {
    complain("types should not be empty");
    return [];
  }
  if (!value.every((type) => TYPES.includes(type as string))) complain(`types should be among ${TYPES.join(", ")}`);
  return [...new Set(value as TelemetryType[])];
};

const readBuffering = (value: unknown, complain: Complain): Pick<Subscription, "maxItems" | "maxBytes" | "timeoutMs"> => {
  const given = isObject(value) ? value : {};
  if (value !== undefined && value !== null && !isObject(value)) complain("buffering should be an object");
  const read = (name: keyof typeof TELEMETRY_BUFFERING): number => {
    const { least, most, default: usual } = TELEMETRY_BUFFERING[name];
    const number = given[name] ?? usual;
    if (Number.isInteger(number) && (number as number) >= least && (number as number) <= most) return number as number;
    complain(`buffering.${name} should be an integer between ${least} and ${most}`);
    return usual;
  };
  return { maxItems: read("maxItems"), maxBytes: read("maxBytes"), timeoutMs: read("timeoutMs") };
};

const readUri = (text: unknown, scheme: string, complain: Complain): URL | undefined => {
  if (typeof text !== "string" || text === "") return void complain("URI is not provided");
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `${scheme}://${text}`);
  if (url === null) return void complain("URI is not valid");
  if (url.protocol !== `${scheme}:`) complain(`URI scheme should be ${scheme}`);
  if (!HOSTS.includes(url.hostname)) complain(`URI host should be ${HOSTS.join(" or ")}: telemetry is delivered inside the execution environment only`);
  return url;
};

/** `URL` leaves a scheme's own port out. */
const portOf = (url: URL | undefined, text: unknown): number | undefined => {
  if (url === undefined) return undefined;
  const isDefault = url.port === "" && /:80(\/|$)/.test(String(text));
  return isDefault ? 80 : url.port === "" ? undefined : Number(url.port);
};

const readDestination = (value: unknown, complain: Complain): Subscription["destination"] => {
  const { protocol, URI, port: named, method = "POST", encoding } = isObject(value) ? value : {};
  const isTcp = protocol === "TCP";
  if (!isObject(value)) complain("destination is not provided");
  else if (protocol !== "HTTP" && !isTcp) complain("destination.protocol should be HTTP or TCP");
  if (encoding !== undefined && encoding !== "JSON") complain("destination.encoding should be JSON");
  if (method !== "POST" && method !== "PUT") complain("destination.method should be POST or PUT");
  const isPortNamed = isTcp && URI === undefined && Number.isInteger(named);
  const url = !isObject(value) || isPortNamed ? undefined : readUri(URI, isTcp ? "tcp" : "http", complain);
  const port = isPortNamed ? (named as number) : portOf(url, URI);
  if (port === undefined && url !== undefined) complain("URI port is not provided");
  if (port === RESERVED_PORT) complain(`port ${RESERVED_PORT} is reserved`);
  if (port !== undefined && (port < 1 || port > 65_535)) complain("port should be between 1 and 65535");
  if (isTcp) return { protocol, port: port ?? 0 };
  return { protocol: "HTTP", port: port ?? 0, path: url === undefined ? "/" : `${url.pathname}${url.search}`, method: method as "POST" };
};

/** A Subscribe request, or everything that is wrong with it in one text, as AWS puts it: "URI port is not provided; types should not be empty". */
export const readSubscription = (api: Subscription["api"], body: unknown): Subscription | { complaint: string } => {
  const complaints: string[] = [];
  const complain = (text: string) => void complaints.push(text);
  if (!isObject(body)) return { complaint: "the request should be a JSON object" };
  const schemaVersion = body["schemaVersion"] ?? (api === "logs" ? VERSIONS.logs[0]! : undefined);
  if (schemaVersion === undefined) complain("schemaVersion is not provided");
  else if (!VERSIONS[api].includes(schemaVersion as string)) complain(`schemaVersion should be one of ${VERSIONS[api].join(", ")}`);
  const destination = readDestination(body["destination"], complain);
  const types = readTypes(body["types"], complain);
  const buffering = readBuffering(body["buffering"], complain);
  if (complaints.length > 0) return { complaint: complaints.join("; ") };
  return { api, schemaVersion: schemaVersion as string, types, destination, ...buffering };
};
