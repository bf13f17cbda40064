import { parseBoolean, parsePort, type Settings } from "./settings.ts";

/** LocalStack's variables, so that an environment that was made for it starts lambdad unchanged. */
export interface Aliased {
  settings: Partial<Settings>;
  /** `NAME=value → what it does here`. */
  understood: string[];
  /** `NAME: why it is not needed`. */
  ignored: string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Alias {
  name: RegExp;
  /** The settings it gives, or a sentence of why it is not needed. Throws what would be right. */
  read(value: string, name: string): Partial<Settings> | string;
}

const LEVELS: Record<string, Settings["logLevel"]> = { trace: "debug", "trace-internal": "debug", debug: "debug", info: "info", warn: "warn", warning: "warn", error: "error" };

const NO_CONTAINERS = "functions run in sandboxes of this process, without containers";

const ALIASES: readonly Alias[] = [
  { name: /^GATEWAY_LISTEN$/, read: readListen },
  { name: /^EDGE_PORT$/, read: (value) => ({ port: parsePort(value) }) },
  { name: /^DATA_DIR$/, read: (value) => ({ dataDirectory: value }) },
  { name: /^ENFORCE_IAM$/, read: (value) => ({ iam: parseBoolean(value) ? "enforce" : "off" }) },
  { name: /^IAM_SOFT_MODE$/, read: (value) => (parseBoolean(value) ? { iam: "soft" } : "policies are enforced unless told otherwise") },
  { name: /^LAMBDA_KEEPALIVE_MS$/, read: (value) => ({ environmentIdleMs: readMilliseconds(value) }) },
  { name: /^DEBUG$/, read: (value) => (/^(1|true)$/i.test(value) ? { logLevel: "debug" } : "only DEBUG=1 is meant for the server") },
  { name: /^LS_LOG$/, read: (value) => (LEVELS[value] === undefined ? "not a level of this server's log" : { logLevel: LEVELS[value] }) },
  { name: /^DEFAULT_REGION$/, read: (value) => ({ defaultRegion: value }) },
  { name: /^SQS_ENDPOINT_STRATEGY$/, read: (value) => ({ queueUrls: readQueueUrls(value) }) },
  { name: /^PERSIST(ENCE|_STATE)$/, read: () => "everything is always kept in the data directory; delete it to begin anew" },
  { name: /^(LOCALSTACK_HOST|HOSTNAME_EXTERNAL)$/, read: () => "returned URLs carry the host that the client called" },
  { name: /^SERVICES$/, read: () => "every service is there, and loaded on its first request" },
  { name: /^USE_SSL$/, read: () => "the endpoint speaks plain HTTP" },
  { name: /^LAMBDA_(EXECUTOR|REMOTE_DOCKER|REMOVE_CONTAINERS|DOCKER_\w+|RUNTIME_IMAGE_MAPPING|RUNTIME_EXECUTOR)$/, read: () => NO_CONTAINERS },
  { name: /^(DOCKER_HOST_IN_CONTAINER|MAIN_CONTAINER_NAME|DOCKER_FLAGS)$/, read: () => NO_CONTAINERS },
  { name: /^LAMBDA_(RUNTIME_ENVIRONMENT_TIMEOUT|SYNCHRONOUS_CREATE|LIMITS_\w+|RETRY_BASE_DELAY_SECONDS)$/, read: () => "AWS's own limits and states apply" },
  { name: /^(AUTH_TOKEN|API_KEY)$/, read: () => "no account is needed" },
];

/** Names that only LocalStack's prefix makes ours: bare, they belong to other programs too. */
const ONLY_PREFIXED = /^(AUTH_TOKEN|API_KEY)$/;
const PREFIX = "LOCALSTACK_";

export const readAliases = (environment: Environment, fail: (name: string, value: string, expected: string) => never): Aliased => {
  const aliased: Aliased = { settings: {}, understood: [], ignored: [] };
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined || value === "") continue;
    const alias = findAlias(variable);
    if (alias === undefined) continue;
    const read = readOne(alias, variable, value, fail);
    if (typeof read === "string") aliased.ignored.push(`${variable}: ${read}`);
    else {
      aliased.understood.push(`${variable}=${value} → ${Object.entries(read).map(([key, meant]) => `${key} ${meant}`).join(", ")}`);
      // ENFORCE_IAM=1 with IAM_SOFT_MODE=1 is soft mode, whichever comes first.
      const isSoftAlready = aliased.settings.iam === "soft";
      Object.assign(aliased.settings, read, isSoftAlready ? { iam: "soft" } : {});
    }
  }
  return aliased;
};

const findAlias = (variable: string): Alias | undefined => {
  const isPrefixed = variable.startsWith(PREFIX) && variable !== "LOCALSTACK_HOST";
  const name = isPrefixed ? variable.slice(PREFIX.length) : variable;
  if (!isPrefixed && ONLY_PREFIXED.test(name)) return undefined;
  return ALIASES.find((alias) => alias.name.test(name));
};

const readOne = (alias: Alias, variable: string, value: string, fail: (name: string, value: string, expected: string) => never): Partial<Settings> | string => {
  try {
    return alias.read(value, variable);
  } catch (error) {
    return fail(variable, value, (error as Error).message);
  }
};

/** `0.0.0.0:4566,0.0.0.0:443`: the first one counts. */
function readListen(value: string): Partial<Settings> {
  const first = /^(?:\[?([^\]]*?)\]?:)?(\d+)$/.exec(value.split(",")[0]!.trim());
  if (!first) throw new Error("address:port, as in 127.0.0.1:4566");
  return { ...(first[1] ? { host: first[1] } : {}), port: parsePort(first[2]!) };
}

/** Its `dynamic` follows the host of the request, as `off` does here; `legacy` is the old name of it. */
const readQueueUrls = (value: string): Settings["queueUrls"] => {
  if (/^(off|legacy|dynamic)$/.test(value)) return "off";
  if (value === "path" || value === "standard" || value === "domain") return value;
  throw new Error("one of standard, domain, path, dynamic, off");
};

const readMilliseconds = (value: string): number => {
  if (!/^\d{1,12}$/.test(value)) throw new Error("a whole number of milliseconds");
  return Number(value);
};
