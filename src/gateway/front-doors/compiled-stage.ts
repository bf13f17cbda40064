import type { HttpApiBody, StoredStage } from "../../plumber/apis/http-api.ts";
import type { ApiRecord } from "../../plumber/apis/rows.ts";

/** What the stages of HTTP and of WebSocket APIs have in common, made ready once. It lives until the API changes. */
export interface CompiledStage {
  api: ApiRecord<HttpApiBody>;
  stage: StoredStage;
  variables: Readonly<Record<string, string>>;
  /** What is made when it is first needed and lives as long as the stage: caches, counters. */
  kept: Map<string, unknown>;
}

/** What the stage keeps under a name, made when there is none yet. */
export const keptBy = <T>({ kept }: Pick<CompiledStage, "kept">, name: string, make: () => T): T => {
  let value = kept.get(name) as T | undefined;
  if (value === undefined) kept.set(name, (value = make()));
  return value;
};
