import { MAPPING, type StoredMapping } from "../../../plumber/apis/domain-names.ts";
import { listItems, type Place } from "../../../plumber/apis/rows.ts";
import type { Operation } from "../../../store/store.ts";
import { badRequest } from "../errors.ts";

export function* listMappings(place: Place, domainName: string): Operation<StoredMapping[]> {
  return (yield* listItems<StoredMapping>(place, MAPPING, domainName)).map(({ body }) => body).filter((mapping) => mapping.domainName === domainName);
}

/** An API, or a stage of it, that a domain name leads to stays. */
export function* refuseWhileMapped(place: Place, apiId: string, stage?: string): Operation<void> {
  const mapping = (yield* listItems<StoredMapping>(place, MAPPING)).find(({ body }) => body.apiId === apiId && (stage === undefined || body.stage === stage))?.body;
  if (mapping === undefined) return;
  throw badRequest(`Deleting ${stage === undefined ? "API" : `stage ${stage}`} failed. Please remove all base path mappings related to the ${stage === undefined ? "API" : "stage"} in your domains: ${mapping.domainName}`);
}
