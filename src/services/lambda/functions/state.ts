import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import type { PolicyDocument } from "../../../iam/document.ts";
import { functionArn } from "../../../kit/arn.ts";
import type { Clock } from "../../../kit/clock.ts";
import { sqlOne, type Operation, type Row } from "../../../store/store.ts";
import { conflict, functionNotFound } from "../errors.ts";
import { findQualified } from "../versions/qualifiers.ts";

/** A layer version as a function keeps it, also when the version is deleted. */
export interface FunctionLayer {
  Arn: string;
  CodeSize: number;
  blobId: string;
  sha256Base64: string;
  unzippedBytes: number;
}

/** What a user configures; the rest of a FunctionConfiguration follows from the row. */
export interface Settings {
  Runtime: string;
  Handler: string;
  Role: string;
  Description: string;
  Timeout: number;
  MemorySize: number;
  EphemeralStorage: { Size: number };
  Environment?: Record<string, string>;
  Architectures: ("x86_64" | "arm64")[];
  /** Given at its creation, and never changed. */
  TenancyConfig?: { TenantIsolationMode: "PER_TENANT" };
  /** In the order they are merged. */
  Layers?: FunctionLayer[];
  /** Auto when it is not there. The version is the one that is pinned by hand, or that the last update left. */
  RuntimeManagement?: { UpdateRuntimeOn: "Manual" | "FunctionUpdate"; RuntimeVersionArn?: string };
  /** Where events go that are given up. */
  DeadLetterConfig?: { TargetArn: string };
  /** PassThrough when it is not there. */
  TracingConfig?: { Mode: "Active" };
  LoggingConfig: { LogFormat: "Text" | "JSON"; LogGroup: string; ApplicationLogLevel?: string; SystemLogLevel?: string };
}

/** What environments are made of. */
export interface Deployment {
  /** Ours: changes with every change of code or configuration, and with nothing else. */
  deploymentId: string;
  settings: Settings;
  code: { blobId: string; sha256Base64: string; size: number };
}

/** A function, or one of its versions. */
export interface FunctionRecord extends Deployment {
  account: string;
  region: string;
  name: string;
  /** `$LATEST` or a number. */
  version: string;
  /** Of the function, without a qualifier. */
  arn: string;
  /** What AWS calls RevisionId: one while it settles, another from then on; a change of its policy makes a new one too. */
  revisionId: string;
  settledRevisionId: string;
  tags: Record<string, string>;
  policy?: PolicyDocument;
  /** While an update settles: what goes on serving. */
  previous?: Deployment;
  /** Platform time at which a creation or an update is done. */
  settlesAt: number;
  /** False until the first one is. */
  isCreated: boolean;
  lastModified: number;
  reservedConcurrency?: number;
  recursiveLoop: "Allow" | "Terminate";
  /** Of $LATEST. */
  codeSigningConfigId?: string;
}

export const toFunction = (row: Row): FunctionRecord => {
  const [account, region, name] = [row["account"] as string, row["region"] as string, row["name"] as string];
  return {
    account, region, name, version: "$LATEST",
    arn: functionArn({ account, region }, name),
    revisionId: row["revision_id"] as string,
    settledRevisionId: row["settled_revision_id"] as string,
    deploymentId: row["deployment_id"] as string,
    settings: JSON.parse(row["configuration"] as string) as Settings,
    tags: JSON.parse(row["tags"] as string) as Record<string, string>,
    code: { blobId: row["code_blob_id"] as string, sha256Base64: row["code_sha256"] as string, size: row["code_size"] as number },
    settlesAt: row["settles_at"] as number,
    isCreated: row["is_created"] === 1,
    lastModified: row["last_modified"] as number,
    recursiveLoop: row["recursive_loop"] === "Allow" ? "Allow" : "Terminate",
    ...(row["reserved_concurrency"] === null ? {} : { reservedConcurrency: row["reserved_concurrency"] as number }),
    ...(row["code_signing_config_id"] === null ? {} : { codeSigningConfigId: row["code_signing_config_id"] as string }),
    ...(row["policy"] === null ? {} : { policy: JSON.parse(row["policy"] as string) as PolicyDocument }),
    ...(row["previous"] === null ? {} : { previous: JSON.parse(row["previous"] as string) as Deployment }),
  };
};

export function* findFunction(at: { account: string; region: string }, name: string): Operation<FunctionRecord | undefined> {
  const row = yield* sqlOne("select * from lambda_function where account = ? and region = ? and name = ?", at.account, at.region, name);
  return row === undefined ? undefined : toFunction(row);
}

/** The function, or the version that a qualifier names: of an alias the one that it points to, without regard to weights. */
export function* getFunction(at: { account: string; region: string }, name: string, qualifier?: string): Operation<FunctionRecord> {
  const latest = yield* findFunction(at, name);
  const found = latest === undefined || qualifier === undefined ? latest : yield* findQualified(latest, qualifier);
  if (found === undefined) throw functionNotFound(functionArn(at, name, qualifier));
  return found;
}

/** `2026-11-24T10:00:00.000+0000` */
export const awsTime = (ms: number): string => new Date(ms).toISOString().replace("Z", "+0000");

export const isSettling = (record: FunctionRecord, clock: Clock): boolean => clock.now() < record.settlesAt;

/** Throws AWS's conflict as long as a creation or an update is under way. */
export const refuseWhileSettling = (record: FunctionRecord, clock: Clock): void => {
  if (!isSettling(record, clock)) return;
  throw conflict(`The operation cannot be performed at this time. ${record.isCreated ? `An update is in progress for resource: ${record.arn}` : "The function is currently in the following state: Pending"}`);
};

/** The RevisionId of this moment. AWS gives a new one when a creation or an update is done, too. */
export const revisionOf = (record: FunctionRecord, clock: Clock): string => (isSettling(record, clock) ? record.revisionId : record.settledRevisionId);

/** What runs now: "Lambda continues to use the previous code and configuration" while an update is in progress (developer guide, "Function states"). */
export const servingNow = (record: FunctionRecord, clock: Clock): Deployment => (isSettling(record, clock) ? (record.previous ?? record) : record);

/** AWS speaks of a creation in both cases. */
const BEING_CREATED = {
  creation: { StateReason: "The function is being created.", StateReasonCode: "Creating" },
  // The SDK's enum does not know the code that AWS gives here.
  update: { LastUpdateStatusReason: "The function is being created.", LastUpdateStatusReasonCode: "Creating" as FunctionConfiguration["LastUpdateStatusReasonCode"] },
} satisfies Record<string, FunctionConfiguration>;

/** A configuration as AWS returns it, but for the version of its runtime (runtime-management.ts). A creation is Pending and an update InProgress until it has settled. */
export const describe = (record: FunctionRecord, clock: Clock, options: { qualifier?: string | undefined } = {}): FunctionConfiguration => {
  const { Environment, Layers, TracingConfig, RuntimeManagement: _apart, ...settings } = record.settings;
  const settling = isSettling(record, clock);
  const state: FunctionConfiguration = !settling
    ? { State: "Active", LastUpdateStatus: "Successful" }
    : record.isCreated
      ? { State: "Active", LastUpdateStatus: "InProgress", ...BEING_CREATED.update }
      : { State: "Pending", ...BEING_CREATED.creation };
  return {
    FunctionName: record.name,
    FunctionArn: options.qualifier === undefined ? record.arn : `${record.arn}:${options.qualifier}`,
    ...(settings as FunctionConfiguration),
    ...(Environment === undefined ? {} : { Environment: { Variables: Environment } }),
    ...(Layers === undefined ? {} : { Layers: Layers.map(({ Arn, CodeSize }) => ({ Arn, CodeSize })) }),
    CodeSize: record.code.size,
    CodeSha256: record.code.sha256Base64,
    LastModified: awsTime(record.lastModified),
    Version: record.version,
    TracingConfig: TracingConfig ?? { Mode: "PassThrough" },
    RevisionId: revisionOf(record, clock),
    PackageType: "Zip",
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    ...state,
  };
};

/** A configuration in a list: AWS leaves out what only GetFunction and GetFunctionConfiguration tell (API reference, "ListFunctions"). */
export const describeInList = (record: FunctionRecord, clock: Clock, options: { qualifier?: string | undefined } = {}): FunctionConfiguration => {
  const {
    State: _state, StateReason: _stateReason, StateReasonCode: _stateCode,
    LastUpdateStatus: _status, LastUpdateStatusReason: _reason, LastUpdateStatusReasonCode: _code, ...listed
  } = describe(record, clock, options);
  return listed;
};
