import type { BasePathMapping } from "@aws-sdk/client-api-gateway";
import { lowerId } from "../../../kit/ids.ts";
import { MAPPING, mappingItemId, type StoredMapping } from "../../../plumber/apis/domain-names.ts";
import { deleteItem, findApi, findItem, findPart, saveItem, type Place } from "../../../plumber/apis/rows.ts";
import type { Operation } from "../../../store/store.ts";
import { badRequest, conflict, notIdentified } from "../errors.ts";
import type { RestHandlers } from "../needs.ts";
import { pageOf } from "../pages.ts";
import type { ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { member, required } from "../patch/rules.ts";
import { getDomain } from "./domain-names.ts";
import { listMappings } from "./mapping-rows.ts";

/** How the API names the mapping of all paths. */
const NONE = "(none)";
const MAPPING_ID_LENGTH = 6;

const basePathOf = (text: string | undefined): string => (text === undefined || text === NONE ? "" : text);

const show = ({ basePath, apiId, stage }: StoredMapping): BasePathMapping => ({ basePath: basePath === "" ? NONE : basePath, restApiId: apiId, ...(stage === "" ? {} : { stage }) });

const checkBasePath = (basePath: string): void => {
  if (basePath.includes("/")) throw badRequest("API Gateway V1 doesn't support the slash character (/) in base path mappings. To create a multi-level base path mapping, use API Gateway V2.");
  if (!/^[A-Za-z0-9$\-_.+!*'()]*$/.test(basePath)) throw badRequest("Invalid base path specified: it may only have letters, numbers and one of $-_.+!*'()");
};

function* checkMapping({ account, region }: Place, { apiId, stage }: StoredMapping): Operation<void> {
  const api = yield* findApi(apiId);
  if (api?.kind !== "REST" || api.account !== account || api.region !== region) throw badRequest("Invalid REST API identifier specified");
  if (stage !== "" && (yield* findPart(apiId, "stage", stage)) === undefined) throw badRequest("Invalid stage identifier specified");
}

function* getMapping(place: Place, domainName: string | undefined, basePath: string | undefined): Operation<StoredMapping> {
  const domain = yield* getDomain(place, domainName);
  const mapping = yield* findItem<StoredMapping>(place, MAPPING, mappingItemId({ domainName: domain.name, basePath: basePathOf(basePath) }));
  if (mapping === undefined) throw notIdentified("base path mapping");
  return mapping;
}

function* refuseTaken(place: Place, mapping: StoredMapping): Operation<void> {
  if ((yield* findItem(place, MAPPING, mappingItemId(mapping))) !== undefined) throw conflict("Base path already exists for this domain name");
}

const rules: Rules<{ basePath: string; restapiId: string; stage: string }> = { "/basePath": member(basePathOf), "/restapiId": required("REST API"), "/restApiId": member(undefined, { at: () => ["restapiId"] }), "/stage": member() };

export const basePathMappingHandlers = ({ store, random }: ServiceParts) =>
  ({
    async CreateBasePathMapping({ domainName, basePath, restApiId, stage = "" }, context) {
      const mappingId = lowerId(random, MAPPING_ID_LENGTH);
      return store.run(function* () {
        const domain = yield* getDomain(context, domainName);
        const mapping: StoredMapping = { mappingId, domainName: domain.name, basePath: basePathOf(basePath), apiId: restApiId!, stage };
        checkBasePath(mapping.basePath);
        yield* checkMapping(context, mapping);
        yield* refuseTaken(context, mapping);
        yield* saveItem(context, MAPPING, mappingItemId(mapping), mapping);
        return show(mapping);
      });
    },

    async GetBasePathMapping({ domainName, basePath }, context) {
      return show(await store.run(() => getMapping(context, domainName, basePath)));
    },

    async GetBasePathMappings(input, context) {
      const mappings = await store.run(function* () { return yield* listMappings(context, (yield* getDomain(context, input.domainName)).name); });
      return pageOf(mappings, input, mappingItemId, show);
    },

    async UpdateBasePathMapping({ domainName, basePath, patchOperations }, context) {
      return store.run(function* () {
        const before = yield* getMapping(context, domainName, basePath);
        const { basePath: path = "", restapiId, stage = "" } = applyPatches({ basePath: before.basePath, restapiId: before.apiId, stage: before.stage }, rules, patchOperations);
        const mapping: StoredMapping = { ...before, basePath: path, apiId: restapiId, stage };
        if (mapping.basePath !== before.basePath) {
          checkBasePath(mapping.basePath);
          yield* refuseTaken(context, mapping);
        }
        yield* checkMapping(context, mapping);
        yield* deleteItem(context, MAPPING, mappingItemId(before));
        yield* saveItem(context, MAPPING, mappingItemId(mapping), mapping);
        return show(mapping);
      });
    },

    async DeleteBasePathMapping({ domainName, basePath }, context) {
      await store.run(function* () { yield* deleteItem(context, MAPPING, mappingItemId(yield* getMapping(context, domainName, basePath))); });
      return {};
    },
  }) satisfies RestHandlers;
