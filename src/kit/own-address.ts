/** Names that stand for this machine whatever is written before them. */
const BASES = ["localhost.localstack.cloud", "localhost"];
const ADDRESS = /^(\[.*\]|\d{1,3}(\.\d{1,3}){3})$/;
/** What stands in front of a name that a user gave us, when a client calls a service by its own: `lambda.eu-west-1.`. */
const SERVICE = /^(lambda|apigateway)(\.[a-z]{2}(-[a-z]+)+-\d)?\./;

/** The name that a client called us, without what it said of a service and a region; an address has no names below it. */
const baseOf = (host: string, ofAws: string): string => {
  if (ADDRESS.test(host)) return "localhost";
  if (host === "amazonaws.com" || host.endsWith(".amazonaws.com")) return ofAws;
  return BASES.find((base) => host === base || host.endsWith(`.${base}`)) ?? host.replace(SERVICE, "");
};

/**
 * Host and port of a user's own function or API, below the name that the client called us by.
 * @param labels `<id>.lambda-url.<region>` @param ofAws What the name ends with on AWS. @param endpoint What the client called us: its port is the address's too.
 */
export const ownHost = (labels: string, ofAws: string, endpoint: string): string => {
  const { hostname, port } = new URL(endpoint === "" ? "http://localhost" : endpoint);
  return `${labels}.${baseOf(hostname, ofAws)}${port === "" ? "" : `:${port}`}`;
};

/** As the client came: nothing here ends TLS but what stands in front of us, and says so. */
export const isSecureEndpoint = (endpoint: string): boolean => endpoint.startsWith("https:");
