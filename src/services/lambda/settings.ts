import { ApiError } from "../../kit/api-error.ts";
import { ENVIRONMENT_BYTES_MAX } from "../../kit/limits.ts";
import type { Settings } from "./state.ts";

const RESERVED = new Set([
  "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
  "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "AWS_LAMBDA_MAX_CONCURRENCY", "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN",
]);
const DEPRECATED = /^(nodejs(4\.3|6\.10|8\.10|10\.x|12\.x|14\.x|16\.x|18\.x)|nodejs|python2\.7|python3\.[678]|java8|dotnetcore.*|dotnet[56]|ruby2\.[57]|go1\.x|provided)$/;
const BUILT = /^(nodejs(20|22|24|26)\.x|python3\.(9|1[0-4]))$/;
const MIN_MEMORY = 128;
const MAX_MEMORY = 10_240;
const MAX_TIMEOUT = 900;
const STORAGE = { least: 512, most: 10_240 };

const invalid = (message: string): ApiError => new ApiError("InvalidParameterValueException", message, { status: 400, members: { Type: "User" } });
const outOfRange = (value: number, path: string, bound: string): ApiError =>
  new ApiError("ValidationException", `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: Member must have value ${bound}`, { status: 400 });

/** The parts of CreateFunction and UpdateFunctionConfiguration that configure; `undefined` leaves a setting as it is. */
export interface SettingsInput {
  Runtime?: string | undefined;
  Handler?: string | undefined;
  Role?: string | undefined;
  Description?: string | undefined;
  Timeout?: number | undefined;
  MemorySize?: number | undefined;
  EphemeralStorage?: { Size?: number | undefined } | undefined;
  Environment?: { Variables?: Record<string, string> | undefined } | undefined;
  Architectures?: string[] | undefined;
  LoggingConfig?: { LogFormat?: string | undefined; LogGroup?: string | undefined; ApplicationLogLevel?: string | undefined; SystemLogLevel?: string | undefined } | undefined;
}

/** What changes how a function runs but is not built is refused, unless it says what is so anyway. */
const NOT_BUILT: Record<string, (value: never) => boolean> = {
  Layers: (value: unknown[]) => value.length === 0,
  VpcConfig: (value: { SubnetIds?: unknown[]; SecurityGroupIds?: unknown[] }) => (value.SubnetIds ?? []).length === 0 && (value.SecurityGroupIds ?? []).length === 0,
  FileSystemConfigs: (value: unknown[]) => value.length === 0,
  ImageConfig: (value: object) => Object.keys(value).length === 0,
  KMSKeyArn: (value: string) => value === "",
  DeadLetterConfig: (value: { TargetArn?: string }) => (value.TargetArn ?? "") === "",
  TracingConfig: (value: { Mode?: string }) => value.Mode === "PassThrough",
  SnapStart: (value: { ApplyOn?: string }) => value.ApplyOn === "None",
  CodeSigningConfigArn: (value: string) => value === "",
  DurableConfig: () => false,
  CapacityProviderConfig: () => false,
  TenancyConfig: () => false,
};

export const refuseNotBuilt = (input: object): void => {
  for (const [name, isDefault] of Object.entries(NOT_BUILT)) {
    const value = (input as Record<string, unknown>)[name];
    if (value !== undefined && !isDefault(value as never)) throw new ApiError("NotImplemented", `The function setting ${name} is not built in this version of lambdad: leave it out`, { status: 501 });
  }
};

const checkEnvironment = (variables: Record<string, string>) => {
  const reserved = Object.keys(variables).filter((name) => RESERVED.has(name));
  if (reserved.length > 0) {
    throw invalid(`Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(", ")}`);
  }
  const text = JSON.stringify(variables);
  if (Buffer.byteLength(text) > ENVIRONMENT_BYTES_MAX) throw invalid(`Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: ${text}`);
};

const checkRuntime = (runtime: string) => {
  if (DEPRECATED.test(runtime)) throw invalid(`The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`);
  if (!BUILT.test(runtime)) throw new ApiError("NotImplemented", `The runtime ${runtime} is not built in this version of lambdad: it runs nodejs20.x to nodejs26.x and python3.9 to python3.14`, { status: 501 });
};

const logging = (given: SettingsInput["LoggingConfig"], before: Settings["LoggingConfig"]): Settings["LoggingConfig"] => {
  if (given === undefined) return before;
  const format = (given.LogFormat ?? before.LogFormat) as "Text" | "JSON";
  const levels = { ApplicationLogLevel: given.ApplicationLogLevel, SystemLogLevel: given.SystemLogLevel };
  if (format === "Text" && (levels.ApplicationLogLevel !== undefined || levels.SystemLogLevel !== undefined)) {
    throw invalid('LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the LogFormat to "JSON" and try again.');
  }
  return {
    LogFormat: format,
    LogGroup: given.LogGroup ?? before.LogGroup,
    ...(format === "JSON" ? { ApplicationLogLevel: levels.ApplicationLogLevel ?? before.ApplicationLogLevel ?? "INFO", SystemLogLevel: levels.SystemLogLevel ?? before.SystemLogLevel ?? "INFO" } : {}),
  };
};

export const defaultSettings = (name: string): Settings => ({
  Runtime: "", Handler: "", Role: "", Description: "", Timeout: 3, MemorySize: MIN_MEMORY, EphemeralStorage: { Size: STORAGE.least }, Architectures: ["x86_64"],
  LoggingConfig: { LogFormat: "Text", LogGroup: `/aws/lambda/${name}` },
});

/** The settings after a request, checked in AWS's order and words. */
export const applySettings = (before: Settings, input: SettingsInput): Settings => {
  refuseNotBuilt(input);
  const after: Settings = {
    ...before,
    Runtime: input.Runtime ?? before.Runtime,
    Handler: input.Handler ?? before.Handler,
    Role: input.Role ?? before.Role,
    Description: input.Description ?? before.Description,
    Timeout: input.Timeout ?? before.Timeout,
    MemorySize: input.MemorySize ?? before.MemorySize,
    EphemeralStorage: { Size: input.EphemeralStorage?.Size ?? before.EphemeralStorage.Size },
    Architectures: (input.Architectures as Settings["Architectures"] | undefined) ?? before.Architectures,
    LoggingConfig: logging(input.LoggingConfig, before.LoggingConfig),
  };
  if (after.Runtime === "" || after.Handler === "") throw invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.");
  checkRuntime(after.Runtime);
  if (after.Timeout > MAX_TIMEOUT) throw outOfRange(after.Timeout, "timeout", `less than or equal to ${MAX_TIMEOUT}`);
  if (after.MemorySize < MIN_MEMORY) throw outOfRange(after.MemorySize, "memorySize", `greater than or equal to ${MIN_MEMORY}`);
  if (after.MemorySize > MAX_MEMORY) throw outOfRange(after.MemorySize, "memorySize", `less than or equal to ${MAX_MEMORY}`);
  if (after.EphemeralStorage.Size < STORAGE.least) throw outOfRange(after.EphemeralStorage.Size, "ephemeralStorage.size", `greater than or equal to ${STORAGE.least}`);
  if (after.EphemeralStorage.Size > STORAGE.most) throw outOfRange(after.EphemeralStorage.Size, "ephemeralStorage.size", `less than or equal to ${STORAGE.most}`);
  if (input.Environment !== undefined) {
    const variables = input.Environment.Variables ?? {};
    checkEnvironment(variables);
    if (Object.keys(variables).length > 0) after.Environment = { ...variables };
    else delete after.Environment;
  }
  return after;
};
