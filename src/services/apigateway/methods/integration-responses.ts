import type { IntegrationResponse, Method } from "@aws-sdk/client-api-gateway";
import { badRequest } from "../errors.ts";
import { picked } from "../given.ts";
import type { RestHandlers } from "../needs.ts";
import type { ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { asOneOf, entry, member } from "../patch/rules.ts";
import { createOfMethod, integrationOf, responseOf, without } from "./of-method.ts";
import { checkIntegrationResponse } from "./parameters.ts";

const rules: Rules<IntegrationResponse> = {
  "/selectionPattern": member(undefined, { ops: ["add", "replace", "remove"] }),
  "/contentHandling": member(asOneOf("CONVERT_TO_BINARY", "CONVERT_TO_TEXT"), { ops: ["add", "replace", "remove"] }),
  "/responseParameters/{parameter_name}": entry(undefined, { missing: "Invalid parameter name specified" }),
  "/responseTemplates/{content_type}": entry(undefined, { missing: "Invalid template content type specified" }),
};

const withResponses = (method: Method, integrationResponses: Record<string, IntegrationResponse>): Method => ({ ...method, methodIntegration: { ...integrationOf(method), integrationResponses } });

const isExpression = (pattern: string): boolean => {
  try {
    return new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
};

/** The method must be able to answer so. */
export const checkResponse = (method: Method, response: IntegrationResponse): IntegrationResponse => {
  const declared = responseOf(method.methodResponses, response.statusCode);
  checkIntegrationResponse(response.responseParameters ?? {}, declared.responseParameters ?? {});
  const { contentHandling } = response;
  if (contentHandling !== undefined && contentHandling !== "CONVERT_TO_BINARY" && contentHandling !== "CONVERT_TO_TEXT") throw badRequest(`Invalid contentHandling specified: ${String(contentHandling)}`);
  if (!isExpression(response.selectionPattern ?? "")) throw badRequest("Invalid regex pattern specified");
  return response;
};

export const integrationResponseHandlers = ({ store }: ServiceParts) => {
  const ofMethod = createOfMethod(store);
  return {
    async PutIntegrationResponse(input, context) {
      const response = picked(input, ["statusCode", "selectionPattern", "responseParameters", "responseTemplates", "contentHandling"]) as IntegrationResponse;
      await ofMethod.change(context, input, function* ({ method }) {
        const { integrationResponses } = integrationOf(method);
        return withResponses(method, { ...integrationResponses, [input.statusCode!]: checkResponse(method, response) });
      });
      return response;
    },

    GetIntegrationResponse: (input, context) => ofMethod.read(context, input, ({ method }) => responseOf(integrationOf(method).integrationResponses, input.statusCode)),

    async UpdateIntegrationResponse(input, context) {
      const method = await ofMethod.change(context, input, function* ({ method }) {
        const { integrationResponses } = integrationOf(method);
        const response = applyPatches(responseOf(integrationResponses, input.statusCode), rules, input.patchOperations);
        return withResponses(method, { ...integrationResponses, [input.statusCode!]: checkResponse(method, response) });
      });
      return responseOf(integrationOf(method).integrationResponses, input.statusCode);
    },

    async DeleteIntegrationResponse(input, context) {
      await ofMethod.change(context, input, function* ({ method }) {
        const { integrationResponses } = integrationOf(method);
        responseOf(integrationResponses, input.statusCode);
        return withResponses(method, without(integrationResponses!, input.statusCode!));
      });
      return {};
    },
  } satisfies RestHandlers;
};
