import type { ApiMapping } from "@aws-sdk/client-apigatewayv2";
import { lowerId } from "../../kit/ids.ts";
import { API_MAPPINGS_MAX } from "../../kit/limits/apis.ts";
import { MAPPING, mappingItemId, type StoredMapping } from "../../plumber/apis/domain-names.ts";
import { deleteItem, findApi, findPart, saveItem, type Place } from "../../plumber/apis/rows.ts";
import type { Operation } from "../../store/store.ts";
import { getMapping, listMappings } from "./api-mapping-rows.ts";
import { getDomain } from "./domain-names.ts";
import { badRequest, conflict, notFound, notIdentified, tooMany } from "./errors.ts";
import type { ApiHandlers, Needs } from "./needs.ts";
import { cutPage, readPage } from "./pages.ts";

const MAPPING_ID_LENGTH = 6;
/** "Map API stages to a custom domain name": letters, numbers and `$-_.+!*'()/`, no slash at its ends and no empty segment. */
const KEY = /^[A-Za-z0-9$\-_.+!*'()]+(\/[A-Za-z0-9$\-_.+!*'()]+)*$/;
const KEY_MAX = 300;

const describe = ({ mappingId, basePath, apiId, stage }: StoredMapping): ApiMapping => ({ ApiId: apiId, ApiMappingId: mappingId, ApiMappingKey: basePath, Stage: stage });

const checkKey = (key: string): string => {
  if (key !== "" && (!KEY.test(key) || key.length > KEY_MAX)) throw badRequest("Invalid ApiMapping key specified: it may have letters, numbers and $-_.+!*'(), in segments with single slashes between them");
  return key;
};

function* kindOf({ account, region }: Place, apiId: string): Operation<string> {
  const api = yield* findApi(apiId);
  if (api === undefined || api.account !== account || api.region !== region) throw notFound(`Invalid API identifier specified ${account}:${apiId}`);
  return api.kind;
}

/** Whether a mapping may be as it is to be, beside the others of its domain. */
function* checkMapping(place: Place, mapping: StoredMapping): Operation<void> {
  const isSocket = (yield* kindOf(place, mapping.apiId)) === "WEBSOCKET";
  if ((yield* findPart(mapping.apiId, "stage", mapping.stage)) === undefined) throw notIdentified("stage");
  if (isSocket && mapping.basePath.includes("/")) throw badRequest("ApiMapping key for a WebSocket API must be a single segment");
  for (const other of yield* listMappings(place, mapping.domainName)) {
    if (other.mappingId === mapping.mappingId) continue;
    if (other.basePath === mapping.basePath) throw conflict("ApiMapping key already exists for this domain name");
    if (((yield* kindOf(place, other.apiId)) === "WEBSOCKET") !== isSocket) throw badRequest("A domain name can't have mappings to WebSocket APIs and to other APIs");
  }
}

export const apiMappingHandlers = ({ store, random }: Needs) =>
  ({
    async CreateApiMapping(input, context) {
      const mapping: StoredMapping = { mappingId: lowerId(random, MAPPING_ID_LENGTH), domainName: input.DomainName!, basePath: checkKey(input.ApiMappingKey ?? ""), apiId: input.ApiId!, stage: input.Stage! };
      await store.run(function* () {
        yield* getDomain(context, mapping.domainName);
        if ((yield* listMappings(context, mapping.domainName)).length >= API_MAPPINGS_MAX) throw tooMany("API mappings for this domain name", "API mappings");
        yield* checkMapping(context, mapping);
        yield* saveItem(context, MAPPING, mappingItemId(mapping), mapping);
      });
      return describe(mapping);
    },
    async GetApiMapping(input, context) {
      return describe(
        await store.read(function* () {
          yield* getDomain(context, input.DomainName!);
          return yield* getMapping(context, input.DomainName!, input.ApiMappingId!);
        }),
      );
    },
    async GetApiMappings(input, context) {
      const { after, most } = readPage(input);
      const mappings = await store.read(function* () {
        yield* getDomain(context, input.DomainName!);
        return yield* listMappings(context, input.DomainName!);
      });
      return cutPage(mappings.filter(({ mappingId }) => mappingId > after), most, ({ mappingId }) => mappingId, describe);
    },
    async UpdateApiMapping(input, context) {
      return describe(
        await store.run(function* () {
          yield* getDomain(context, input.DomainName!);
          const before = yield* getMapping(context, input.DomainName!, input.ApiMappingId!);
          const mapping: StoredMapping = { ...before, apiId: input.ApiId!, basePath: checkKey(input.ApiMappingKey ?? before.basePath), stage: input.Stage ?? before.stage };
          yield* checkMapping(context, mapping);
          yield* deleteItem(context, MAPPING, mappingItemId(before));
          yield* saveItem(context, MAPPING, mappingItemId(mapping), mapping);
          return mapping;
        }),
      );
    },
    async DeleteApiMapping(input, context) {
      await store.run(function* () {
        yield* getDomain(context, input.DomainName!);
        yield* deleteItem(context, MAPPING, mappingItemId(yield* getMapping(context, input.DomainName!, input.ApiMappingId!)));
      });
    },
  }) satisfies ApiHandlers;
