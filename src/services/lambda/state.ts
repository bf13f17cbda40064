import { hash } from "node:crypto";
import type { FunctionConfiguration } from "@aws-sdk/client-lambda";
import type { PolicyDocument } from "../../iam/document.ts";
import { ApiError } from "../../kit/api-error.ts";
import { functionArn } from "../../kit/arn.ts";
import type { Clock } from "../../kit/clock.ts";
import { sqlOne, type Operation, type Row } from "../../store/store.ts";

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
  LoggingConfig: { LogFormat: "Text" | "JSON"; LogGroup: string; ApplicationLogLevel?: string; SystemLogLevel?: string };
}

export interface FunctionRecord {
  account: string;
  region: string;
  name: string;
  arn: string;
  revisionId: string;
  settings: Settings;
  tags: Record<string, string>;
  code: { blobId: string; sha256Base64: string; size: number };
  policy?: PolicyDocument;
  policyRevision?: string;
  /** Platform time at which a creation or an update is done. */
  settlesAt: number;
  /** False until the first one is. */
  isCreated: boolean;
  lastModified: number;
}

export const toFunction = (row: Row): FunctionRecord => {
  const [account, region, name] = [row["account"] as string, row["region"] as string, row["name"] as string];
  return {
    account, region, name,
    arn: functionArn({ account, region }, name),
    revisionId: row["revision_id"] as string,
    settings: JSON.parse(row["configuration"] as string) as Settings,
    tags: JSON.parse(row["tags"] as string) as Record<string, string>,
    code: { blobId: row["code_blob_id"] as string, sha256Base64: row["code_sha256"] as string, size: row["code_size"] as number },
    settlesAt: row["settles_at"] as number,
    isCreated: row["is_created"] === 1,
    lastModified: row["last_modified"] as number,
    ...(row["policy"] === null ? {} : { policy: JSON.parse(row["policy"] as string) as PolicyDocument, policyRevision: row["policy_revision"] as string }),
  };
};

export const functionNotFound = (arn: string): ApiError => new ApiError("ResourceNotFoundException", `Function not found: ${arn}`, { status: 404, members: { Type: "User" } });

export function* findFunction(at: { account: string; region: string }, name: string): Operation<FunctionRecord | undefined> {
  const row = yield* sqlOne("select * from lambda_function where account = ? and region = ? and name = ?", at.account, at.region, name);
  return row === undefined ? undefined : toFunction(row);
}

/** The function, by a qualifier that exists: only $LATEST does as long as versions and aliases are not built. */
export function* getFunction(at: { account: string; region: string }, name: string, qualifier?: string): Operation<FunctionRecord> {
  const found = yield* findFunction(at, name);
  if (found === undefined || (qualifier !== undefined && qualifier !== "$LATEST")) throw functionNotFound(functionArn(at, name, qualifier));
  return found;
}

/** `2026-11-24T10:00:00.000+0000` */
export const awsTime = (ms: number): string => new Date(ms).toISOString().replace("Z", "+0000");

export const isSettling = (record: FunctionRecord, clock: Clock): boolean => clock.now() < record.settlesAt;

/** A configuration as AWS returns it. A creation is Pending and an update InProgress until it has settled. */
export const describe = (record: FunctionRecord, clock: Clock, options: { qualifier?: string | undefined } = {}): FunctionConfiguration => {
  const { Environment, ...settings } = record.settings;
  const settling = isSettling(record, clock);
  const state: FunctionConfiguration = !settling
    ? { State: "Active", LastUpdateStatus: "Successful" }
    : record.isCreated
      ? { State: "Active", LastUpdateStatus: "InProgress", LastUpdateStatusReason: "The function is being updated." }
      : { State: "Pending", StateReason: "The function is being created.", StateReasonCode: "Creating" };
  return {
    FunctionName: record.name,
    FunctionArn: options.qualifier === undefined ? record.arn : `${record.arn}:${options.qualifier}`,
    ...(settings as FunctionConfiguration),
    ...(Environment === undefined ? {} : { Environment: { Variables: Environment } }),
    CodeSize: record.code.size,
    CodeSha256: record.code.sha256Base64,
    LastModified: awsTime(record.lastModified),
    Version: "$LATEST",
    TracingConfig: { Mode: "PassThrough" },
    RevisionId: record.revisionId,
    PackageType: "Zip",
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    RuntimeVersionConfig: { RuntimeVersionArn: `arn:aws:lambda:${record.region}::runtime:${hash("sha256", record.settings.Runtime, "hex")}` },
    ...state,
  };
};
