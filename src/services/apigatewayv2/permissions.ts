import { tagKeys } from "../../iam/tag-keys.ts";
import { isApiError } from "../../kit/api-error.ts";
import { loadServiceModel } from "../../protocol/models.ts";
import type { Store } from "../../store/store.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import type { ApiTypes } from "./needs.ts";
import { tagsOf } from "./tags.ts";

type Keys = NonNullable<Permission["context"]>;
type Input = Readonly<Record<string, unknown>>;

const asked = (tags: Readonly<Record<string, string>>): Keys => (Object.keys(tags).length === 0 ? {} : { ...tagKeys("RequestTag", tags), "aws:TagKeys": Object.keys(tags) });

const arnOf = ({ region }: RequestContext, path: string): string => `arn:aws:apigateway:${region}::${path}`;

/** Tags of the API, or of the domain name, that the call is about; none where it is not there. */
const resourceTags = async (store: Store, input: Input, context: RequestContext): Promise<Record<string, string>> => {
  const { ApiId, DomainName, ResourceArn } = input as Record<string, string | undefined>;
  const of = ResourceArn ?? (DomainName !== undefined ? arnOf(context, `/domainnames/${DomainName}`) : ApiId !== undefined ? arnOf(context, `/apis/${ApiId}`) : undefined);
  if (of === undefined) return {};
  try {
    return await store.read(() => tagsOf(context, of));
  } catch (error) {
    if (isApiError(error)) return {};
    throw error;
  }
};

/** Those that a definition which is imported has in it; none where it is no definition, which is refused later. */
const importedRoles = async (operation: string, { Body, Basepath }: Input): Promise<(string | undefined)[]> => {
  if (operation !== "ImportApi" && operation !== "ReimportApi") return [];
  const { readApi } = await import("./openapi/read-api.ts");
  try {
    const { routes, authorizers } = await readApi(String(Body), Basepath as string | undefined);
    return [...routes.map(({ integration }) => integration?.is.CredentialsArn), ...authorizers.map(({ AuthorizerCredentialsArn }) => AuthorizerCredentialsArn)];
  } catch (error) {
    if (isApiError(error)) return [];
    throw error;
  }
};

/** Who lets API Gateway act as a role hands it over. The caller's own credentials, and stage variables, name none. */
const handedOver = (input: Input, imported: readonly (string | undefined)[]): Permission[] =>
  [...new Set([input["CredentialsArn"], input["AuthorizerCredentialsArn"], ...imported])]
    .filter((arn): arn is string => typeof arn === "string" && /^arn:[^:]+:iam::\d{12}:role\//.test(arn))
    .map((resource) => ({ action: "iam:PassRole", resource, context: { "iam:PassedToService": "apigateway.amazonaws.com" } }));

/**
 * API Gateway's actions are HTTP methods, its resources paths of its own API ("Control access to a REST API with IAM permissions"): each operation's are in the model.
 * Whoever makes something with tags must be allowed to POST to `/tags/`, as AWS's refusals show.
 */
export const createPermissions = (store: Store, operations: readonly string[]): Service<ApiTypes>["permissions"] => {
  const model = loadServiceModel("apigatewayv2");
  const permissionsOf = (operation: string) => {
    const { method, uri } = model.operations.get(operation)!.http!;
    return async (input: Input, context: RequestContext): Promise<Permission[]> => {
      const path = uri.replace(/^\/v2/, "").replace(/\{(\w+)\}/g, (_label, name: string) => (name === "ResourceArn" ? encodeURIComponent(String(input[name])) : String(input[name])));
      const tags = (input["Tags"] ?? {}) as Record<string, string>;
      const keys = { ...tagKeys("ResourceTag", await resourceTags(store, input, context)), ...asked(tags), ...(Array.isArray(input["TagKeys"]) ? { "aws:TagKeys": input["TagKeys"] as string[] } : {}) };
      const isTagged = operation.startsWith("Create") && Object.keys(tags).length > 0;
      return [{ action: `apigateway:${method}`, resource: arnOf(context, path), context: keys }, ...(isTagged ? [{ action: "apigateway:POST", resource: arnOf(context, "/tags/"), context: keys }] : []), ...handedOver(input, await importedRoles(operation, input))];
    };
  };
  return Object.fromEntries(operations.map((operation) => [operation, permissionsOf(operation)])) as Service<ApiTypes>["permissions"];
};
