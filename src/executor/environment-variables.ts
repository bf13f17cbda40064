import type { Sandbox } from "../sandbox/sandbox.ts";
import type { EnvironmentCredentials, FunctionTarget } from "./executor.ts";

interface Facts {
  target: FunctionTarget;
  credentials: EnvironmentCredentials;
  sandbox: Sandbox;
  logStream: string;
  endpoint: string;
  runtimeApi: string;
  /** Those of the runtime. */
  ofRuntime: Readonly<Record<string, string>>;
  /** Those that lead to the metadata endpoint. */
  ofMetadata: Readonly<Record<string, string>>;
}

/** Nothing listens there: segments that a handler sends go nowhere, and not out of this machine. */
const XRAY_DAEMON = { host: "127.0.0.1", port: "2000" };

/** What a function may set anew ("Defined runtime environment variables", unreserved). */
export const unreservedVariables = (sandbox: Pick<Sandbox, "path">): Record<string, string> => ({
  LANG: "en_US.UTF-8",
  TZ: ":UTC",
  PATH: `/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:${sandbox.path("/opt/bin")}`,
  LD_LIBRARY_PATH: ["/var/lang/lib", "/lib64", "/usr/lib64", sandbox.path("/var/runtime"), sandbox.path("/var/runtime/lib"), sandbox.path("/var/task"), sandbox.path("/var/task/lib"), sandbox.path("/opt/lib")].join(":"),
  AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR",
  AWS_XRAY_DAEMON_ADDRESS: `${XRAY_DAEMON.host}:${XRAY_DAEMON.port}`,
});

/** What a handler finds in its environment, as AWS gives it: defaults, the function's own variables over them, the reserved ones over all. */
export const environmentVariables = (facts: Facts): Record<string, string> => {
  const { target, credentials, sandbox, logStream, endpoint, runtimeApi, ofRuntime, ofMetadata } = facts;
  return {
    ...unreservedVariables(sandbox),
    AWS_ENDPOINT_URL: endpoint,
    ...target.environment,
    ...ofRuntime,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_REGION: target.region,
    AWS_DEFAULT_REGION: target.region,
    AWS_LAMBDA_FUNCTION_NAME: target.name,
    AWS_LAMBDA_FUNCTION_VERSION: target.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(target.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: target.initializationType,
    AWS_LAMBDA_LOG_GROUP_NAME: target.logging.group,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    ...ofMetadata,
    ...(target.logging.format === "JSON" ? { AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: target.logging.applicationLevel ?? "INFO" } : {}),
    _AWS_XRAY_DAEMON_ADDRESS: XRAY_DAEMON.host,
    _AWS_XRAY_DAEMON_PORT: XRAY_DAEMON.port,
    LAMBDA_TASK_ROOT: sandbox.path("/var/task"),
    LAMBDA_RUNTIME_DIR: sandbox.path("/var/runtime"),
    PWD: sandbox.path("/var/task"),
    SHLVL: "0",
    _HANDLER: target.handler,
  };
};

/** What is the runtime's alone ("Using the Lambda Extensions API", environment variables), beside everything that begins with `_`. */
const NOT_FOR_EXTENSIONS: readonly string[] = [
  "AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS", "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT",
];

/** What an external extension finds in its environment. */
export const extensionVariables = (facts: Facts): Record<string, string> =>
  Object.fromEntries(Object.entries({ ...environmentVariables({ ...facts, ofRuntime: {} }), PWD: "/" }).filter(([name]) => !name.startsWith("_") && !NOT_FOR_EXTENSIONS.includes(name)));
