import type { DocumentationPart, DocumentationPartLocation } from "@aws-sdk/client-api-gateway";
import { lowerId } from "../../../kit/ids.ts";
import { deletePart, savePart } from "../../../plumber/apis/rows.ts";
import { conflict } from "../errors.ts";
import type { RestHandlers } from "../needs.ts";
import { pageOf } from "../pages.ts";
import { allParts, getApi, type ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { required } from "../patch/rules.ts";
import { PART_ID_LENGTH } from "../rest-apis/create.ts";
import { checkProperties, locationFrom } from "./location.ts";
import { readDescription } from "../openapi/read-document.ts";

type Stored = DocumentationPart & { id: string };
const rules: Rules<Stored> = { "/properties": required("Documentation part properties") };

const isSame = (one: Stored, location: DocumentationPartLocation): boolean => (["type", "path", "method", "statusCode", "name"] as const).every((name) => one.location?.[name] === location[name]);

export const documentationPartHandlers = ({ store, random, parts }: ServiceParts) =>
  ({
    CreateDocumentationPart({ restApiId, location, properties }, context) {
      const id = lowerId(random, PART_ID_LENGTH);
      checkProperties(properties!);
      return parts.create("documentation-part", context, { restApiId }, id, function* (api) {
        const part: Stored = { id, location: locationFrom(location!), properties: properties! };
        if ((yield* allParts(api, "documentation-part")).some((other) => isSame(other, part.location!))) throw conflict("Documentation part already exists for the specified location");
        return part;
      });
    },
    GetDocumentationPart: ({ restApiId, documentationPartId }, context) => parts.get("documentation-part", context, { restApiId }, documentationPartId),

    async GetDocumentationParts(input, context) {
      const { type, nameQuery, path, locationStatus } = input;
      const all = await store.run(function* () { return yield* allParts(yield* getApi(context, input), "documentation-part"); });
      const isWanted = ({ location }: Stored) =>
        (type === undefined || location?.type === type) && (nameQuery === undefined || location?.name?.startsWith(nameQuery) === true) && (path === undefined || location?.path === path) && locationStatus !== "UNDOCUMENTED";
      return pageOf(all.filter(isWanted), input, ({ id }) => id, (part) => part);
    },

    async UpdateDocumentationPart({ restApiId, documentationPartId, patchOperations }, context) {
      return parts.change("documentation-part", context, { restApiId }, documentationPartId, function* (part) {
        const changed = applyPatches(part, rules, patchOperations);
        checkProperties(changed.properties!);
        return changed;
      });
    },

    async DeleteDocumentationPart({ restApiId, documentationPartId }, context) {
      await parts.remove("documentation-part", context, { restApiId }, documentationPartId);
      return {};
    },

    async ImportDocumentationParts({ restApiId, mode, body }, context) {
      const { documentation } = await readDescription(body!);
      const made = documentation.map(({ location, properties }): Stored => ({ id: lowerId(random, PART_ID_LENGTH), location: locationFrom(location!), properties: properties! }));
      return store.run(function* () {
        const api = yield* getApi(context, { restApiId });
        if (mode === "overwrite") yield* deletePart(api.apiId, "documentation-part");
        const before = yield* allParts(api, "documentation-part");
        const ids: string[] = [];
        for (const part of made) {
          const id = before.find((one) => isSame(one, part.location!))?.id ?? part.id;
          yield* savePart(api.apiId, "documentation-part", id, { ...part, id });
          ids.push(id);
        }
        return { ids, warnings: [] };
      });
    },
  }) satisfies RestHandlers;
