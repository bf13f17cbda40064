import { hash } from "node:crypto";
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
  /** Empty when the client names it behind the base path, as version 1 of the API allows for REST APIs. */
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

/** Route 53's zones of regional endpoints ("Amazon API Gateway endpoints and quotas"); the first one elsewhere, as there is no Route 53 here. */
const HOSTED_ZONES: Record<string, string | undefined> = {
  "us-east-1": "Z1UJRXOUMOOFQ8",
  "us-east-2": "ZOJJZC49E0EPZ",
  "us-west-1": "Z2MUQ32089INYE",
  "us-west-2": "Z2OJLYMUO9EFXC",
  "eu-west-1": "ZLY8HYME6SFDD",
  "eu-central-1": "Z1U9ULNL0V5AJ3",
};

/** Where a DNS record of the domain name would point to on AWS: it follows from the name. Here the name itself must lead to lambdad. */
export const regionalTarget = ({ region }: Pick<Place, "region">, name: string): { domainName: string; hostedZoneId: string } => ({
  domainName: `d-${BigInt(`0x${hash("sha256", `${region} ${name}`, "hex")}`).toString(36).slice(-10)}.execute-api.${region}.amazonaws.com`,
  hostedZoneId: HOSTED_ZONES[region] ?? HOSTED_ZONES["us-east-1"]!,
});
