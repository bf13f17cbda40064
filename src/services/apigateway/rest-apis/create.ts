import { lowerId } from "../../../kit/ids.ts";
import type { Random } from "../../../kit/random.ts";
import type { RestApiBody, StoredResource } from "../../../plumber/apis/rest-api.ts";
import { saveApi, savePart, type Place } from "../../../plumber/apis/rows.ts";
import type { Operation } from "../../../store/store.ts";
import { standardModels } from "../models/standard-models.ts";
import type { RestApiRecord } from "../needs.ts";

const ROOT_ID_LENGTH = 10;
export const PART_ID_LENGTH = 6;

export const rootResource = (id: string): StoredResource => ({ id, path: "/", resourceMethods: {} });

/** A new API: its root, and the two models that each has. Ids are drawn before, as an operation may be run again. */
export const createApi = (random: Random, place: Place, createdAt: number, settings: Omit<RestApiBody, "rootResourceId">) => {
  const apiId = lowerId(random, 10);
  const root = rootResource(lowerId(random, ROOT_ID_LENGTH));
  const models = standardModels().map((model) => ({ ...model, id: lowerId(random, PART_ID_LENGTH) }));
  const body: RestApiBody = { ...settings, rootResourceId: root.id };
  const record: RestApiRecord = { apiId, account: place.account, region: place.region, kind: "REST", revision: 1, createdAt, body };
  return {
    record,
    *save(): Operation<void> {
      yield* saveApi(record);
      yield* savePart(apiId, "resource", root.id, root);
      for (const model of models) yield* savePart(apiId, "model", model.name, model);
    },
  };
};
