import type { Method } from "@aws-sdk/client-api-gateway";
import { savePart } from "../../../plumber/apis/rows.ts";
import { conflict } from "../errors.ts";
import { given, picked } from "../given.ts";
import type { RestHandlers } from "../needs.ts";
import { getApi, getPart, type ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { asBoolean, entry, items, member, required } from "../patch/rules.ts";
import { checkMethod } from "./check-method.ts";
import { checkHttpMethod, createOfMethod, methodOf, without } from "./of-method.ts";

const rules: Rules<Method> = {
  "/authorizationType": required("Authorization type"),
  "/authorizerId": member(undefined, { ops: ["add", "replace", "remove"] }),
  "/authorizationScopes": items(["add", "remove", "replace"]),
  "/apiKeyRequired": required("apiKeyRequired", asBoolean),
  "/operationName": member(undefined, { ops: ["add", "replace", "remove"] }),
  "/requestValidatorId": member(undefined, { ops: ["add", "replace", "remove"] }),
  "/requestParameters/{parameter_name}": entry(asBoolean, { missing: "Invalid parameter name specified" }),
  "/requestModels/{content_type}": entry(undefined, { missing: "Invalid model content type specified" }),
};

/** What belongs to an authorizer goes with it. */
const settled = (method: Method): Method => {
  if (method.authorizationType === "CUSTOM" || method.authorizationType === "COGNITO_USER_POOLS") return method;
  const { authorizerId: _id, ...others } = method;
  return others;
};

export const methodHandlers = ({ store }: ServiceParts) => {
  const ofMethod = createOfMethod(store);
  return {
    async PutMethod(input, context) {
      const { resourceId, httpMethod } = input;
      checkHttpMethod(httpMethod!);
      return store.run(function* () {
        const api = yield* getApi(context, input);
        const resource = yield* getPart(api, "resource", resourceId);
        if (Object.hasOwn(resource.resourceMethods, httpMethod!)) throw conflict("Method already exists for this resource");
        const method = yield* checkMethod(api, settled(given<Method>({
          ...picked(input, ["httpMethod", "authorizationType", "authorizerId", "requestValidatorId", "operationName", "requestParameters", "requestModels", "authorizationScopes"]),
          apiKeyRequired: input.apiKeyRequired ?? false,
        })));
        yield* savePart(api.apiId, "resource", resource.id, { ...resource, resourceMethods: { ...resource.resourceMethods, [httpMethod!]: method } });
        return method;
      });
    },

    GetMethod: (input, context) => ofMethod.read(context, input, ({ method }) => method),

    UpdateMethod: (input, context) => ofMethod.change(context, input, function* ({ api, method }) { return yield* checkMethod(api, settled(applyPatches(method, rules, input.patchOperations))); }),

    async DeleteMethod(input, context) {
      await store.run(function* () {
        const api = yield* getApi(context, input);
        const resource = yield* getPart(api, "resource", input.resourceId);
        methodOf(resource, input.httpMethod);
        yield* savePart(api.apiId, "resource", resource.id, { ...resource, resourceMethods: without(resource.resourceMethods, input.httpMethod!) });
      });
      return {};
    },
  } satisfies RestHandlers;
};
