import type { GetLayerVersionResponse, LayerVersionsListItem } from "@aws-sdk/client-lambda";
import { isApiError, type ApiError } from "../../../kit/api-error.ts";
import { LAYERS_PAGE_MAX } from "../../../kit/limits/lambda.ts";
import { sql } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { checkCode, linkTo, storeCode } from "../functions/code.ts";
import { refuseBeyondCodeStorage } from "../functions/code-storage.ts";
import { invalid, notFound, validationFailed } from "../errors.ts";
import { layerArn, parseLayerName, parseLayerVersionArn, type LayerName, type LayerVersionName } from "./layer-names.ts";
import { findLayerVersion, toLayerVersion, type LayerVersionRecord } from "./layer-state.ts";
import type { LambdaHandlers, LambdaParts } from "../needs.ts";
import { cutPage, readMarker } from "../pages.ts";
import { LAYER_RUNTIMES } from "../functions/settings.ts";
import { awsTime } from "../functions/state.ts";

const missing = (): ApiError => notFound("The resource you requested does not exist.");

/** What an answer tells of a version, whichever it is. */
const describe = (record: LayerVersionRecord): LayerVersionsListItem => ({
  LayerVersionArn: record.arn,
  Version: record.version,
  Description: record.description,
  CreatedDate: awsTime(record.createdAt),
  ...(record.runtimes === undefined ? {} : { CompatibleRuntimes: record.runtimes as NonNullable<LayerVersionsListItem["CompatibleRuntimes"]> }),
  ...(record.architectures === undefined ? {} : { CompatibleArchitectures: record.architectures as NonNullable<LayerVersionsListItem["CompatibleArchitectures"]> }),
  ...(record.license === undefined ? {} : { LicenseInfo: record.license }),
});

/** The model leaves the names of runtimes to us, as they come and go. */
const ENUM = `Member must satisfy enum value set: [${LAYER_RUNTIMES.join(", ")}]`;
const checkRuntimes = (runtimes: readonly string[] | undefined) => {
  if (runtimes?.every((name) => LAYER_RUNTIMES.includes(name)) === false) throw validationFailed([`Value '[${runtimes.join(", ")}]' at 'compatibleRuntimes' failed to satisfy constraint: ${ENUM}`]);
};
const checkRuntime = (runtime: string | undefined) => {
  if (runtime !== undefined && !LAYER_RUNTIMES.includes(runtime)) throw validationFailed([`Value '${runtime}' at 'compatibleRuntime' failed to satisfy constraint: ${ENUM}`]);
};

interface Filters {
  CompatibleRuntime?: string | undefined;
  CompatibleArchitecture?: string | undefined;
}

/** A version that says nothing of runtimes or architectures is found by none. */
const matching = ({ CompatibleRuntime, CompatibleArchitecture }: Filters): { where: string; values: string[] } => {
  const given = Object.entries({ runtimes: CompatibleRuntime, architectures: CompatibleArchitecture }).flatMap(([column, value]) => (value === undefined ? [] : [{ column, value }]));
  return { where: given.map(({ column }) => ` and exists (select 1 from json_each(lambda_layer_version.${column}) as one where one.value = ?)`).join(""), values: given.map(({ value }) => value) };
};

/** The version that a request names, checked. */
export const layerVersionOf = ({ LayerName, VersionNumber }: { LayerName?: string | undefined; VersionNumber?: number | undefined }, context: RequestContext): LayerVersionName => {
  if (VersionNumber! < 1) throw invalid("Layer Version Cannot be less than 1.");
  return { ...parseLayerName(LayerName!, context), version: VersionNumber! };
};

/** Publish, read, list, delete: layers and their versions. */
export const layerHandlers = (lambda: LambdaParts) => {
  const { store, blobs, garbage, clock } = lambda;
  const describeWhole = (record: LayerVersionRecord, context: RequestContext): GetLayerVersionResponse => ({
    Content: { Location: linkTo(lambda, record.code, context), CodeSha256: record.code.sha256Base64, CodeSize: record.code.size },
    LayerArn: layerArn(record),
    ...describe(record),
  });
  const get = async (named: LayerVersionName, context: RequestContext) => {
    const record = named.region === context.region ? await store.run(() => findLayerVersion(named)) : undefined;
    if (record === undefined) throw missing();
    return describeWhole(record, context);
  };
  /** The next number of the layer, which is made with its first version. */
  function* nextVersion({ account, region, name }: LayerName) {
    const rows = yield* sql(
      `insert into lambda_layer (account, region, name, latest_version) values (?, ?, ?, 1)
       on conflict (account, region, name) do update set latest_version = latest_version + 1 returning latest_version`,
      account, region, name,
    );
    return rows[0]!["latest_version"] as number;
  }

  return {
    async PublishLayerVersion(input, context) {
      const named = parseLayerName(input.LayerName!, context);
      checkRuntimes(input.CompatibleRuntimes);
      if (named.region !== context.region) throw missing();
      const checked = await checkCode(lambda, input.Content!, context);
      const code = await storeCode(lambda, checked);
      const record = await store.run(function* () {
        yield* refuseBeyondCodeStorage(named, code.size);
        const version = yield* nextVersion(named);
        const rows = yield* sql(
          `insert into lambda_layer_version (account, region, name, version, description, license, runtimes, architectures, code_blob_id, code_sha256, code_size, unzipped_size, created_at)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning *`,
          named.account, named.region, named.name, version, input.Description ?? "", input.LicenseInfo ?? null,
          input.CompatibleRuntimes === undefined ? null : JSON.stringify(input.CompatibleRuntimes), input.CompatibleArchitectures === undefined ? null : JSON.stringify(input.CompatibleArchitectures),
          code.blobId, code.sha256Base64, code.size, checked.unzippedBytes, clock.now(),
        );
        return toLayerVersion(rows[0]!);
      }).catch(async (error: unknown) => {
        // A refusal has committed nothing. After any other failure nobody knows: the next start looks at whether a row names it.
        if (isApiError(error)) await blobs.remove(code.blobId);
        throw error;
      });
      blobs.keep(code.blobId);
      return describeWhole(record, context);
    },

    GetLayerVersion: async (input, context) => get(layerVersionOf(input, context), context),

    async GetLayerVersionByArn(input, context) {
      const named = parseLayerVersionArn(input.Arn!);
      if (named === undefined) throw missing();
      return get(layerVersionOf({ LayerName: layerArn(named), VersionNumber: named.version }, context), context);
    },

    async ListLayers(input, context) {
      checkRuntime(input.CompatibleRuntime);
      const most = Math.min(input.MaxItems ?? LAYERS_PAGE_MAX, LAYERS_PAGE_MAX);
      const { where, values } = matching(input);
      // With `max`, SQLite takes the other columns from the row that has it.
      const rows = await store.run(() => sql(
        `select *, max(version) from lambda_layer_version where account = ? and region = ? and name > ?${where} group by name order by name limit ?`,
        context.account, context.region, readMarker(input.Marker) ?? "", ...values, most + 1,
      ));
      const { page, next } = cutPage(rows.map(toLayerVersion), most, ({ name }) => name);
      return { Layers: page.map((record) => ({ LayerName: record.name, LayerArn: layerArn(record), LatestMatchingVersion: describe(record) })), ...next };
    },

    async ListLayerVersions(input, context) {
      checkRuntime(input.CompatibleRuntime);
      const { account, region, name } = parseLayerName(input.LayerName!, context);
      if (region !== context.region) return { LayerVersions: [] };
      const most = Math.min(input.MaxItems ?? LAYERS_PAGE_MAX, LAYERS_PAGE_MAX);
      const { where, values } = matching(input);
      const before = Number.parseInt(readMarker(input.Marker) ?? String(Number.MAX_SAFE_INTEGER), 10) || 0;
      const rows = await store.run(() => sql(
        `select * from lambda_layer_version where account = ? and region = ? and name = ? and version < ?${where} order by version desc limit ?`,
        account, region, name, before, ...values, most + 1,
      ));
      const { page, next } = cutPage(rows.map(toLayerVersion), most, ({ version }) => String(version));
      return { LayerVersions: page.map(describe), ...next };
    },

    /** Functions that use it keep it: their settings name its package. One that is not there counts as deleted. */
    async DeleteLayerVersion(input, context) {
      const named = layerVersionOf(input, context);
      if (named.region !== context.region) return {};
      await store.run(function* () {
        const found = yield* findLayerVersion(named);
        if (found === undefined) return;
        yield* garbage.add(found.code.blobId);
        yield* sql("delete from lambda_layer_version where account = ? and region = ? and name = ? and version = ?", named.account, named.region, named.name, named.version);
      });
      await garbage.collect();
      return {};
    },
  } satisfies LambdaHandlers;
};
