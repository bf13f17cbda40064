import type { Integration } from "@aws-sdk/client-api-gateway";
import { REST_INTEGRATION_TIMEOUT_MS_MAX } from "../../../kit/limits/apis.ts";
import { given, picked } from "../given.ts";
import type { Input, RestHandlers } from "../needs.ts";
import type { ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { asBoolean, asInteger, asOneOf, entry, item, member, required } from "../patch/rules.ts";
import { checkIntegration } from "./check-integration.ts";
import { createOfMethod, integrationOf } from "./of-method.ts";

const rules: Rules<Integration> = {
  "/httpMethod": member(),
  "/uri": member(),
  "/connectionType": required("Connection type", asOneOf("INTERNET", "VPC_LINK")),
  "/connectionId": member(),
  "/credentials": member(undefined, { ops: ["add", "replace", "remove"] }),
  "/passthroughBehavior": required("Passthrough behavior"),
  "/contentHandling": member(asOneOf("CONVERT_TO_BINARY", "CONVERT_TO_TEXT"), { ops: ["add", "replace", "remove"] }),
  "/timeoutInMillis": required("Timeout", asInteger),
  "/responseTransferMode": required("Response transfer mode", asOneOf("BUFFERED", "STREAM")),
  "/integrationTarget": member(),
  "/cacheNamespace": required("Cache namespace"),
  "/cacheKeyParameters/{parameter_name}": item(["add", "remove"]),
  "/tlsConfig/insecureSkipVerification": required("insecureSkipVerification", asBoolean),
  "/requestParameters/{parameter_name}": entry(undefined, { missing: "Invalid parameter name specified" }),
  "/requestTemplates/{content_type}": entry(undefined, { missing: "Invalid template content type specified" }),
};

export const integrationFrom = (input: Omit<Input<"PutIntegration">, "restApiId" | "httpMethod">, resourceId: string): Integration =>
  given<Integration>({
    ...picked(input, ["type", "uri", "connectionType", "connectionId", "credentials", "requestParameters", "requestTemplates", "contentHandling", "tlsConfig", "integrationTarget"]),
    httpMethod: input.integrationHttpMethod,
    passthroughBehavior: input.passthroughBehavior ?? "WHEN_NO_MATCH",
    timeoutInMillis: input.timeoutInMillis ?? REST_INTEGRATION_TIMEOUT_MS_MAX,
    cacheNamespace: input.cacheNamespace ?? resourceId,
    cacheKeyParameters: input.cacheKeyParameters ?? [],
    responseTransferMode: input.responseTransferMode ?? "BUFFERED",
  });

export const integrationHandlers = ({ store }: ServiceParts) => {
  const ofMethod = createOfMethod(store);
  return {
    async PutIntegration(input, context) {
      const method = await ofMethod.change(context, input, function* ({ method }) {
        return { ...method, methodIntegration: checkIntegration(integrationFrom(input, input.resourceId!), method) };
      });
      return method.methodIntegration!;
    },

    GetIntegration: (input, context) => ofMethod.read(context, input, ({ method }) => integrationOf(method)),

    async UpdateIntegration(input, context) {
      const method = await ofMethod.change(context, input, function* ({ method }) {
        return { ...method, methodIntegration: checkIntegration(applyPatches(integrationOf(method), rules, input.patchOperations), method) };
      });
      return method.methodIntegration!;
    },

    async DeleteIntegration(input, context) {
      await ofMethod.change(context, input, function* ({ method }) {
        integrationOf(method);
        const { methodIntegration: _integration, ...others } = method;
        return others;
      });
      return {};
    },
  } satisfies RestHandlers;
};
