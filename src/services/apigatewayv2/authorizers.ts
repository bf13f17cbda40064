import type { Authorizer } from "@aws-sdk/client-apigatewayv2";
import { listHttpApiParts } from "../../plumber/apis/http-api.ts";
import type { Operation } from "../../store/store.ts";
import { changedAuthorizer, newAuthorizer } from "./authorizer-rules.ts";
import { conflict } from "./errors.ts";
import type { ApiHandlers, HttpApi } from "./needs.ts";
import type { Parts } from "./parts.ts";

function* checkName({ apiId }: HttpApi, authorizer: Authorizer): Operation<Authorizer> {
  const isTaken = (yield* listHttpApiParts(apiId, "authorizer")).some(({ Name, AuthorizerId }) => Name === authorizer.Name && AuthorizerId !== authorizer.AuthorizerId);
  if (isTaken) throw conflict(`Authorizer name must be unique. Authorizer ${authorizer.Name} already exists in this API.`);
  return authorizer;
}

function* refuseIfUsed({ apiId }: HttpApi, { AuthorizerId }: Authorizer): Operation<void> {
  const route = (yield* listHttpApiParts(apiId, "route")).find((one) => one.AuthorizerId === AuthorizerId);
  if (route !== undefined) throw conflict(`Cannot delete authorizer ${AuthorizerId}, is referenced in route: ${route.RouteKey}`);
}

export const authorizerHandlers = (parts: Parts) =>
  ({
    CreateAuthorizer: (input, context) => parts.create("authorizer", context, input, (id, api) => checkName(api, newAuthorizer(id, api, input))),
    GetAuthorizer: (input, context) => parts.get("authorizer", context, input, input.AuthorizerId!),
    GetAuthorizers: (input, context) => parts.list("authorizer", context, input, (authorizer) => authorizer),
    UpdateAuthorizer: (input, context) => parts.change("authorizer", context, input, input.AuthorizerId!, (authorizer, api) => checkName(api, changedAuthorizer(authorizer, input, api))),
    DeleteAuthorizer: (input, context) => parts.remove("authorizer", context, input, input.AuthorizerId!, (authorizer, api) => refuseIfUsed(api, authorizer)),
  }) satisfies ApiHandlers;
