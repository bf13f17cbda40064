import { serviceSummaries, type ServiceSummary } from "../protocol/models.ts";
import { routeHost } from "./hosts.ts";

export interface Route {
  service: ServiceSummary;
  region: string;
  /** With `/bucket` in front where the host named it. */
  path: string;
  /** The region that the host names: a signature for another one is not for this endpoint. */
  hostRegion?: string;
  /** False when the region is the default: neither the signature nor the host says which is meant. */
  isRegionNamed: boolean;
}

interface Request {
  path: string;
  query: string;
  headers: Readonly<Record<string, string>>;
  host: string;
}

const scopeOf = ({ headers, query }: Request): { service?: string; region?: string } => {
  const credential = /Credential=([^,\s]+)/.exec(headers["authorization"] ?? "")?.[1] ?? new URLSearchParams(query.includes("X-Amz-Credential") ? query : "").get("X-Amz-Credential");
  const [, service, region] = (credential ?? "").split("/").toReversed();
  return service === undefined || region === undefined ? {} : { service, region };
};

/** REST APIs and HTTP APIs share a signing name, and tell each other apart by the path. */
const isOfVersion2 = (path: string): boolean => path.startsWith("/v2/");

const ACTION = /(?:^|&)Action=([A-Za-z0-9]+)/;
/** Operations that may come unsigned, and name their service by nothing else. */
const UNSIGNED_ACTIONS = new Set(["AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"]);

/** A queue's URL is an address of its own: `/000000000000/name`, also behind `/queue/us-east-1`. */
const QUEUE_PATH = /^(?:\/queue\/[a-z0-9-]+)?\/\d{12}\/[A-Za-z0-9_.-]+\/?$/;

/** What messages of SNS have links to, and what a topic's policy may let anybody do. */
const SNS_ACTIONS = new Set(["ConfirmSubscription", "Unsubscribe", "Subscribe", "Publish", "PublishBatch"]);

/** The service of an unsigned request of the query protocol. */
const unsignedService = (action: string | undefined, path: string): "sts" | "sqs" | "sns" | undefined => {
  if (action === undefined) return undefined;
  if (UNSIGNED_ACTIONS.has(action)) return "sts";
  if (QUEUE_PATH.test(path)) return "sqs";
  return path === "/" && SNS_ACTIONS.has(action) ? "sns" : undefined;
};

/** Signing name, then target, then host, then what an unsigned request says; S3 is what remains, as its paths are anybody's names. */
export const route = (request: Request, form: string, defaultRegion: string): Route | undefined => {
  const { path, headers, host } = request;
  const scope = scopeOf(request);
  const byHost = routeHost(host);
  const region = scope.region || byHost.region || defaultRegion;
  const target = headers["x-amz-target"]?.split(".")[0];
  const byName = (name: string | undefined): ServiceSummary | undefined => serviceSummaries.find((service) => service.name === name);
  const bySigning = serviceSummaries.filter((service) => service.signingName === scope.service);
  const service =
    (bySigning.length > 1 ? byName(isOfVersion2(path) ? "apigatewayv2" : "apigateway") : bySigning[0]) ??
    (target === undefined ? undefined : serviceSummaries.find((one) => one.targetPrefix === target)) ??
    (scope.service === undefined ? undefined : byName(scope.service)) ??
    serviceSummaries.find((one) => byHost.endpointPrefix !== undefined && one.endpointPrefixes.includes(byHost.endpointPrefix)) ??
    (scope.service === undefined ? byName(unsignedService(ACTION.exec(form)?.[1] ?? ACTION.exec(request.query)?.[1], path) ?? "s3") : undefined);
  if (service === undefined) return undefined;
  return {
    service,
    region,
    isRegionNamed: Boolean(scope.region || byHost.region),
    path: service.name === "s3" && byHost.bucket !== undefined ? `/${byHost.bucket}${path}` : path,
    ...(byHost.region === undefined ? {} : { hostRegion: byHost.region }),
  };
};

/** What the signature names when there is no such service here. */
export const namedService = (request: Request): string => scopeOf(request).service ?? "unknown";
