/** What a Host header says beside the address: which service, region or bucket is meant. */
export interface HostRoute {
  endpointPrefix?: string;
  region?: string;
  /** S3 in virtual-host style. */
  bucket?: string;
}

const LOCAL = ["localhost", "localhost.localstack.cloud", "amazonaws.com", "on.aws"];
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;

/** Without port and brackets, in lower case. Undefined when it is no host. */
export const hostName = (header: string | undefined): string | undefined => {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.exec(header ?? "");
  return match?.[1]?.toLowerCase();
};

const isLoopback = (host: string): boolean => host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);

/**
 * Against DNS rebinding: a page of evil.example may make its name point at 127.0.0.1, but the browser then says
 * `Host: evil.example`. Only names that cannot be anybody else's, and those that the user allowed, come in.
 */
export const isAllowedHost = (host: string, allowed: readonly string[]): boolean =>
  isLoopback(host) || [...LOCAL, ...allowed.map((name) => name.toLowerCase())].some((name) => host === name || host.endsWith(`.${name}`));

/** A browser says where a page is from. The API has no pages, so whoever says so is a page of somebody else's. */
export const isCrossSite = (headers: Readonly<Record<string, string>>, host: string): boolean => {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  const origin = headers["origin"];
  if (origin === undefined) return false;
  return hostName(origin.replace(/^https?:\/\//, "")) !== host;
};

/** `<bucket>.s3[.<region>|-<region>].<host>`, `<service>[.<region>].<host>`. */
export const routeHost = (host: string): HostRoute => {
  const labels = host.split(".");
  const s3 = labels.findLastIndex((label) => /^s3(-fips|-accelerate|-[a-z]{2}-.*)?$/.test(label));
  if (s3 >= 0 && s3 < labels.length - 1) {
    const own = labels[s3]!.slice("s3-".length);
    const region = [own, labels[s3 + 1]!].find((label) => REGION.test(label));
    return { endpointPrefix: "s3", ...(region === undefined ? {} : { region }), ...(s3 === 0 ? {} : { bucket: labels.slice(0, s3).join(".") }) };
  }
  if (labels.length < 2 || isLoopback(host)) return {};
  const region = labels.find((label) => REGION.test(label));
  return { endpointPrefix: labels[0]!, ...(region === undefined ? {} : { region }) };
};
