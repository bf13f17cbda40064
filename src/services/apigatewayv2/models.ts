import type { Model } from "@aws-sdk/client-apigatewayv2";
import { listHttpApiParts } from "../../plumber/apis/http-api.ts";
import type { Operation } from "../../store/store.ts";
import { badRequest, conflict } from "./errors.ts";
import { given, merged, picked } from "./merge.ts";
import { modelTemplate } from "./model-template.ts";
import { isWebSocket, type ApiHandlers, type HttpApi } from "./needs.ts";
import type { Parts } from "./parts.ts";

const PLAIN = ["ContentType", "Description", "Name", "Schema"] as const;
const SCHEMA_MAX = 32_768;

const isJsonObject = (text: string): boolean => {
  try {
    const schema: unknown = JSON.parse(text);
    return typeof schema === "object" && schema !== null && !Array.isArray(schema);
  } catch {
    return false;
  }
};

function* checkModel(api: HttpApi, model: Model): Operation<Model> {
  if (!isWebSocket(api)) throw badRequest("Currently, Models are not permitted for APIs with a protocol type of HTTP");
  if (model.Name === undefined || !/^[A-Za-z0-9]{1,128}$/.test(model.Name)) throw badRequest(`Model name must be alphanumeric: ${model.Name}`);
  if (model.Schema === undefined || model.Schema.length > SCHEMA_MAX || !isJsonObject(model.Schema)) throw badRequest(`Invalid model specified: the schema must be a JSON object of ${SCHEMA_MAX} characters at most`);
  if ((yield* listHttpApiParts(api.apiId, "model")).some(({ Name, ModelId }) => Name === model.Name && ModelId !== model.ModelId)) throw conflict("Model name already exists for this API");
  return model;
}

export const modelHandlers = (parts: Parts) =>
  ({
    CreateModel: (input, context) => parts.create("model", context, input, (id, api) => checkModel(api, { ContentType: "application/json", ...given(picked(input, PLAIN)), ModelId: id })),
    GetModel: (input, context) => parts.get("model", context, input, input.ModelId!),
    GetModels: (input, context) => parts.list("model", context, input, (model) => model),
    UpdateModel: (input, context) => parts.change("model", context, input, input.ModelId!, (model, api) => checkModel(api, merged(model, picked(input, PLAIN) as Partial<Model>))),
    DeleteModel: (input, context) => parts.remove("model", context, input, input.ModelId!),
    async GetModelTemplate(input, context) {
      const model = await parts.get("model", context, input, input.ModelId!);
      return { Value: modelTemplate(JSON.parse(model.Schema!) as object) };
    },
  }) satisfies ApiHandlers;
