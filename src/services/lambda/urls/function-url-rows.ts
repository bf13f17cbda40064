import type { Cors, FunctionUrlAuthType, InvokeMode } from "@aws-sdk/client-lambda";
import { sql, sqlOne, type Operation, type Row } from "../../../store/store.ts";
import { LATEST } from "../invocation/event-config-rows.ts";

interface Place {
  account: string;
  region: string;
  name: string;
}

export interface FunctionUrlRecord extends Place {
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

export function* findFunctionUrl({ account, region, name }: Place, qualifier = LATEST): Operation<FunctionUrlRecord | undefined> {
  const row = yield* sqlOne("select * from lambda_function_url where account = ? and region = ? and name = ? and qualifier = ?", account, region, name, qualifier);
  return row === undefined ? undefined : toFunctionUrl(row);
}

/** In the commit that deletes the function; or an alias, when that is named. */
export function* forgetFunctionUrls({ account, region, name }: Place, qualifier?: string): Operation<void> {
  const at = "delete from lambda_function_url where account = ? and region = ? and name = ?";
  if (qualifier === undefined) yield* sql(at, account, region, name);
  else yield* sql(`${at} and qualifier = ?`, account, region, name, qualifier);
}
