import type { MethodResponse } from "@aws-sdk/client-api-gateway";
import { conflict } from "../errors.ts";
import { picked } from "../given.ts";
import type { RestHandlers } from "../needs.ts";
import type { ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { asBoolean, entry } from "../patch/rules.ts";
import { checkModels } from "./check-method.ts";
import { createOfMethod, responseOf, without } from "./of-method.ts";
import { checkMethodResponse } from "./parameters.ts";

const rules: Rules<MethodResponse> = {
  "/responseParameters/{parameter_name}": entry(asBoolean, { missing: "Invalid parameter name specified" }),
  "/responseModels/{content_type}": entry(undefined, { missing: "Invalid model content type specified" }),
};

export const methodResponseHandlers = ({ store }: ServiceParts) => {
  const ofMethod = createOfMethod(store);
  return {
    async PutMethodResponse(input, context) {
      const { statusCode } = input;
      const response = picked(input, ["statusCode", "responseParameters", "responseModels"]) as MethodResponse;
      await ofMethod.change(context, input, function* ({ api, method }) {
        if (method.methodResponses !== undefined && Object.hasOwn(method.methodResponses, statusCode!)) throw conflict("Response already exists for this resource");
        checkMethodResponse(response.responseParameters ?? {});
        yield* checkModels(api, response.responseModels);
        return { ...method, methodResponses: { ...method.methodResponses, [statusCode!]: response } };
      });
      return response;
    },

    GetMethodResponse: (input, context) => ofMethod.read(context, input, ({ method }) => responseOf(method.methodResponses, input.statusCode)),

    async UpdateMethodResponse(input, context) {
      const method = await ofMethod.change(context, input, function* ({ api, method }) {
        const response = applyPatches(responseOf(method.methodResponses, input.statusCode), rules, input.patchOperations);
        checkMethodResponse(response.responseParameters ?? {});
        yield* checkModels(api, response.responseModels);
        return { ...method, methodResponses: { ...method.methodResponses, [input.statusCode!]: response } };
      });
      return responseOf(method.methodResponses, input.statusCode);
    },

    async DeleteMethodResponse(input, context) {
      await ofMethod.change(context, input, function* ({ method }) {
        responseOf(method.methodResponses, input.statusCode);
        return { ...method, methodResponses: without(method.methodResponses!, input.statusCode!) };
      });
      return {};
    },
  } satisfies RestHandlers;
};
