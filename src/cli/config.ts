import { readFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { readAliases } from "./aliases.ts";
import { usageError } from "./cli-error.ts";
import { SETTINGS, type Setting, type Settings } from "./settings.ts";

/** What the server is started with. */
export interface Config extends Settings {
  /** Absolute. */
  dataDirectory: string;
  /** PATH, to find interpreters on. */
  searchPath: string;
}

/** What is worth telling at start: how variables that were made for LocalStack were read. */
export interface ConfigNotices {
  understood: readonly string[];
  ignored: readonly string[];
}

export type Environment = Readonly<Record<string, string | undefined>>;
/** Values as commander gives them: text, or true for a switch; missing when not given. */
export type Flags = Readonly<Record<string, unknown>>;

export const CONFIG_FILE = "lambdad.config.json";

/** The environment of this process: nothing else in lambdad looks at it. */
export const processEnvironment = (): Environment => process.env;

/** Flags, then `LAMBDAD_…`, then LocalStack's names, then the config file, then the defaults. Throws CliError (usage) for what cannot be meant. */
export const readConfig = (flags: Flags, environment: Environment, file: Readonly<Record<string, unknown>> = {}): Config & { notices: ConfigNotices } => {
  const aliased = readAliases(environment, badValue);
  refuseUnknownKeys(file);
  const read = ({ key, flag, variable, parse, default: fallback }: Setting): unknown => {
    const flagged = flags[key];
    if (flagged !== undefined) return parseOr(flag.split(" ")[0]!, flagged, parse);
    const set = environment[variable];
    if (set !== undefined && set !== "") return parseOr(variable, set, parse);
    if (aliased.settings[key] !== undefined) return aliased.settings[key];
    if (file[key] !== undefined) return parseOr(`"${key}" in the config file`, file[key], parse);
    return fallback;
  };
  const settings = Object.fromEntries(SETTINGS.map((setting) => [setting.key, read(setting)])) as unknown as Settings;
  return { ...settings, dataDirectory: resolve(settings.dataDirectory), searchPath: searchPathOf(environment), notices: { understood: aliased.understood, ignored: aliased.ignored } };
};

/** PATH, and behind it where JAVA_HOME says that Java is. */
const searchPathOf = ({ PATH, JAVA_HOME }: Environment): string => [PATH ?? "", ...(JAVA_HOME === undefined || JAVA_HOME === "" ? [] : [join(JAVA_HOME, "bin")])].join(delimiter);

/** `--config`, `LAMBDAD_CONFIG`, or `lambdad.config.json` of the working directory when there is one. */
export const readConfigFile = (given: string | undefined, environment: Environment): Record<string, unknown> => {
  const named = given ?? environment["LAMBDAD_CONFIG"];
  const path = resolve(named ?? CONFIG_FILE);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (named === undefined && (error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw usageError(`the config file ${path} cannot be read`, (error as Error).message, ["name another one with --config, or leave it out"]);
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw usageError(`the config file ${path} is not JSON`, (error as Error).message, ["correct it, or leave it out"]);
  }
  throw usageError(`the config file ${path} holds no JSON object`, undefined, ['write it as { "port": 4566, "iam": "soft" }']);
};

const refuseUnknownKeys = (file: Readonly<Record<string, unknown>>): void => {
  const known = SETTINGS.map(({ key }) => key as string);
  const unknown = Object.keys(file).filter((key) => !known.includes(key) && key !== "$schema");
  if (unknown.length > 0) {
    throw usageError(`the config file has no setting ${unknown.map((key) => `"${key}"`).join(", ")}`, `it knows ${known.join(", ")}`, ["correct the name, or take it out"]);
  }
};

/** Files may hold numbers, booleans, lists and maps: they are brought to the one text form that every source is read from. */
const textOf = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(textOf).join(",");
  if (typeof value === "object" && value !== null) return Object.entries(value).map(([key, part]) => `${key}=${textOf(part)}`).join(",");
  return String(value);
};

const parseOr = (name: string, value: unknown, parse: Setting["parse"]): unknown => {
  const text = textOf(value);
  try {
    return parse(text);
  } catch (error) {
    return badValue(name, text, (error as Error).message);
  }
};

const badValue = (name: string, value: string, expected: string): never => {
  throw usageError(`${name} cannot be ${JSON.stringify(value)}`, `it must be ${expected}`, [`set ${name} to ${expected}, or leave it out`]);
};

/** What a command needs to speak to a running server. */
export interface ClientConfig {
  endpoint: string;
  region: string;
  /** 12 digits; its root is who the CLI is. */
  account: string | undefined;
}

/** `--endpoint`, `AWS_ENDPOINT_URL`, or where a server with this environment would listen. AWS profiles are never read. */
export const readClientConfig = (flags: Flags, environment: Environment): ClientConfig => {
  const text = (key: string) => (typeof flags[key] === "string" ? flags[key] : undefined);
  const account = text("account");
  if (account !== undefined && !/^\d{12}$/.test(account)) throw badValue("--account", account, "an account id of 12 digits");
  return {
    endpoint: readEndpoint(text("endpoint"), environment),
    region: text("region") ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1",
    account,
  };
};

const readEndpoint = (flag: string | undefined, environment: Environment): string => {
  const given = flag ?? environment["AWS_ENDPOINT_URL"];
  if (given !== undefined && given !== "") {
    if (!URL.canParse(given) || !/^https?:/.test(given)) throw badValue(flag === undefined ? "AWS_ENDPOINT_URL" : "--endpoint", given, "a URL, as in http://127.0.0.1:4566");
    return given.replace(/\/+$/, "");
  }
  const { host, port } = readConfig({}, environment);
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port === 0 ? 4566 : port}`;
};
