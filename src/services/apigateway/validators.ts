import type { RequestValidator } from "@aws-sdk/client-api-gateway";
import { lowerId } from "../../kit/ids.ts";
import { given } from "./given.ts";
import { refuseWhileUsed } from "./in-use.ts";
import type { RestHandlers } from "./needs.ts";
import type { ServiceParts } from "./parts.ts";
import { applyPatches, type Rules } from "./patch/patch.ts";
import { asBoolean, member, required } from "./patch/rules.ts";
import { PART_ID_LENGTH } from "./rest-apis/create.ts";

const rules: Rules<RequestValidator> = {
  "/name": member(),
  "/validateRequestBody": required("validateRequestBody", asBoolean),
  "/validateRequestParameters": required("validateRequestParameters", asBoolean),
};

export const validatorFrom = (id: string, { name, validateRequestBody = false, validateRequestParameters = false }: RequestValidator): RequestValidator =>
  given({ id, name, validateRequestBody, validateRequestParameters });

export const validatorHandlers = ({ random, parts }: ServiceParts) =>
  ({
    CreateRequestValidator({ restApiId, ...input }, context) {
      const id = lowerId(random, PART_ID_LENGTH);
      return parts.create("validator", context, { restApiId }, id, function* () { return validatorFrom(id, input); });
    },
    GetRequestValidator: ({ restApiId, requestValidatorId }, context) => parts.get("validator", context, { restApiId }, requestValidatorId),
    GetRequestValidators: (input, context) => parts.list("validator", context, input, (validator) => validator),
    UpdateRequestValidator: ({ restApiId, requestValidatorId, patchOperations }, context) =>
      parts.change("validator", context, { restApiId }, requestValidatorId, function* (validator) { return applyPatches(validator, rules, patchOperations); }),
    async DeleteRequestValidator({ restApiId, requestValidatorId }, context) {
      await parts.remove("validator", context, { restApiId }, requestValidatorId, (validator, api) => refuseWhileUsed(api, `request validator '${validator.name ?? requestValidatorId}'`, (method) => method.requestValidatorId === requestValidatorId));
      return {};
    },
  }) satisfies RestHandlers;
