import type { Sandbox } from "../sandbox/sandbox.ts";
import type { EnvironmentCredentials, FunctionTarget } from "./executor.ts";
import type { Runtime } from "./runtimes.ts";

interface Facts {
  target: FunctionTarget;
  runtime: Runtime;
  credentials: EnvironmentCredentials;
  sandbox: Sandbox;
  logStream: string;
  endpoint: string;
  runtimeApi: string;
  /** Where the SDK that AWS brings is found, inside the sandbox. */
  sdkPath: string;
}

const forLanguage = ({ runtime, sandbox, sdkPath }: Facts): Record<string, string> =>
  runtime.language === "nodejs"
    ? { NODE_PATH: ["/opt/nodejs/node_modules", sdkPath, "/var/runtime", "/var/task"].map((path) => sandbox.path(path)).join(":") }
    : { PYTHONPATH: sandbox.path(sdkPath), LC_CTYPE: "C.UTF-8", PYTHONUNBUFFERED: "1", PYTHONDONTWRITEBYTECODE: "1" };

/** What a handler finds in its environment, as AWS gives it: the function's own variables first, the reserved ones over them. */
export const environmentVariables = (facts: Facts): Record<string, string> => {
  const { target, credentials, sandbox, logStream, endpoint, runtimeApi } = facts;
  return {
    ...target.environment,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_REGION: target.region,
    AWS_DEFAULT_REGION: target.region,
    AWS_ENDPOINT_URL: target.environment["AWS_ENDPOINT_URL"] ?? endpoint,
    AWS_EXECUTION_ENV: `AWS_Lambda_${target.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: target.name,
    AWS_LAMBDA_FUNCTION_VERSION: target.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(target.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: target.initializationType,
    AWS_LAMBDA_LOG_GROUP_NAME: target.logging.group,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    ...(target.logging.format === "JSON" ? { AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: target.logging.applicationLevel ?? "INFO" } : {}),
    LAMBDA_TASK_ROOT: sandbox.path("/var/task"),
    LAMBDA_RUNTIME_DIR: sandbox.path("/var/runtime"),
    _HANDLER: target.handler,
    LANG: "en_US.UTF-8",
    TZ: ":UTC",
    PATH: `/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:${sandbox.path("/opt/bin")}`,
    LD_LIBRARY_PATH: ["/var/lang/lib", "/lib64", "/usr/lib64", sandbox.path("/var/runtime"), sandbox.path("/var/runtime/lib"), sandbox.path("/var/task"), sandbox.path("/var/task/lib"), sandbox.path("/opt/lib")].join(":"),
    ...forLanguage(facts),
  };
};
