import type { CreateApiRequest } from "@aws-sdk/client-apigatewayv2";
import { lowerId } from "../../kit/ids.ts";
import { deleteApi, findApi, listApis, saveApi } from "../../plumber/apis/rows.ts";
import type { HttpApiBody } from "../../plumber/apis/http-api.ts";
import type { Operation } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { refuseIfMapped } from "./api-mapping-rows.ts";
import { changedApi, newApi } from "./api-rules.ts";
import { describeApi } from "./describe-api.ts";
import type { ApiHandlers, HttpApi, Needs } from "./needs.ts";
import { cutPage, readPage } from "./pages.ts";
import { getApi } from "./parts.ts";
import { changeQuickCreated, drawQuickIds, quickCreate } from "./quick-create.ts";

const API_ID_LENGTH = 10;

/** Not stored yet. */
export const drawApi = ({ random, clock }: Needs, { account, region }: RequestContext, input: Omit<CreateApiRequest, "ProtocolType">, kind: HttpApi["kind"]): HttpApi => ({
  apiId: lowerId(random, API_ID_LENGTH), account, region, kind, revision: 1, createdAt: clock.now(), body: newApi(input, kind),
});

/** As it is stored after a change. */
function* changeApi(api: HttpApi, body: HttpApiBody): Operation<HttpApi> {
  yield* saveApi({ ...api, body });
  return (yield* findApi<HttpApiBody>(api.apiId))!;
}

export const apiHandlers = (needs: Needs) => {
  const { store, random, clock } = needs;
  return {
    async CreateApi(input, context) {
      const api = drawApi(needs, context, input, input.ProtocolType!);
      const ids = drawQuickIds(random);
      await store.run(function* () {
        yield* saveApi(api);
        if (input.Target !== undefined) yield* quickCreate(api, input, ids, clock.now());
      });
      return describeApi(api, context);
    },
    async GetApi(input, context) {
      return describeApi(await store.read(() => getApi(context, input)), context);
    },
    async GetApis(input, context) {
      const { after, most } = readPage(input);
      const apis = await store.read(() => listApis<HttpApiBody>(context, ["HTTP", "WEBSOCKET"], after, most + 1));
      return cutPage(apis, most, ({ apiId }) => apiId, (api) => describeApi(api, context));
    },
    async UpdateApi(input, context) {
      const changed = await store.run(function* () {
        const api = yield* getApi(context, input);
        yield* changeQuickCreated(api, input);
        return yield* changeApi(api, changedApi(api.body, input, api.kind));
      });
      return describeApi(changed, context);
    },
    async DeleteApi(input, context) {
      await store.run(function* () {
        const api = yield* getApi(context, input);
        yield* refuseIfMapped(api);
        yield* deleteApi(api.apiId);
      });
    },
    async DeleteCorsConfiguration(input, context) {
      await store.run(function* () {
        const api = yield* getApi(context, input);
        const { CorsConfiguration: _gone, ...body } = api.body;
        yield* changeApi(api, body);
      });
    },
  } satisfies ApiHandlers;
};
