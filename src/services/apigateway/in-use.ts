import type { Method } from "@aws-sdk/client-api-gateway";
import type { Operation } from "../../store/store.ts";
import { conflict } from "./errors.ts";
import type { RestApiRecord } from "./needs.ts";
import { allParts } from "./parts.ts";

/** What a method names must stay: without it a request would be let in unlooked at. */
export function* refuseWhileUsed(api: RestApiRecord, what: string, isUsedBy: (method: Method) => boolean): Operation<void> {
  for (const { path, resourceMethods } of yield* allParts(api, "resource")) {
    for (const [httpMethod, method] of Object.entries(resourceMethods)) {
      if (isUsedBy(method)) throw conflict(`Cannot delete ${what}, is referenced in method request: ${httpMethod} ${path}`);
    }
  }
}
