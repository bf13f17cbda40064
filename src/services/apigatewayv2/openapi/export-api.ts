import { findServedHttpApi, snapshotHttpApi, type HttpApiSnapshot } from "../../../plumber/apis/http-api.ts";
import type { Operation } from "../../../store/store.ts";
import { describeApi } from "../describe-api.ts";
import { badRequest, notIdentified } from "../errors.ts";
import type { ApiHandlers, HttpApi, Needs } from "../needs.ts";
import { getApi } from "../parts.ts";
import { writeApi } from "./write-api.ts";

/** The API as the stage serves it, or as it is. */
function* exported(api: HttpApi, stage: string | undefined): Operation<HttpApiSnapshot> {
  if (stage === undefined) return yield* snapshotHttpApi(api);
  const served = yield* findServedHttpApi(api.apiId, stage);
  if (served === undefined) throw notIdentified("stage");
  if (served.snapshot === undefined) throw badRequest(`Nothing was deployed to stage ${stage}`);
  return served.snapshot;
}

export const exportHandlers = ({ store }: Needs) =>
  ({
    async ExportApi(input, context) {
      const type = input.OutputType?.toUpperCase();
      if (input.Specification !== "OAS30") throw badRequest("Invalid specification specified. Only OAS30 is supported");
      if (type !== "JSON" && type !== "YAML") throw badRequest("Invalid output type specified. It must be one of [JSON, YAML]");
      if (input.ExportVersion !== undefined && input.ExportVersion !== "1.0") throw badRequest("Invalid export version specified. Only 1.0 is supported");
      const { api, snapshot } = await store.read(function* () {
        const api = yield* getApi(context, input);
        if (api.kind !== "HTTP") throw badRequest("Export is supported only for HTTP APIs");
        return { api, snapshot: yield* exported(api, input.StageName) };
      });
      const document = writeApi({ snapshot, endpoint: describeApi(api, context).ApiEndpoint!, stage: input.StageName, createdAt: api.createdAt, hasExtensions: input.IncludeExtensions ?? true });
      return { body: Buffer.from(type === "JSON" ? JSON.stringify(document, null, 2) : (await import("yaml")).stringify(document)) };
    },
  }) satisfies ApiHandlers;
