import type { Model } from "@aws-sdk/client-api-gateway";
import { lowerId } from "../../../kit/ids.ts";
import { findPart } from "../../../plumber/apis/rows.ts";
import type { Operation } from "../../../store/store.ts";
import { badRequest, conflict, invalidModel } from "../errors.ts";
import { given } from "../given.ts";
import { refuseWhileUsed } from "../in-use.ts";
import type { RestApiRecord, RestHandlers } from "../needs.ts";
import { allParts, type ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { member, required } from "../patch/rules.ts";
import { PART_ID_LENGTH } from "../rest-apis/create.ts";
import { flatten } from "./flatten.ts";
import { checkSchema, modelsOfSchema } from "./schema.ts";

const rules: Rules<Model> = { "/description": member(), "/schema": required("Model schema") };

const schemaIn = (operations: readonly { path?: string | undefined; value?: string | undefined }[] = []): string | undefined => operations.findLast(({ path }) => path === "/schema")?.value;

export const checkModelName = (name: string): void => {
  if (!/^[a-zA-Z0-9]+$/.test(name)) throw badRequest(`Model name must be alphanumeric: ${name}`);
};

const checkContentType = (contentType: string): void => {
  if (!/^[^/\s]+\/[^/\s]+/.test(contentType)) throw badRequest(`Validation Result: warnings : [], errors : [Invalid content type specified: ${contentType}]`);
};

function* checkReferences(api: RestApiRecord, schema: string | undefined): Operation<void> {
  for (const name of modelsOfSchema(schema)) {
    if ((yield* findPart(api.apiId, "model", name)) === undefined) throw invalidModel(`Invalid model reference specified: the model ${name} is not there`);
  }
}

export const modelHandlers = ({ random, parts, store }: ServiceParts) =>
  ({
    async CreateModel({ restApiId, name, description, schema, contentType }, context) {
      checkModelName(name!);
      checkContentType(contentType!);
      if (schema !== undefined) await checkSchema(schema);
      const id = lowerId(random, PART_ID_LENGTH);
      return parts.create("model", context, { restApiId }, name!, function* (api) {
        if ((yield* findPart(api.apiId, "model", name!)) !== undefined) throw conflict("Model name already exists for this REST API");
        yield* checkReferences(api, schema);
        return given<Model>({ id, name, description, schema, contentType });
      });
    },

    async GetModel({ restApiId, modelName, flatten: isFlat }, context) {
      const model = await parts.get("model", context, { restApiId }, modelName);
      if (isFlat !== true || model.schema === undefined) return model;
      const schema = model.schema;
      return { ...model, schema: await store.run(() => flatten(restApiId!, schema)) };
    },

    GetModels: (input, context) => parts.list("model", context, input, (model) => model),

    async GetModelTemplate({ restApiId, modelName }, context) {
      const { schema } = await parts.get("model", context, { restApiId }, modelName);
      const { templateOf } = await import("./template.ts");
      return { value: templateOf(schema ?? "{}") };
    },

    async UpdateModel({ restApiId, modelName, patchOperations }, context) {
      const schema = schemaIn(patchOperations);
      if (schema !== undefined && schema !== "") await checkSchema(schema);
      return parts.change("model", context, { restApiId }, modelName, function* (model, api) {
        const changed = applyPatches(model, rules, patchOperations);
        yield* checkReferences(api, changed.schema);
        return changed;
      });
    },

    async DeleteModel({ restApiId, modelName }, context) {
      await parts.remove("model", context, { restApiId }, modelName, function* (_model, api) {
        const other = (yield* allParts(api, "model")).find(({ name, schema }) => name !== modelName && modelsOfSchema(schema).includes(modelName!));
        if (other !== undefined) throw conflict(`Cannot delete model '${modelName}', is referenced in model: ${other.name}`);
        const uses = (models: Record<string, string> | undefined) => Object.values(models ?? {}).includes(modelName!);
        yield* refuseWhileUsed(api, `model '${modelName}'`, ({ requestModels, methodResponses }) => uses(requestModels) || Object.values(methodResponses ?? {}).some(({ responseModels }) => uses(responseModels)));
      });
      return {};
    },
  }) satisfies RestHandlers;
