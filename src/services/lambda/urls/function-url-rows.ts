import type { Cors, FunctionUrlAuthType, InvokeMode } from "@aws-sdk/client-lambda";
import type { FunctionPlace } from "../../../scheduler/function-limits.ts";
import { sqlOne, type Operation, type Row } from "../../../store/store.ts";
import { findConfiguration } from "../configuration-rows.ts";

export interface FunctionUrlRecord extends FunctionPlace {
  /** `$LATEST` for the function without a qualifier, else an alias. */
  qualifier: string;
  /** The first label of its host name. */
  urlId: string;
  authType: FunctionUrlAuthType;
  cors?: Cors;
  invokeMode: InvokeMode;
  createdAt: number;
  lastModified: number;
}

export const toFunctionUrl = (row: Row): FunctionUrlRecord => ({
  account: row["account"] as string,
  region: row["region"] as string,
  name: row["name"] as string,
  qualifier: row["qualifier"] as string,
  urlId: row["url_id"] as string,
  authType: row["auth_type"] as FunctionUrlAuthType,
  ...(row["cors"] === null ? {} : { cors: JSON.parse(row["cors"] as string) as Cors }),
  invokeMode: row["invoke_mode"] as InvokeMode,
  createdAt: row["created_at"] as number,
  lastModified: row["last_modified"] as number,
});

export function* findFunctionUrl(place: FunctionPlace, qualifier?: string): Operation<FunctionUrlRecord | undefined> {
  const row = yield* findConfiguration("lambda_function_url", place, qualifier);
  return row === undefined ? undefined : toFunctionUrl(row);
}

/** By the first label of its host name. */
export function* findFunctionUrlById(urlId: string): Operation<FunctionUrlRecord | undefined> {
  const row = yield* sqlOne("select * from lambda_function_url where url_id = ?", urlId);
  return row === undefined ? undefined : toFunctionUrl(row);
}
