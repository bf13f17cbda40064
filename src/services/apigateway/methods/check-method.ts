import type { Method } from "@aws-sdk/client-api-gateway";
import { findPart } from "../../../plumber/apis/rows.ts";
import type { Operation } from "../../../store/store.ts";
import { badRequest, notIdentified } from "../errors.ts";
import type { RestApiRecord } from "../needs.ts";
import type { Parts } from "../parts.ts";
import { checkMethodRequest } from "./parameters.ts";

const TYPES = ["NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"];

/** An authorizer of the kind that the authorization type means. */
function* checkAuthorizer(api: RestApiRecord, { authorizationType, authorizerId, authorizationScopes = [] }: Method): Operation<void> {
  if (!TYPES.includes(authorizationType!)) throw badRequest(`Invalid authorization type specified. Valid options are ${TYPES.join(",")}`);
  const isByAuthorizer = authorizationType === "CUSTOM" || authorizationType === "COGNITO_USER_POOLS";
  const authorizer = authorizerId === undefined ? undefined : yield* findPart<Parts["authorizer"]>(api.apiId, "authorizer", authorizerId);
  if (isByAuthorizer && (authorizer === undefined || (authorizer.type === "COGNITO_USER_POOLS") !== (authorizationType === "COGNITO_USER_POOLS"))) {
    throw badRequest("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.");
  }
  if (authorizationScopes.length > 0 && authorizationType !== "COGNITO_USER_POOLS") throw badRequest("Invalid Method authorization type specified. Authorization Scopes are only valid for COGNITO_USER_POOLS authorization type");
}

/** Every name in it is of something that is there. */
export function* checkMethod(api: RestApiRecord, method: Method): Operation<Method> {
  yield* checkAuthorizer(api, method);
  checkMethodRequest(method.requestParameters ?? {});
  if (method.requestValidatorId !== undefined && (yield* findPart(api.apiId, "validator", method.requestValidatorId)) === undefined) throw notIdentified("Request Validator");
  yield* checkModels(api, method.requestModels);
  return method;
}

export function* checkModels(api: RestApiRecord, models: Readonly<Record<string, string>> | undefined): Operation<void> {
  for (const name of Object.values(models ?? {})) {
    if ((yield* findPart(api.apiId, "model", name)) === undefined) throw badRequest(`Invalid model identifier specified: ${name}`);
  }
}
