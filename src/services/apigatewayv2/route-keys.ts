import { deletePart, findPart, savePart } from "../../plumber/apis/rows.ts";
import type { Operation } from "../../store/store.ts";
import { conflict } from "./errors.ts";

/** Which route has a key: an API with thousands of routes is not read for each new one. */
const KIND = "route-key";

export function* claimRouteKey(apiId: string, key: string, routeId: string): Operation<void> {
  const holder = yield* findPart<string>(apiId, KIND, key);
  if (holder !== undefined && holder !== routeId) throw conflict(`Route with key ${key} already exists for this API`);
  yield* savePart(apiId, KIND, key, routeId);
}

export function* releaseRouteKey(apiId: string, key: string): Operation<void> {
  yield* deletePart(apiId, KIND, key);
}

export function* releaseAllRouteKeys(apiId: string): Operation<void> {
  yield* deletePart(apiId, KIND);
}

export function* isRouteKey(apiId: string, key: string): Operation<boolean> {
  return (yield* findPart(apiId, KIND, key)) !== undefined;
}
