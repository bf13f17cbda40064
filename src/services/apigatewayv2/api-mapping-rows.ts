import { MAPPING, type StoredMapping } from "../../plumber/apis/domain-names.ts";
import { listItems, type ApiRecord, type Place } from "../../plumber/apis/rows.ts";
import type { Operation } from "../../store/store.ts";
import { badRequest, notIdentified } from "./errors.ts";

/** Ordered by their ids. */
export function* listMappings(place: Place, domainName: string): Operation<StoredMapping[]> {
  const mappings = (yield* listItems<StoredMapping>(place, MAPPING, domainName)).map(({ body }) => body);
  return mappings.filter((mapping) => mapping.domainName === domainName).toSorted((one, other) => (one.mappingId < other.mappingId ? -1 : 1));
}

export function* getMapping(place: Place, domainName: string, id: string): Operation<StoredMapping> {
  const mapping = (yield* listMappings(place, domainName)).find(({ mappingId }) => mappingId === id);
  if (mapping === undefined) throw notIdentified("API mapping");
  return mapping;
}

/** An API, or a stage of it, that a domain name leads to stays. */
export function* refuseIfMapped({ account, region, apiId }: Pick<ApiRecord, "account" | "region" | "apiId">, stage?: string): Operation<void> {
  const mapping = (yield* listItems<StoredMapping>({ account, region }, MAPPING)).find(({ body }) => body.apiId === apiId && (stage === undefined || body.stage === stage))?.body;
  if (mapping === undefined) return;
  throw badRequest(`Deleting ${stage === undefined ? `API ${apiId}` : `stage ${stage}`} failed. Please remove all base path mappings related to the ${stage === undefined ? "API" : "stage"} in your domains: ${mapping.domainName}`);
}
