import { invalid } from "../errors.ts";
import type { FunctionRecord } from "../functions/state.ts";

export const isPerTenant = ({ settings }: Pick<FunctionRecord, "settings">): boolean => settings.TenancyConfig !== undefined;

/** Whoever invokes a function with tenant isolation says for which tenant, and nobody else does: in AWS's words, the second from its guide's description. */
export const checkTenant = (record: Pick<FunctionRecord, "settings">, tenantId: string | undefined): void => {
  if (isPerTenant(record) && tenantId === undefined) throw invalid("The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again.");
  if (!isPerTenant(record) && tenantId !== undefined) throw invalid("The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and try again.");
};

/** @param what What AWS does not offer for such functions ("Tenant isolation"): `Provisioned concurrency`, `Function URL`. */
export const refuseForTenants = (record: Pick<FunctionRecord, "settings">, what: string): void => {
  if (isPerTenant(record)) throw invalid(`${what} is not supported for functions enabled with tenancy configuration.`);
};
