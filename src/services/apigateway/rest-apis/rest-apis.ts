import type { CreateRestApiRequest } from "@aws-sdk/client-api-gateway";
import type { RestApiBody } from "../../../plumber/apis/rest-api.ts";
import { deleteApi, listApis, saveApi } from "../../../plumber/apis/rows.ts";
import { refuseWhileMapped } from "../domains/mapping-rows.ts";
import { given } from "../given.ts";
import type { RestHandlers } from "../needs.ts";
import { cutPage, readPage } from "../pages.ts";
import { getApi, type ServiceParts } from "../parts.ts";
import { applyPatches } from "../patch/patch.ts";
import { checkTags } from "../tag-rules.ts";
import { forgetApi } from "../usage/api-stages.ts";
import { cloneInto } from "./clone.ts";
import { createApi } from "./create.ts";
import { restApiRules } from "./patch-rules.ts";
import { checkEndpoint, checkSettings } from "./settings.ts";
import { showApi } from "./show.ts";

const settingsOf = ({ cloneFrom: _from, ...input }: CreateRestApiRequest): Omit<RestApiBody, "rootResourceId"> => ({
  ...given({ ...input, binaryMediaTypes: input.binaryMediaTypes?.length === 0 ? undefined : input.binaryMediaTypes }),
  apiKeySource: input.apiKeySource ?? "HEADER",
  endpointConfiguration: checkEndpoint(input.endpointConfiguration),
  disableExecuteApiEndpoint: input.disableExecuteApiEndpoint ?? false,
  securityPolicy: input.securityPolicy ?? "TLS_1_0",
  tags: checkTags(input.tags ?? {}),
});

export const restApiHandlers = ({ store, clock, random }: ServiceParts) =>
  ({
    async CreateRestApi(input, context) {
      const made = createApi(random, context, clock.now(), checkSettings(settingsOf(input)));
      await store.run(function* () {
        if (input.cloneFrom === undefined) yield* made.save();
        else yield* cloneInto(made, yield* getApi(context, { restApiId: input.cloneFrom }));
      });
      return showApi(made.record);
    },

    async GetRestApi(input, context) {
      return showApi(await store.run(() => getApi(context, input)));
    },

    async GetRestApis(input, context) {
      const { after, most } = readPage(input);
      const rows = await store.run(() => listApis<RestApiBody>(context, ["REST"], after, most + 1));
      return cutPage(rows, most, ({ apiId }) => apiId, showApi);
    },

    async UpdateRestApi(input, context) {
      return store.run(function* () {
        const api = yield* getApi(context, input);
        const changed = { ...api, body: checkSettings(applyPatches(api.body, restApiRules, input.patchOperations)) };
        yield* saveApi(changed);
        return showApi(changed);
      });
    },

    async DeleteRestApi(input, context) {
      await store.run(function* () {
        const { apiId } = yield* getApi(context, input);
        yield* refuseWhileMapped(context, apiId);
        yield* forgetApi(context, apiId);
        yield* deleteApi(apiId);
      });
      return {};
    },
  }) satisfies RestHandlers;
