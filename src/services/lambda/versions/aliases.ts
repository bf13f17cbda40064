import type { AliasConfiguration } from "@aws-sdk/client-lambda";
import { FUNCTIONS_PAGE_MAX } from "../../../kit/limits/lambda.ts";
import { functionArn } from "../../../kit/arn.ts";
import { sql, type Operation } from "../../../store/store.ts";
import { conflict, functionNotFound, invalid, notFound, revisionDiffers } from "../errors.ts";
import { forgetConfigurations } from "../configuration-rows.ts";
import { parseUnqualified } from "../names.ts";
import type { LambdaHandlers, LambdaParts } from "../needs.ts";
import { cutPage, readMarker } from "../pages.ts";
import { checkProvisionable } from "../concurrency/provisioned-checks.ts";
import { provisionedOf } from "../concurrency/provisioned-rows.ts";
import { findAlias, findVersion, toAlias, type AliasRecord } from "./qualifiers.ts";
import { getFunction, type FunctionRecord } from "../functions/state.ts";

interface RoutingInput {
  AdditionalVersionWeights?: Record<string, number> | undefined;
}

interface Target {
  version: string;
  other: AliasRecord["other"] | undefined;
}

/** What a request asks for; an empty routing configuration takes the weights away. */
const otherOf = (routing: RoutingInput | undefined, before: Target["other"]): Target["other"] => {
  if (routing === undefined) return before;
  const weights = Object.entries(routing.AdditionalVersionWeights ?? {});
  if (weights.length > 1) throw invalid("Number of items in AdditionalVersionWeights cannot be greater than 1");
  return weights[0] === undefined ? undefined : { version: weights[0][0], weight: weights[0][1] };
};

function* getVersion(latest: FunctionRecord, version: string): Operation<FunctionRecord> {
  const found = yield* findVersion(latest, version);
  if (found === undefined) throw functionNotFound(functionArn(latest, latest.name, version));
  return found;
}

/** Both versions must be there, published, and run as the same role ("Implement Lambda canary deployments using a weighted alias"). */
function* checkTarget(latest: FunctionRecord, { version, other }: Target): Operation<void> {
  const first = yield* getVersion(latest, version);
  if (other === undefined) return;
  const second = yield* getVersion(latest, other.version);
  if (other.version === version) throw invalid(`Invalid function version ${version}. Function version ${version} is already included in routing configuration.`);
  if (version === "$LATEST") throw invalid("$LATEST is not supported for an alias pointing to more than 1 version");
  if (first.settings.Role !== second.settings.Role) throw invalid("Specified versions must be associated with the same execution role");
}

/** What is provisioned for an alias moves with it. */
function* checkProvisioned(latest: FunctionRecord, alias: string, { version, other }: Target): Operation<void> {
  const records = yield* provisionedOf(latest);
  const others = records.filter(({ qualifier }) => qualifier !== alias);
  if (others.length < records.length) yield* checkProvisionable(latest, alias, [version, ...(other === undefined ? [] : [other.version])], others);
}

const describe = ({ arn, alias, version, other, description, revisionId }: AliasRecord): AliasConfiguration => ({
  AliasArn: arn,
  Name: alias,
  FunctionVersion: version,
  Description: description,
  ...(other === undefined ? {} : { RoutingConfig: { AdditionalVersionWeights: { [other.version]: other.weight } } }),
  RevisionId: revisionId,
});

/** Names for versions that can be pointed elsewhere, and at two versions at once. */
export const aliasHandlers = ({ store, provisioning, random }: LambdaParts) => ({
  async CreateAlias(input, context) {
    const at = parseUnqualified(input.FunctionName!, context);
    const alias = input.Name!;
    return store.run(function* () {
      const latest = yield* getFunction(at, at.name);
      const target: Target = { version: input.FunctionVersion!, other: otherOf(input.RoutingConfig, undefined) };
      yield* checkTarget(latest, target);
      if ((yield* findAlias(at, alias)) !== undefined) throw conflict(`Alias already exists: ${functionArn(at, at.name, alias)}`);
      const rows = yield* sql(
        "insert into lambda_alias (account, region, name, alias, version, other_version, other_weight, description, revision_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning *",
        at.account, at.region, at.name, alias, target.version, target.other?.version ?? null, target.other?.weight ?? null, input.Description ?? "", random.uuid(),
      );
      return describe(toAlias(rows[0]!));
    });
  },

  async UpdateAlias(input, context) {
    const at = parseUnqualified(input.FunctionName!, context);
    const alias = input.Name!;
    const updated = await store.run(function* () {
      const latest = yield* getFunction(at, at.name);
      const before = yield* findAlias(at, alias);
      if (before === undefined) throw notFound(`Alias not found: ${functionArn(at, at.name, alias)}`);
      if (input.RevisionId !== undefined && input.RevisionId !== before.revisionId) throw revisionDiffers("GetFunction/GetAlias");
      const target: Target = { version: input.FunctionVersion ?? before.version, other: otherOf(input.RoutingConfig, before.other) };
      yield* checkTarget(latest, target);
      yield* checkProvisioned(latest, alias, target);
      const rows = yield* sql(
        "update lambda_alias set version = ?, other_version = ?, other_weight = ?, description = ?, revision_id = ? where account = ? and region = ? and name = ? and alias = ? returning *",
        target.version, target.other?.version ?? null, target.other?.weight ?? null, input.Description ?? before.description, random.uuid(), at.account, at.region, at.name, alias,
      );
      return describe(toAlias(rows[0]!));
    });
    await provisioning.follow(at);
    return updated;
  },

  async GetAlias(input, context) {
    const at = parseUnqualified(input.FunctionName!, context);
    const found = await store.run(() => findAlias(at, input.Name!));
    if (found === undefined) throw notFound(`Cannot find alias arn: ${functionArn(at, at.name, input.Name!)}`);
    return describe(found);
  },

  async DeleteAlias(input, context) {
    const at = parseUnqualified(input.FunctionName!, context);
    await store.run(function* () {
      yield* getFunction(at, at.name);
      yield* sql("delete from lambda_alias where account = ? and region = ? and name = ? and alias = ?", at.account, at.region, at.name, input.Name!);
      yield* forgetConfigurations(at, input.Name!);
    });
    await provisioning.follow(at);
    return {};
  },

  async ListAliases(input, context) {
    const at = parseUnqualified(input.FunctionName!, context);
    const most = Math.min(input.MaxItems ?? FUNCTIONS_PAGE_MAX, FUNCTIONS_PAGE_MAX);
    const after = readMarker(input.Marker) ?? "";
    const version = input.FunctionVersion ?? null;
    const rows = await store.run(function* () {
      yield* getFunction(at, at.name);
      return yield* sql(
        "select * from lambda_alias where account = ? and region = ? and name = ? and alias > ? and (? is null or version = ? or other_version = ?) order by alias limit ?",
        at.account, at.region, at.name, after, version, version, version, most + 1,
      );
    });
    const { page, next } = cutPage(rows.map(toAlias), most, ({ alias }) => alias);
    return { Aliases: page.map(describe), ...next };
  },
}) satisfies LambdaHandlers;
