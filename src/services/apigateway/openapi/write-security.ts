import type { Authorizer, Method } from "@aws-sdk/client-api-gateway";
import type { RestApiSnapshot } from "../../../plumber/apis/rest-api.ts";
import { given } from "../given.ts";
import type { Tree } from "./tree.ts";

const API_KEY = "api_key";
const SIGV4 = "sigv4";

const inHeader = (name: string): Tree => ({ type: "apiKey", name, in: "header" });

const headerOf = ({ identitySource = "" }: Authorizer): string => /^method\.request\.header\.([^,]+)$/.exec(identitySource)?.[1] ?? "Unused";

const writeAuthorizer = ({ id: _id, name: _name, authType, type, ...authorizer }: Authorizer, isExtended: boolean): Tree => {
  const scheme = inHeader(type === "REQUEST" ? "Unused" : headerOf({ type, ...authorizer }));
  return isExtended ? given({ ...scheme, "x-amazon-apigateway-authtype": authType, "x-amazon-apigateway-authorizer": { ...authorizer, type: type!.toLowerCase() } }) : scheme;
};

const methodsOf = ({ resources }: RestApiSnapshot): Method[] => resources.flatMap(({ resourceMethods }) => Object.values(resourceMethods));

/** How requests show who they are from, as far as a method asks for it. */
export const writeSchemes = (snapshot: RestApiSnapshot, isExtended: boolean): Tree => {
  const methods = methodsOf(snapshot);
  const used = snapshot.authorizers.filter(({ id }) => methods.some(({ authorizerId }) => authorizerId === id));
  return {
    ...Object.fromEntries(used.map((authorizer) => [authorizer.name!, writeAuthorizer(authorizer, isExtended)])),
    ...(methods.some(({ apiKeyRequired }) => apiKeyRequired === true) ? { [API_KEY]: inHeader("x-api-key") } : {}),
    ...(methods.some(({ authorizationType }) => authorizationType === "AWS_IAM") ? { [SIGV4]: { ...inHeader("Authorization"), ...(isExtended ? { "x-amazon-apigateway-authtype": "awsSigv4" } : {}) } } : {}),
  };
};

export const writeRequirements = (method: Method, { authorizers }: RestApiSnapshot): Tree[] => {
  const authorizer = authorizers.find(({ id }) => id === method.authorizerId);
  return [
    ...(authorizer === undefined ? [] : [{ [authorizer.name!]: method.authorizationScopes ?? [] }]),
    ...(method.authorizationType === "AWS_IAM" ? [{ [SIGV4]: [] }] : []),
    ...(method.apiKeyRequired === true ? [{ [API_KEY]: [] }] : []),
  ];
};
