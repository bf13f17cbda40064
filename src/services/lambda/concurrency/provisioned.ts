import type { ProvisionedConcurrencyConfigListItem } from "@aws-sdk/client-lambda";
import { ApiError } from "../../../kit/api-error.ts";
import { functionArn } from "../../../kit/arn.ts";
import { ACCOUNT_CONCURRENCY, PROVISIONED_CONFIGS_PAGE_MAX, UNRESERVED_CONCURRENCY_MIN } from "../../../kit/limits/lambda.ts";
import { sql, type Operation } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { functionNotFound, invalid, notFound } from "../errors.ts";
import { deleteConfiguration, listConfigurations } from "../configuration-rows.ts";
import { setAsideTotal } from "./limits.ts";
import { isVersion, parseFunctionName, type FunctionName } from "../names.ts";
import type { LambdaHandlers, LambdaParts } from "../needs.ts";
import { cutPage, readMarker } from "../pages.ts";
import { checkProvisionable } from "./provisioned-checks.ts";
import { findProvisioned, provisionedOf, toProvisioned, totalOf, type ProvisionedRecord } from "./provisioned-rows.ts";
import { findAlias, findVersion } from "../versions/qualifiers.ts";
import { awsTime, findFunction, getFunction, type FunctionRecord } from "../functions/state.ts";
import { refuseForTenants } from "../invocation/tenancy.ts";

interface Qualified extends FunctionName {
  qualifier: string;
}

const notConfigured = (): ApiError =>
  new ApiError("ProvisionedConcurrencyConfigNotFoundException", "No Provisioned Concurrency Config found for this function", { status: 404, members: { Type: "User" } });

const parse = (name: string, context: RequestContext, qualifier: string): Qualified => {
  const named = parseFunctionName(name, context, qualifier);
  return { ...named, qualifier: named.qualifier! };
};

/** The function, and the versions that its qualifier stands for. */
function* getQualified(named: Qualified): Operation<{ latest: FunctionRecord; versions: string[] }> {
  const { qualifier, arn } = named;
  const latest = yield* findFunction(named, named.name);
  if (latest === undefined) throw functionNotFound(arn);
  if (isVersion(qualifier)) {
    if ((yield* findVersion(latest, qualifier)) === undefined) throw functionNotFound(arn);
    return { latest, versions: [qualifier] };
  }
  const alias = yield* findAlias(latest, qualifier);
  if (alias === undefined) throw notFound(`Cannot find alias arn: ${arn}`);
  return { latest, versions: [alias.version, ...(alias.other === undefined ? [] : [alias.other.version])] };
}

/** A part of the function's reservation, or of what the account has left. */
function* checkRoom({ account, region, reservedConcurrency }: FunctionRecord, others: number, requested: number): Operation<void> {
  if (reservedConcurrency !== undefined) {
    if (others + requested > reservedConcurrency) throw invalid("Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function");
    return;
  }
  const unreserved = ACCOUNT_CONCURRENCY - (yield* setAsideTotal({ account, region }));
  if (requested > unreserved) throw invalid(`Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${unreserved}].`);
  if (unreserved - requested < UNRESERVED_CONCURRENCY_MIN) throw invalid(`Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${UNRESERVED_CONCURRENCY_MIN}].`);
}

/** Environments that are ready before anybody invokes: what is asked for, and how far it is. */
export const provisionedHandlers = ({ store, scheduler, provisioning, clock }: LambdaParts) => {
  const arnOf = ({ account, region, name, qualifier }: ProvisionedRecord) => functionArn({ account, region }, name, qualifier);

  const describe = (record: ProvisionedRecord): ProvisionedConcurrencyConfigListItem => {
    const { allocated, failure } = scheduler.provisioned(arnOf(record));
    const status = allocated >= record.requested ? "READY" : failure === undefined ? "IN_PROGRESS" : "FAILED";
    return {
      RequestedProvisionedConcurrentExecutions: record.requested,
      AvailableProvisionedConcurrentExecutions: Math.min(allocated, record.requested),
      AllocatedProvisionedConcurrentExecutions: Math.min(allocated, record.requested),
      Status: status,
      ...(status === "FAILED" ? { StatusReason: failure } : {}),
      LastModified: awsTime(record.lastModified).replace(/\.\d{3}/, ""),
    };
  };
  const refuseLatest = ({ qualifier }: Qualified) => {
    if (qualifier === "$LATEST") throw invalid("The function resource provided must be an alias or a published version.");
  };

  return {
    async PutProvisionedConcurrencyConfig(input, context) {
      const named = parse(input.FunctionName!, context, input.Qualifier!);
      const { account, region, name, qualifier } = named;
      const requested = input.ProvisionedConcurrentExecutions!;
      const record = await store.run(function* () {
        const { latest, versions } = yield* getQualified(named);
        const others = (yield* provisionedOf(latest)).filter((one) => one.qualifier !== qualifier);
        refuseForTenants(latest, "Provisioned concurrency");
        yield* checkProvisionable(latest, qualifier, versions, others);
        // What it has already is its own to use again.
        yield* deleteConfiguration("lambda_provisioned_concurrency", named, qualifier);
        yield* checkRoom(latest, totalOf(others), requested);
        const rows = yield* sql(
          "insert into lambda_provisioned_concurrency (account, region, name, qualifier, requested, last_modified) values (?, ?, ?, ?, ?, ?) returning *",
          account, region, name, qualifier, requested, clock.now(),
        );
        return toProvisioned(rows[0]!);
      });
      await provisioning.follow(record);
      return describe(record);
    },

    async GetProvisionedConcurrencyConfig(input, context) {
      const named = parse(input.FunctionName!, context, input.Qualifier!);
      refuseLatest(named);
      const found = await store.run(function* () {
        yield* getQualified(named);
        return yield* findProvisioned(named, named.qualifier);
      });
      if (found === undefined) throw notConfigured();
      return describe(found);
    },

    async DeleteProvisionedConcurrencyConfig(input, context) {
      const named = parse(input.FunctionName!, context, input.Qualifier!);
      refuseLatest(named);
      await store.run(function* () {
        yield* getQualified(named);
        yield* deleteConfiguration("lambda_provisioned_concurrency", named, named.qualifier);
      });
      await provisioning.follow(named);
      return {};
    },

    async ListProvisionedConcurrencyConfigs(input, context) {
      const at = parseFunctionName(input.FunctionName!, context);
      const most = Math.min(input.MaxItems ?? PROVISIONED_CONFIGS_PAGE_MAX, PROVISIONED_CONFIGS_PAGE_MAX);
      const after = readMarker(input.Marker) ?? "";
      const rows = await store.run(function* () {
        yield* getFunction(at, at.name);
        return yield* listConfigurations("lambda_provisioned_concurrency", at, after, most + 1);
      });
      const { page, next } = cutPage(rows.map(toProvisioned), most, ({ qualifier }) => qualifier);
      return { ProvisionedConcurrencyConfigs: page.map((record) => ({ FunctionArn: arnOf(record), ...describe(record) })), ...next };
    },
  } satisfies LambdaHandlers;
};
