/** Every setting once: its flag, its variable, its key in the config file, how its text is read, and its default. */
export interface Setting {
  key: keyof Settings;
  /** As commander reads it. */
  flag: string;
  variable: string;
  help: string;
  /** Its flag may be given several times; variables join the values with commas. */
  isRepeatable?: boolean;
  /** Reads a text of a flag, a variable or a file; throws a plain sentence of what would be right. */
  parse(text: string): unknown;
  default: unknown;
}

export interface Settings {
  host: string;
  /** 0 takes any free one. */
  port: number;
  /** As given; `Config.dataDirectory` is absolute. */
  dataDirectory: string;
  isolation: "auto" | "bubblewrap" | "process";
  network: "isolated" | "host";
  iam: "enforce" | "soft" | "off";
  anyCredentials: boolean;
  strictRuntimes: boolean;
  /** Runtime name to the path of its interpreter. */
  runtimePaths: Readonly<Record<string, string>>;
  /** Host names that requests may carry, beside loopback's and AWS's own forms. */
  allowedHosts: readonly string[];
  /** Of requests that name none. */
  defaultRegion: string;
  /** Where something that stands in for Cognito has its pools, each at `<endpoint>/<pool id>`; undefined: AWS's own. */
  cognitoEndpoint: string | undefined;
  /** In which form a queue's URL is returned; all of them are understood. */
  queueUrls: "off" | "path" | "standard" | "domain";
  /** Milliseconds that an idle environment lives; undefined: the platform's own default. */
  environmentIdleMs: number | undefined;
  /** Fetch what AWS's runtimes bring along (boto3, the client for Java) behind the first start. */
  prepareSdks: boolean;
  /** How many sandboxes of each kind wait for a function. */
  prepared: number;
  logLevel: "debug" | "info" | "warn" | "error";
  logFormat: "text" | "json";
}

const oneOf =
  (...allowed: readonly string[]) =>
  (text: string): string => {
    if (!allowed.includes(text)) throw new Error(`one of ${allowed.join(", ")}`);
    return text;
  };

export const parseBoolean = (text: string): boolean => {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off|)$/i.test(text)) return false;
  throw new Error("1 or 0");
};

export const parsePort = (text: string): number => {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new Error("a number from 0 to 65535 (0 takes any free port)");
  return port;
};

const parseMilliseconds = (text: string): number => {
  if (!/^\d{1,12}$/.test(text)) throw new Error("a whole number of milliseconds");
  return Number(text);
};

const PREPARED_MAX = 1_000;
const parseCount = (text: string): number => {
  if (!/^\d{1,4}$/.test(text) || Number(text) > PREPARED_MAX) throw new Error(`a whole number from 0 to ${PREPARED_MAX}`);
  return Number(text);
};

const parseText = (text: string): string => {
  if (text.trim() === "") throw new Error("a text that is not empty");
  return text;
};

const parseHttpUrl = (text: string): string => {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) throw new Error("a URL that begins with http:// or https://");
  return text.replace(/\/+$/, "");
};

const parseList = (text: string): string[] => text.split(",").map((part) => part.trim()).filter((part) => part !== "");

const parsePairs = (text: string): Record<string, string> => {
  const pairs = parseList(text).map((pair) => pair.split("="));
  if (pairs.some((pair) => pair.length !== 2 || pair.includes(""))) throw new Error("runtime=path, several joined with commas: python3.12=/usr/bin/python3.11");
  return Object.fromEntries(pairs as [string, string][]);
};

export const SETTINGS: readonly Setting[] = [
  { key: "port", flag: "--port <number>", variable: "LAMBDAD_PORT", help: "port of all services; 0 takes any free one", parse: parsePort, default: 4566 },
  { key: "host", flag: "--host <address>", variable: "LAMBDAD_HOST", help: "address to listen on", parse: parseText, default: "127.0.0.1" },
  { key: "dataDirectory", flag: "--data-dir <path>", variable: "LAMBDAD_DATA_DIR", help: "where everything is kept", parse: parseText, default: ".lambdad" },
  {
    key: "isolation",
    flag: "--isolation <driver>",
    variable: "LAMBDAD_ISOLATION",
    help: "auto, bubblewrap or process (no security boundary)",
    parse: oneOf("auto", "bubblewrap", "process"),
    default: "auto",
  },
  {
    key: "network",
    flag: "--network <mode>",
    variable: "LAMBDAD_NETWORK",
    help: "network of functions under bubblewrap: isolated, or host to reach this machine's own ports",
    parse: oneOf("isolated", "host"),
    default: "isolated",
  },
  {
    key: "iam",
    flag: "--iam <mode>",
    variable: "LAMBDAD_IAM",
    help: "enforce policies; soft records what AWS would refuse; off asks nothing",
    parse: oneOf("enforce", "soft", "off"),
    default: "enforce",
  },
  { key: "anyCredentials", flag: "--any-credentials", variable: "LAMBDAD_ANY_CREDENTIALS", help: "accept unknown access key ids", parse: parseBoolean, default: false },
  { key: "strictRuntimes", flag: "--strict-runtimes", variable: "LAMBDAD_STRICT_RUNTIMES", help: "refuse a runtime whose exact version is not here", parse: parseBoolean, default: false },
  { key: "runtimePaths", flag: "--runtime <name=path>", variable: "LAMBDAD_RUNTIME_PATHS", help: "interpreter of a runtime; may be repeated", isRepeatable: true, parse: parsePairs, default: {} },
  { key: "allowedHosts", flag: "--allow-host <name>", variable: "LAMBDAD_ALLOWED_HOSTS", help: "a further host name that requests may carry; may be repeated", isRepeatable: true, parse: parseList, default: [] },
  { key: "defaultRegion", flag: "--default-region <region>", variable: "LAMBDAD_DEFAULT_REGION", help: "region of requests that name none", parse: parseText, default: "us-east-1" },
  {
    key: "cognitoEndpoint",
    flag: "--cognito-endpoint <url>",
    variable: "LAMBDAD_COGNITO_ENDPOINT",
    help: "where Cognito's user pools tell their keys, at <url>/<pool id>, for authorizers of REST APIs (default: AWS)",
    parse: parseHttpUrl,
    default: undefined,
  },
  {
    key: "queueUrls",
    flag: "--queue-urls <form>",
    variable: "LAMBDAD_SQS_ENDPOINT_STRATEGY",
    help: "form of the queue URLs that are returned: off (<host>/<account>/<name>), path, standard or domain, which carry the region",
    parse: oneOf("off", "path", "standard", "domain"),
    default: "off",
  },
  { key: "environmentIdleMs", flag: "--idle <ms>", variable: "LAMBDAD_IDLE_MS", help: "how long an idle environment is kept warm", parse: parseMilliseconds, default: undefined },
  { key: "prepareSdks", flag: "--prepare-sdks <0|1>", variable: "LAMBDAD_PREPARE_SDKS", help: "fetch the AWS SDK for Python and AWS's client for Java behind the first start", parse: parseBoolean, default: true },
  { key: "prepared", flag: "--prepared <count>", variable: "LAMBDAD_PREPARED", help: "how many sandboxes of each kind (runtime, memory) wait for a cold start, under bubblewrap as root; 0 makes each when it is needed", parse: parseCount, default: 3 },
  { key: "logLevel", flag: "--log-level <level>", variable: "LAMBDAD_LOG_LEVEL", help: "debug, info, warn or error", parse: oneOf("debug", "info", "warn", "error"), default: "info" },
  { key: "logFormat", flag: "--log-format <format>", variable: "LAMBDAD_LOG_FORMAT", help: "text or json", parse: oneOf("text", "json"), default: "text" },
];
