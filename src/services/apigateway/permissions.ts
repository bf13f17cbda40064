import { tagKeys } from "../../iam/tag-keys.ts";
import { isApiError } from "../../kit/api-error.ts";
import { loadServiceModel } from "../../protocol/models.ts";
import type { Store } from "../../store/store.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import type { RestTypes } from "./needs.ts";
import { tagsOf } from "./tags.ts";

type Keys = NonNullable<Permission["context"]>;
type Input = Readonly<Record<string, unknown>>;

const arnOf = ({ region }: RequestContext, path: string): string => `arn:aws:apigateway:${region}::${path}`;

/** What has tags of its own, by the member that names it. */
const TAGGED: Record<string, string> = { restApiId: "restapis", apiKey: "apikeys", usagePlanId: "usageplans", domainName: "domainnames" };

/** Tags of what the call is about; none where it is not there. */
const resourceTags = async (store: Store, operation: string, input: Input, context: RequestContext): Promise<Record<string, string>> => {
  const member = Object.keys(TAGGED).find((name) => typeof input[name] === "string");
  const named = input["resourceArn"] ?? (member === undefined || operation === "CreateDomainName" ? undefined : arnOf(context, `/${TAGGED[member]}/${String(input[member])}`));
  if (typeof named !== "string") return {};
  try {
    return await store.read(() => tagsOf(context, named));
  } catch (error) {
    if (isApiError(error)) return {};
    throw error;
  }
};

const ROLE = /^arn:[^:]+:iam::\d{12}:role\//;

const patchesOf = (input: Input): { path?: string; value?: string }[] => (Array.isArray(input["patchOperations"]) ? (input["patchOperations"] as { path?: string; value?: string }[]) : []);
const isPatched = (input: Input, path: RegExp): boolean => patchesOf(input).some((patch) => path.test(patch.path ?? ""));

/** What a document that is imported has in it; nothing where it is none, which is refused later. */
interface Imported {
  roles: (string | undefined)[];
  hasPolicy: boolean;
}

const readImported = async (operation: string, { body }: Input): Promise<Imported> => {
  if (operation !== "ImportRestApi" && operation !== "PutRestApi") return { roles: [], hasPolicy: false };
  const { readDescription } = await import("./openapi/read-document.ts");
  try {
    const { methods, authorizers, settings } = await readDescription(body);
    return { roles: [...methods.map(({ method }) => method.methodIntegration?.credentials), ...authorizers.map(({ authorizerCredentials }) => authorizerCredentials)], hasPolicy: settings.policy !== undefined };
  } catch (error) {
    if (isApiError(error)) return { roles: [], hasPolicy: false };
    throw error;
  }
};

const isRolePath = (path = ""): boolean => /^\/(credentials|authorizerCredentials|cloudwatchRoleArn)$/.test(path);

/** Who lets API Gateway act as a role hands it over. The caller's own credentials, and stage variables, name none. */
const handedOver = (input: Input, { roles }: Imported): Permission[] =>
  [...new Set([input["credentials"], input["authorizerCredentials"], ...patchesOf(input).filter(({ path }) => isRolePath(path)).map(({ value }) => value), ...roles])]
    .filter((arn): arn is string => typeof arn === "string" && ROLE.test(arn))
    .map((resource) => ({ action: "iam:PassRole", resource, context: { "iam:PassedToService": "apigateway.amazonaws.com" } }));

/** What is asked besides the method of HTTP. Source: "Actions, resources, and condition keys for Amazon API Gateway Management". */
const besides = (operation: string, input: Input, context: RequestContext, imported: Imported): Permission[] => {
  const domain = arnOf(context, `/domainnames/${String(input["domainName"])}`);
  const add = { action: "apigateway:AddCertificateToDomain", resource: operation === "CreateDomainName" ? arnOf(context, "/domainnames") : domain };
  const remove = { action: "apigateway:RemoveCertificateFromDomain", resource: domain };
  if (operation === "CreateDomainName") return [add];
  if (operation === "DeleteDomainName") return [remove];
  if (operation === "UpdateDomainName" && isPatched(input, /ertificate/)) return [add, remove];
  const hasPolicy = imported.hasPolicy || (operation === "CreateRestApi" && input["policy"] !== undefined) || (operation === "UpdateRestApi" && isPatched(input, /^\/policy/));
  const cloned = input["cloneFrom"] === undefined ? [] : [{ action: "apigateway:GET", resource: arnOf(context, `/restapis/${String(input["cloneFrom"])}`) }];
  return hasPolicy ? [...cloned, { action: "apigateway:UpdateRestApiPolicy", resource: arnOf(context, operation === "CreateRestApi" || operation === "ImportRestApi" ? "/restapis" : `/restapis/${String(input["restApiId"])}`) }] : cloned;
};

/**
 * API Gateway's actions are HTTP methods, its resources paths of its own API ("Control access to a REST API with IAM permissions"): each operation's are in the model.
 * Whoever makes something with tags must be allowed to POST to `/tags/`, as AWS's refusals show.
 */
export const createPermissions = (store: Store, operations: readonly string[]): Service<RestTypes>["permissions"] => {
  const model = loadServiceModel("apigateway");
  const permissionsOf = (operation: string) => {
    const { method, uri } = model.operations.get(operation)!.http!;
    return async (input: Input, context: RequestContext): Promise<Permission[]> => {
      const path = uri.split("?")[0]!.replace(/\{(\w+)\+?\}/g, (_label, name: string) => (name === "resourceArn" ? encodeURIComponent(String(input[name])) : String(input[name])));
      const tags = (input["tags"] ?? {}) as Record<string, string>;
      const isTagged = Object.keys(tags).length > 0;
      const keys: Keys = {
        ...tagKeys("ResourceTag", await resourceTags(store, operation, input, context)),
        ...(isTagged ? { ...tagKeys("RequestTag", tags), "aws:TagKeys": Object.keys(tags) } : {}),
        ...(Array.isArray(input["tagKeys"]) ? { "aws:TagKeys": input["tagKeys"] as string[] } : {}),
      };
      const imported = await readImported(operation, input);
      const tagging = isTagged && operation.startsWith("Create") ? [{ action: "apigateway:POST", resource: arnOf(context, "/tags/"), context: keys }] : [];
      return [{ action: `apigateway:${method}`, resource: arnOf(context, path), context: keys }, ...tagging, ...besides(operation, input, context, imported), ...handedOver(input, imported)];
    };
  };
  return Object.fromEntries(operations.map((operation) => [operation, permissionsOf(operation)])) as Service<RestTypes>["permissions"];
};
