import type { Operation } from "../../../store/store.ts";
import { conflict, invalid } from "../errors.ts";
import { isVersion } from "../names.ts";
import type { ProvisionedRecord } from "./provisioned-rows.ts";
import { findAlias } from "../versions/qualifiers.ts";
import type { FunctionRecord } from "../functions/state.ts";

/** A version's environments are provisioned once: for itself, or for one alias. Throws AWS's refusals. */
export function* checkProvisionable(latest: FunctionRecord, qualifier: string, versions: readonly string[], others: readonly ProvisionedRecord[]): Operation<void> {
  if (versions.includes("$LATEST")) throw invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
  for (const other of others) {
    const alias = isVersion(other.qualifier) ? undefined : yield* findAlias(latest, other.qualifier);
    const taken = alias === undefined ? [other.qualifier] : [alias.version, ...(alias.other === undefined ? [] : [alias.other.version])];
    if (!taken.some((version) => versions.includes(version))) continue;
    throw conflict(isVersion(qualifier) ? "Version is pointed by a Provisioned Concurrency alias" : "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version");
  }
}
