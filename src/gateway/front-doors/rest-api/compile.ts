import type { Authorizer, GatewayResponse, MethodSetting, Model, RequestValidator } from "@aws-sdk/client-api-gateway";
import type { NamedPolicy, PolicyDocument } from "../../../iam/document.ts";
import { statementsOf } from "../../../iam/policy.ts";
import { listOf } from "../../../iam/document.ts";
import type { Place } from "../../../plumber/apis/rows.ts";
import type { RestApiBody, RestApiSnapshot, StoredRestStage } from "../../../plumber/apis/rest-api.ts";
import { createMediaTypes, type MediaTypes } from "./media-types.ts";
import { createResourceTree, type ResourceTree } from "./resource-tree.ts";

/** A deployment made ready once for all requests to it. */
export interface CompiledApi extends Place {
  apiId: string;
  api: RestApiBody;
  tree: ResourceTree;
  binaryTypes: MediaTypes;
  authorizers: ReadonlyMap<string, Authorizer>;
  models: ReadonlyMap<string, Model>;
  validators: ReadonlyMap<string, RequestValidator>;
  gatewayResponses: ReadonlyMap<string, GatewayResponse>;
  /** Who may invoke it at all. */
  policy: NamedPolicy | undefined;
}

/** What a stage serves, or its canary, or TestInvokeMethod. */
export interface Serving {
  compiled: CompiledApi;
  stage: string;
  deploymentId: string;
  variables: Readonly<Record<string, string>>;
  methodSettings: Readonly<Record<string, MethodSetting>>;
  accessLogSettings?: StoredRestStage["accessLogSettings"];
  /** What authorizers said under another number is not believed any more. */
  authorizersCache: number;
  isCanary: boolean;
  isTest: boolean;
}

/** `execute-api:/prod/GET/pets` stands for the API's own ARN with that behind it. Source: "Resource policy examples". */
const wholeResources = (document: PolicyDocument, arn: string): PolicyDocument => ({
  ...document,
  Statement: statementsOf(document).map((statement) => ({
    ...statement,
    ...(statement.Resource === undefined ? {} : { Resource: listOf(statement.Resource).map((one) => (one.startsWith("execute-api:/") ? arn + one.slice("execute-api:".length) : one)) }),
    ...(statement.NotResource === undefined ? {} : { NotResource: listOf(statement.NotResource).map((one) => (one.startsWith("execute-api:/") ? arn + one.slice("execute-api:".length) : one)) }),
  })),
});

/** API Gateway tells a policy with its quotes escaped; it may be kept either way. */
const readPolicy = (text: string): PolicyDocument => JSON.parse(text.startsWith("{\\") ? (JSON.parse(`"${text}"`) as string) : text) as PolicyDocument;

const byKey = <T>(list: readonly T[], key: (one: T) => string | undefined): Map<string, T> => new Map(list.map((one) => [key(one)!, one]));

export const apiArn = ({ account, region, apiId }: Place & { apiId: string }): string => `arn:aws:execute-api:${region}:${account}:${apiId}`;

export const compileApi = (apiId: string, { account, region }: Place, snapshot: RestApiSnapshot): CompiledApi => {
  const { api } = snapshot;
  const at = { apiId, account, region };
  return {
    ...at,
    api,
    tree: createResourceTree(snapshot.resources),
    binaryTypes: createMediaTypes(api.binaryMediaTypes ?? []),
    authorizers: byKey(snapshot.authorizers, ({ id }) => id),
    models: byKey(snapshot.models, ({ name }) => name),
    validators: byKey(snapshot.validators, ({ id }) => id),
    gatewayResponses: byKey(snapshot.gatewayResponses, ({ responseType }) => responseType),
    policy: api.policy === undefined || api.policy === "" ? undefined : { name: `resource policy of ${apiArn(at)}`, attachedTo: apiArn(at), document: wholeResources(readPolicy(api.policy), apiArn(at)) },
  };
};
