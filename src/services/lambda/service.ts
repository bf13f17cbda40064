import { FUNCTION_SETTLE_MS } from "../../kit/limits/lambda.ts";
import { parseArn } from "../../kit/arn.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import { accountSettingsHandlers } from "./account-settings.ts";
import { aliasHandlers } from "./versions/aliases.ts";
import { concurrencyHandlers } from "./concurrency/concurrency.ts";
import { codeSigningHandlers } from "./code-signing/code-signing.ts";
import { findCodeSigningConfig, parseCodeSigningConfigArn } from "./code-signing/code-signing-rows.ts";
import { createDeployments } from "./functions/deployments.ts";
import { eventSourceMappingHandlers } from "./event-source-mappings/handlers.ts";
import { isAboutMappings, mappingKeys, mappingPermissions } from "./event-source-mappings/permissions.ts";
import { eventInvokeConfigHandlers } from "./invocation/event-invoke-config.ts";
import { functionPolicy } from "./policies/function-policy.ts";
import { functionUrlConfigHandlers } from "./urls/function-url-configs.ts";
import { functionHandlers } from "./functions/functions.ts";
import { createGarbage } from "./functions/garbage.ts";
import { invokeHandlers } from "./invocation/invoke.ts";
import { layerArn, parseLayerName, parseLayerVersionArn } from "./layers/layer-names.ts";
import { layerPolicy, layerPolicyHandlers } from "./layers/layer-policies.ts";
import { layerHandlers } from "./layers/layers.ts";
import { parseFunctionName } from "./names.ts";
import type { Lambda, LambdaNeeds, LambdaParts } from "./needs.ts";
import { conditionKeysOf, resourceTagKeys } from "./policies/permission-keys.ts";
import { policyHandlers } from "./policies/policies.ts";
import { provisionedHandlers } from "./concurrency/provisioned.ts";
import { createProvisioning } from "./concurrency/provisioning.ts";
import { createFunctionReader } from "./functions/reader.ts";
import { resourcePolicyHandlers } from "./policies/resource-policies.ts";
import { createTell, runtimeManagementHandlers } from "./functions/runtime-management.ts";
import { tagHandlers } from "./functions/tags.ts";
import { updateHandlers } from "./functions/updates.ts";
import { versionHandlers } from "./versions/versions.ts";

interface Named {
  FunctionName?: string;
  Qualifier?: string;
  Resource?: string;
  ResourceArn?: string;
  Role?: string;
  LayerName?: string;
  VersionNumber?: number;
  Arn?: string;
  CodeSigningConfigArn?: string;
  Layers?: string[];
  Tags?: Record<string, string>;
  TagKeys?: string[];
}

/** What whoever writes a whole policy must be allowed beside it: each of its statements is one that is added or removed. */
const FURTHER_ACTIONS: Record<string, readonly string[]> = { PutResourcePolicy: ["AddPermission", "RemovePermission"], DeleteResourcePolicy: ["RemovePermission"] };

const ACTIONS: Record<string, string> = { Invoke: "InvokeFunction", InvokeWithResponseStream: "InvokeFunction", GetLayerVersionByArn: "GetLayerVersion" };

/** The function that a call speaks of; undefined when it speaks of none. A name that is none is refused by its handler. */
const functionOf = ({ FunctionName, Qualifier, Resource, ResourceArn }: Named, context: RequestContext): ReturnType<typeof parseFunctionName> | undefined => {
  const text = FunctionName ?? Resource ?? ResourceArn;
  // The ARN of something else can read like a name and a qualifier.
  if (text === undefined || parseCodeSigningConfigArn(text) !== undefined) return undefined;
  try {
    return parseFunctionName(text, context, Qualifier);
  } catch {
    return undefined;
  }
};

/** The ARN of the code signing configuration that a call is about, or gives to a function. */
const codeSigningConfigOf = ({ Resource, CodeSigningConfigArn }: Named): string | undefined => CodeSigningConfigArn ?? (Resource !== undefined && parseCodeSigningConfigArn(Resource) !== undefined ? Resource : undefined);

/** As policies write it, however it was asked for: `…:layer:l:01` is version 1. */
const layerVersionArn = (text: string): string | undefined => {
  const named = parseLayerVersionArn(text);
  return named === undefined ? undefined : layerArn(named, named.version);
};

/** The ARN of the layer, or of its version, that a call speaks of. */
const layerOf = ({ LayerName, VersionNumber, Arn }: Named, context: RequestContext): string | undefined => {
  if (LayerName !== undefined) return layerArn(parseLayerName(LayerName, context), VersionNumber);
  return Arn === undefined ? undefined : layerVersionArn(Arn);
};

/** Whoever gives a function a layer must be allowed to read it; of another account's, its policy must agree. */
const layerPermissions = ({ Layers = [] }: Named): Permission[] => Layers.map(layerVersionArn).flatMap((resource) => (resource === undefined ? [] : [{ action: "lambda:GetLayerVersion", resource }]));

/** By its URL a function is invoked with both of them since October 2025 ("Control access to Lambda function URLs"). */
const urlPermissions = (resource: string, authType: string): Permission[] => [
  { action: "lambda:InvokeFunctionUrl", resource, context: { "lambda:FunctionUrlAuthType": authType } },
  { action: "lambda:InvokeFunction", resource, context: { "lambda:InvokedViaFunctionUrl": "true", "lambda:FunctionUrlAuthType": authType } },
];

const permissionsOf = (operation: string, input: Named, named: ReturnType<typeof functionOf>, context: RequestContext): Permission[] => {
  if (context.functionUrlAuthType !== undefined) return urlPermissions(named!.arn, context.functionUrlAuthType);
  const own: Permission = { action: `lambda:${ACTIONS[operation] ?? operation}`, resource: named?.arn ?? layerOf(input, context) ?? codeSigningConfigOf(input) ?? "*", ...conditionKeysOf(input) };
  // Whoever configures a function hands it a role, and must be allowed to. A role of another account is refused by the handler.
  const role: Permission[] = input.Role === undefined || parseArn(input.Role)?.account !== context.account ? [] : [{ action: "iam:PassRole", resource: input.Role, context: { "iam:PassedToService": "lambda.amazonaws.com" } }];
  const further = (FURTHER_ACTIONS[operation] ?? []).map((action): Permission => ({ ...own, action: `lambda:${action}` }));
  if (operation.startsWith("Create") && Object.keys(input.Tags ?? {}).length > 0) further.push({ ...own, action: "lambda:TagResource" });
  // It is asked for the configuration, too ("Actions, resources, and condition keys for AWS Lambda").
  if (operation === "PutFunctionCodeSigningConfig") further.push({ ...own, resource: input.CodeSigningConfigArn! });
  return [own, ...further, ...role, ...layerPermissions(input)];
};

/** AWS Lambda. */
export const createLambdaService = (needs: LambdaNeeds): Service<Lambda> => {
  const read = createFunctionReader(needs.store);
  const garbage = createGarbage(needs);
  const deployments = createDeployments({ ...needs, garbage });
  const provisioning = createProvisioning(needs);
  const lambda: LambdaParts = { ...needs, garbage, deployments, provisioning, tell: createTell(needs), settleMs: needs.settleMs ?? FUNCTION_SETTLE_MS };
  Promise.all([garbage.recover(), deployments.recover()]).catch((error: unknown) => needs.log.warn("Lambda could not look for what a crash left: it tries again at the next start", { error: String(error) }));
  const handlers = {
    ...functionHandlers(lambda), ...updateHandlers(lambda), ...versionHandlers(lambda), ...aliasHandlers(lambda), ...invokeHandlers({ ...needs, read }), ...policyHandlers(needs),
    ...layerHandlers(lambda), ...layerPolicyHandlers(needs), ...tagHandlers(needs), ...concurrencyHandlers(needs), ...provisionedHandlers(lambda), ...eventInvokeConfigHandlers(needs), ...accountSettingsHandlers(needs), ...eventSourceMappingHandlers(lambda),
    ...functionUrlConfigHandlers(needs), ...resourcePolicyHandlers(needs), ...codeSigningHandlers(needs), ...runtimeManagementHandlers(lambda),
  };
  const tagsOf = async (resource: string, named: ReturnType<typeof functionOf>, context: RequestContext): Promise<Record<string, string> | undefined> => {
    if (named !== undefined && resource === named.arn) return (await read(named, named.name, context))?.tags;
    const config = parseCodeSigningConfigArn(resource);
    return config === undefined ? undefined : (await needs.store.read(() => findCodeSigningConfig(config)))?.tags;
  };
  /** With the tags of the function, or of the code signing configuration: keys of what is asked for it. */
  const tagged = (operation: string, input: Named, context: RequestContext): Promise<Permission[]> => {
    if (isAboutMappings(operation, input)) return mappingPermissions(needs, operation, input, context);
    const named = functionOf(input, context);
    return Promise.all(
      permissionsOf(operation, input, named, context).map(async (permission) => {
        const tags = await tagsOf(permission.resource, named, context);
        return tags === undefined ? permission : { ...permission, context: { ...permission.context, ...resourceTagKeys(tags) } };
      }),
    );
  };
  const permissions = Object.fromEntries(Object.keys(handlers).map((operation) => [operation, (input: Named, context: RequestContext) => tagged(operation, input, context)]));
  return {
    handlers,
    permissions: permissions as unknown as Service<Lambda>["permissions"],
    resourcePolicy: async ({ resource }, context) => (await functionPolicy({ store: needs.store, read }, resource, context)) ?? layerPolicy(needs.store, resource),
    ledgerKeys(operation, input, context) {
      if (isAboutMappings(operation, input as Named)) return mappingKeys(input as Named, context);
      const named = functionOf(input as Named, context);
      const layer = layerOf(input as Named, context);
      return named === undefined ? (layer === undefined ? [] : [layer]) : [named.name, named.arn];
    },
  };
};
