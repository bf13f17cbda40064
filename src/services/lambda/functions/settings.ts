import { ENVIRONMENT_BYTES_MAX } from "../../../kit/limits/lambda.ts";
import { invalid, notBuilt, validationFailed } from "../errors.ts";
import type { Settings } from "./state.ts";

const RESERVED = new Set([
  "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
  "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "AWS_LAMBDA_MAX_CONCURRENCY", "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN",
]);
/** Runtimes that AWS takes, August 2026, and those that it took once ("Lambda runtimes"). */
const SUPPORTED = [
  "nodejs20.x", "nodejs22.x", "nodejs24.x", "nodejs26.x", "python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14", "python3.15",
  "java8.al2", "java8.al2023", "java11", "java11.al2023", "java17", "java17.al2023", "java21", "java25", "dotnet8", "dotnet10", "ruby3.2", "ruby3.3", "ruby3.4", "ruby4.0", "provided.al2", "provided.al2023",
];
const DEPRECATED = new Set([
  "nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x", "nodejs16.x", "nodejs18.x", "python2.7", "python3.6", "python3.7", "python3.8",
  "java8", "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "dotnet5.0", "dotnet6", "dotnet7", "ruby2.5", "ruby2.7", "go1.x", "provided",
]);
/** What a layer may say that it is for, in the order in which AWS says it (September 2026): it is not run itself. */
export const LAYER_RUNTIMES: readonly string[] = [
  "nodejs20.x", "python3.14", "provided.al2023", "python3.15", "python3.12", "python3.13", "nodejs24.x", "nodejs22.x", "nodejs26.x", "java25", "python3.10", "python3.11", "java21", "ruby3.3", "ruby3.4", "ruby4.0",
  "ruby3.2", "python3.8", "python3.9", "java17.al2023", "java17", "nodejs16.x", "dotnet10", "dotnet8", "java8.al2023", "java11", "dotnet6", "nodejs18.x", "provided.al2", "java8.al2", "java11.al2023",
];
const NOT_BUILT_RUNTIMES = /^(dotnet|python3\.15$)/;
const TIMEOUT_SECONDS = [1, 900] as const;
const MEMORY_MB = [128, 10_240] as const;
const STORAGE_MB = [512, 10_240] as const;

/** How AWS says that a number is out of its range; the model's own ranges hold for managed instances, too, and are wider. */
const checkRange = (value: number, path: string, [least, most]: readonly [number, number]): string[] => {
  const failed = (bound: string) => [`Value '${value}' at '${path}' failed to satisfy constraint: Member must have value ${bound}`];
  if (value > most) return failed(`less than or equal to ${most}`);
  return value < least ? failed(`greater than or equal to ${least}`) : [];
};

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
  /** Of CreateFunction alone. */
  TenancyConfig?: { TenantIsolationMode?: string | undefined } | undefined;
  TracingConfig?: { Mode?: string | undefined } | undefined;
  ImageConfig?: object | undefined;
  SnapStart?: { ApplyOn?: string | undefined } | undefined;
  DeadLetterConfig?: { TargetArn?: string | undefined } | undefined;
  LoggingConfig?: { LogFormat?: string | undefined; LogGroup?: string | undefined; ApplicationLogLevel?: string | undefined; SystemLogLevel?: string | undefined } | undefined;
}

/** What changes how a function runs but is not built is refused, unless it says what is so anyway. */
export const NOT_BUILT: Record<string, (value: never) => boolean> = {
  PublishTo: () => false,
  S3ObjectStorageMode: (value: string) => value === "COPY",
  SourceKMSKeyArn: (value: string) => value === "",
  VpcConfig: (value: { SubnetIds?: unknown[]; SecurityGroupIds?: unknown[]; Ipv6AllowedForDualStack?: boolean }) =>
    (value.SubnetIds ?? []).length === 0 && (value.SecurityGroupIds ?? []).length === 0 && value.Ipv6AllowedForDualStack !== true,
  FileSystemConfigs: (value: unknown[]) => value.length === 0,
  KMSKeyArn: (value: string) => value === "",
  SnapStart: (value: { ApplyOn?: string }) => (value.ApplyOn ?? "None") === "None",
  DurableConfig: () => false,
  CapacityProviderConfig: () => false,
};

const INSTEAD: Record<string, string> = {
  VpcConfig: "there are no VPCs here, and a function uses the network that the server gives it; leave it out, or give empty lists",
  FileSystemConfigs: "EFS and S3 Files are not built; leave it out",
  KMSKeyArn: "KMS is not built, and variables lie in the database as they are; leave it out",
  SourceKMSKeyArn: "KMS is not built; leave it out",
  SnapStart: "environments are not made from snapshots; set ApplyOn to None",
  S3ObjectStorageMode: "packages are copied; leave it out, or say COPY",
  PublishTo: "it belongs to Lambda Managed Instances; leave it out",
  CapacityProviderConfig: "it belongs to Lambda Managed Instances; leave it out",
};

/** Throws NotImplemented that names the first setting of the request that would have to be ignored. */
export const refuseNotBuilt = (input: object): void => {
  for (const [name, isDefault] of Object.entries(NOT_BUILT)) {
    const value = (input as Record<string, unknown>)[name];
    if (value !== undefined && !isDefault(value as never)) throw notBuilt(`The function setting ${name}`, INSTEAD[name] ?? "leave it out");
  }
};

const checkEnvironment = (variables: Record<string, string>) => {
  const reserved = Object.keys(variables).filter((name) => RESERVED.has(name));
  if (reserved.length > 0) {
    throw invalid(`Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(", ")}`);
  }
  const bytes = Buffer.byteLength(JSON.stringify(variables));
  if (bytes > ENVIRONMENT_BYTES_MAX) throw invalid(`Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. Measured size: ${bytes} bytes`);
};

const checkRuntime = (runtime: string) => {
  if (DEPRECATED.has(runtime)) throw invalid(`The runtime parameter of ${runtime} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.`);
  if (!SUPPORTED.includes(runtime)) throw invalid(`Value ${runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [${SUPPORTED.join(", ")}] or be a valid ARN`);
  if (NOT_BUILT_RUNTIMES.test(runtime)) throw notBuilt(`The runtime ${runtime}`, `it runs ${SUPPORTED.filter((name) => !NOT_BUILT_RUNTIMES.test(name)).join(", ")}`);
};

const logging = (given: SettingsInput["LoggingConfig"], before: Settings["LoggingConfig"]): Settings["LoggingConfig"] => {
  if (given === undefined) return before;
  if (/^aws\//i.test(given.LogGroup ?? "")) throw invalid("Log groups starting with AWS/ are reserved for AWS. Update the LogGroup value and try again.");
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
  Runtime: "", Handler: "", Role: "", Description: "", Timeout: 3, MemorySize: MEMORY_MB[0], EphemeralStorage: { Size: STORAGE_MB[0] }, Architectures: ["x86_64"],
  LoggingConfig: { LogFormat: "Text", LogGroup: `/aws/lambda/${name}` },
});

/** Of the runtimes that AWS makes snapshots for ("Lambda SnapStart"); for them it is not built here. */
const SNAPSHOT_RUNTIMES = /^(python3\.(1[2-9])|java(11|17|21|25)(\.|$)|dotnet(8|10)$)/;

const checkSnapStart = ({ SnapStart }: SettingsInput, runtime: string) => {
  if (SnapStart?.ApplyOn === "PublishedVersions" && !SNAPSHOT_RUNTIMES.test(runtime)) throw invalid(`${runtime} is not supported for SnapStart enabled functions.`);
};

/** Of the settings after a request; an empty one removes it. */
export const deadLetterTarget = (before: Settings, { DeadLetterConfig }: SettingsInput): string | undefined =>
  (DeadLetterConfig === undefined ? before.DeadLetterConfig?.TargetArn : DeadLetterConfig.TargetArn) || undefined;

/** The settings after a request, checked in AWS's order and words. */
export const applySettings = (before: Settings, input: SettingsInput): Settings => {
  checkSnapStart(input, input.Runtime ?? before.Runtime);
  if (Object.keys(input.ImageConfig ?? {}).length > 0) throw invalid("The ImageConfig parameter is not supported for functions created with deployment packages.");
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
    ...(input.TenancyConfig === undefined ? {} : { TenancyConfig: { TenantIsolationMode: "PER_TENANT" } }),
    LoggingConfig: logging(input.LoggingConfig, before.LoggingConfig),
  };
  const outOfRange = [
    ...checkRange(after.Timeout, "timeout", TIMEOUT_SECONDS),
    ...(after.MemorySize > MEMORY_MB[1] ? [] : checkRange(after.MemorySize, "memorySize", MEMORY_MB)),
    ...checkRange(after.EphemeralStorage.Size, "ephemeralStorage.size", STORAGE_MB),
  ];
  if (outOfRange.length > 0) throw validationFailed(outOfRange);
  // More than that is a limit of the account to AWS, and has words of its own.
  if (after.MemorySize > MEMORY_MB[1]) throw invalid(`'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to ${MEMORY_MB[1]}`);
  if (after.Runtime === "" || after.Handler === "") throw invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.");
  checkRuntime(after.Runtime);
  if (input.TracingConfig?.Mode === "Active") after.TracingConfig = { Mode: "Active" };
  else if (input.TracingConfig?.Mode !== undefined) delete after.TracingConfig;
  const deadLetters = deadLetterTarget(before, input);
  if (deadLetters === undefined) delete after.DeadLetterConfig;
  else after.DeadLetterConfig = { TargetArn: deadLetters };
  if (input.Environment !== undefined) {
    const variables = input.Environment.Variables ?? {};
    checkEnvironment(variables);
    if (Object.keys(variables).length > 0) after.Environment = { ...variables };
    else delete after.Environment;
  }
  return after;
};
