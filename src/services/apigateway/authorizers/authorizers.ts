import type { Authorizer } from "@aws-sdk/client-api-gateway";
import { lowerId } from "../../../kit/ids.ts";
import { REST_AUTHORIZER_TTL_SECONDS_DEFAULT } from "../../../kit/limits/apis.ts";
import { conflict } from "../errors.ts";
import { picked } from "../given.ts";
import { refuseWhileUsed } from "../in-use.ts";
import type { RestHandlers } from "../needs.ts";
import { allParts, type ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { asInteger, asOneOf, items, member, required } from "../patch/rules.ts";
import { PART_ID_LENGTH } from "../rest-apis/create.ts";
import { checkAuthorizer } from "./check-authorizer.ts";

const rules: Rules<Authorizer> = {
  "/name": required("Authorizer name"),
  "/type": required("Authorizer type", asOneOf("TOKEN", "REQUEST", "COGNITO_USER_POOLS")),
  "/authType": member(),
  "/authorizerUri": member(),
  "/authorizerCredentials": member(),
  "/authorizerResultTtlInSeconds": required("Authorizer result TTL", asInteger),
  "/identitySource": member(),
  "/identityValidationExpression": member(),
  "/providerARNs": items(["add", "remove"]),
};

const MEMBERS = ["name", "type", "providerARNs", "authorizerUri", "authorizerCredentials", "identitySource", "identityValidationExpression"] as const;

/** As AWS fills it in. */
export const authorizerFrom = (id: string, input: Authorizer): Authorizer => ({
  id,
  ...picked(input, MEMBERS),
  authType: input.authType ?? (input.type === "COGNITO_USER_POOLS" ? "cognito_user_pools" : "custom"),
  authorizerResultTtlInSeconds: input.authorizerResultTtlInSeconds ?? REST_AUTHORIZER_TTL_SECONDS_DEFAULT,
});

export const authorizerHandlers = ({ random, parts }: ServiceParts) =>
  ({
    async CreateAuthorizer({ restApiId, ...input }, context) {
      const id = lowerId(random, PART_ID_LENGTH);
      return parts.create("authorizer", context, { restApiId }, id, function* (api) {
        const authorizer = checkAuthorizer(authorizerFrom(id, input));
        if ((yield* allParts(api, "authorizer")).some(({ name }) => name === authorizer.name)) throw conflict("Authorizer name must be unique. Authorizer name " + authorizer.name + " already exists in this RestApi.");
        return authorizer;
      });
    },
    GetAuthorizer: ({ restApiId, authorizerId }, context) => parts.get("authorizer", context, { restApiId }, authorizerId),
    GetAuthorizers: (input, context) => parts.list("authorizer", context, input, (authorizer) => authorizer),
    UpdateAuthorizer: ({ restApiId, authorizerId, patchOperations }, context) =>
      parts.change("authorizer", context, { restApiId }, authorizerId, function* (authorizer) { return checkAuthorizer(applyPatches(authorizer, rules, patchOperations)); }),
    async DeleteAuthorizer({ restApiId, authorizerId }, context) {
      await parts.remove("authorizer", context, { restApiId }, authorizerId, (authorizer, api) => refuseWhileUsed(api, `authorizer '${authorizer.name}'`, (method) => method.authorizerId === authorizerId));
      return {};
    },
  }) satisfies RestHandlers;
