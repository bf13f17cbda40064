import { allParts, type PartKind } from "../parts.ts";
import { saveApi, savePart } from "../../../plumber/apis/rows.ts";
import type { Operation } from "../../../store/store.ts";
import type { RestApiRecord } from "../needs.ts";
import type { createApi } from "./create.ts";

const CLONED: readonly PartKind[] = ["resource", "authorizer", "model", "validator", "gateway-response", "documentation-part"];

const idOf = (kind: PartKind, part: object): string => (part as Record<string, string>)[kind === "model" ? "name" : kind === "gateway-response" ? "responseType" : "id"]!;

/** What the new API is made of is what the other one is made of, under the same ids: they are an API's own. */
export function* cloneInto({ record }: ReturnType<typeof createApi>, from: RestApiRecord): Operation<void> {
  record.body = { ...from.body, ...record.body, rootResourceId: from.body.rootResourceId };
  yield* saveApi(record);
  for (const kind of CLONED) for (const part of yield* allParts(from, kind)) yield* savePart(record.apiId, kind, idOf(kind, part), part);
}
