import { sql, type Operation } from "../../store/store.ts";
import { findItemAnywhere, type Place } from "./rows.ts";

/** Kinds in `api_item`. A mapping's id is `<domain name>/<base path>`, which is empty for all paths. */
export const DOMAIN = "domain";
export const MAPPING = "domain-mapping";

/** A custom domain, of REST, HTTP and WebSocket APIs alike: both versions of API Gateway's API see it. */
export interface StoredDomainName {
  name: string;
  endpointType: "REGIONAL" | "EDGE";
  ipAddressType: "ipv4" | "dualstack";
  /** Kept and told, as TLS ends before lambdad. */
  certificateArn?: string;
  certificateName?: string;
  ownershipVerificationCertificateArn?: string;
  securityPolicy: string;
  mutualTlsAuthentication?: { TruststoreUri: string; TruststoreVersion?: string };
  tags: Record<string, string>;
  createdAt: number;
}

/** Which stage of which API stands behind a domain name and a base path. */
export interface StoredMapping {
  /** Of version 2 of the API. */
  mappingId: string;
  domainName: string;
  /** Without slashes at its ends; several segments for HTTP APIs and regional REST APIs. Empty for all paths. */
  basePath: string;
  apiId: string;
  stage: string;
}

export const mappingItemId = ({ domainName, basePath }: Pick<StoredMapping, "domainName" | "basePath">): string => `${domainName}/${basePath}`;

/** The names of all custom domains: which hosts are addresses of APIs. */
export function* listAllDomainNames(): Operation<string[]> {
  return (yield* sql("select id from api_item where kind = ?", DOMAIN)).map((row) => row["id"] as string);
}

export interface ServedDomain extends Place {
  domain: StoredDomainName;
  mappings: StoredMapping[];
}

export function* findServedDomain(name: string): Operation<ServedDomain | undefined> {
  const found = yield* findItemAnywhere<StoredDomainName>(DOMAIN, name);
  if (found === undefined) return undefined;
  const { account, region, body } = found;
  const rows = yield* sql("select body from api_item where account = ? and region = ? and kind = ? and id >= ? and id < ?", account, region, MAPPING, `${name}/`, `${name}0`);
  return { account, region, domain: body, mappings: rows.map((row) => JSON.parse(row["body"] as string) as StoredMapping) };
}
