import type { DocumentationPart, Method, Model } from "@aws-sdk/client-api-gateway";
import type { RestApiSnapshot } from "../../../plumber/apis/rest-api.ts";
import { given } from "../given.ts";
import { modelOfRef } from "../models/schema.ts";
import { standardModels } from "../models/standard-models.ts";
import { isTree, type Tree } from "./tree.ts";
import type { Address, Writing } from "./write-formats.ts";
import { writeIntegration } from "./write-integration.ts";
import { writeRequirements, writeSchemes } from "./write-security.ts";

/** Which extensions are asked for. */
export interface Extensions {
  integrations: boolean;
  authorizers: boolean;
  documentation: boolean;
  validators: boolean;
  gatewayResponses: boolean;
}

const IN: Record<string, string> = { path: "path", querystring: "query", header: "header" };

const writeParameters = ({ requestParameters = {} }: Method, writing: Writing): Tree[] =>
  Object.entries(requestParameters).flatMap(([parameter, isRequired]) => {
    const [, , location = "", ...name] = parameter.split(".");
    return IN[location] === undefined ? [] : [writing.parameter(name.join("."), IN[location], isRequired || location === "path")];
  });

const HEADER = "method.response.header.";

const writeOperation = (method: Method, snapshot: RestApiSnapshot, writing: Writing, extensions: Extensions): Tree => {
  const { methodResponses = {}, requestModels = {}, requestValidatorId, methodIntegration } = method;
  const body = writing.body(requestModels);
  const parameters = [...writeParameters(method, writing), ...((body["parameters"] as Tree[] | undefined) ?? [])];
  const security = writeRequirements(method, snapshot);
  const types = new Set(Object.values(methodResponses).flatMap(({ responseModels = {} }) => Object.keys(responseModels)));
  const responses = Object.entries(methodResponses).map(([status, { responseModels = {}, responseParameters = {} }]) =>
    [status, writing.response(responseModels, Object.keys(responseParameters).map((name) => name.slice(HEADER.length)))] as const);
  return given<Tree>({
    operationId: method.operationName,
    ...body,
    ...writing.produces([...types]),
    parameters: parameters.length === 0 ? undefined : parameters,
    responses: Object.fromEntries(responses),
    security: security.length === 0 ? undefined : security,
    "x-amazon-apigateway-request-validator": extensions.validators ? snapshot.validators.find(({ id }) => id === requestValidatorId)?.name : undefined,
    "x-amazon-apigateway-integration": extensions.integrations && methodIntegration !== undefined ? writeIntegration(methodIntegration) : undefined,
  });
};

const keyOf = (httpMethod: string): string => (httpMethod === "ANY" ? "x-amazon-apigateway-any-method" : httpMethod.toLowerCase());

const writePaths = (snapshot: RestApiSnapshot, writing: Writing, extensions: Extensions): Tree =>
  Object.fromEntries(
    snapshot.resources
      .filter(({ resourceMethods }) => Object.keys(resourceMethods).length > 0)
      .toSorted((one, other) => (one.path < other.path ? -1 : 1))
      .map(({ path, resourceMethods }) => [path, Object.fromEntries(Object.entries(resourceMethods).map(([name, method]) => [keyOf(name), writeOperation(method, snapshot, writing, extensions)]))]),
  );

/** References to models of the API become references into the document. */
const withRefs = (schema: unknown, writing: Writing): unknown => {
  if (Array.isArray(schema)) return schema.map((one) => withRefs(one, writing));
  if (!isTree(schema)) return schema;
  const model = typeof schema["$ref"] === "string" ? modelOfRef(schema["$ref"]) : undefined;
  return model === undefined ? Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withRefs(value, writing)])) : writing.refTo(model);
};

const isUsed = ({ name }: Model, snapshot: RestApiSnapshot): boolean =>
  snapshot.resources.some(({ resourceMethods }) =>
    Object.values(resourceMethods).some(({ requestModels = {}, methodResponses = {} }) => [requestModels, ...Object.values(methodResponses).map(({ responseModels = {} }) => responseModels)].some((models) => Object.values(models).includes(name!))));

const writeSchemas = (snapshot: RestApiSnapshot, writing: Writing): Tree => {
  const standard = new Set(standardModels().map(({ name }) => name));
  const models = snapshot.models.filter((model) => !standard.has(model.name!) || isUsed(model, snapshot));
  return Object.fromEntries(models.map(({ name, schema }) => {
    const { $schema: _schema, ...others } = JSON.parse(schema ?? "{}") as Tree;
    return [name!, withRefs(others, writing)];
  }));
};

const writeValidators = ({ validators }: RestApiSnapshot): Tree =>
  Object.fromEntries(validators.map(({ id, name, validateRequestBody, validateRequestParameters }) => [name ?? id!, { validateRequestBody, validateRequestParameters }]));

const writeExtensions = (snapshot: RestApiSnapshot, documentation: readonly DocumentationPart[], version: string | undefined, extensions: Extensions): Tree => {
  const { api, gatewayResponses } = snapshot;
  const isWhole = extensions.integrations;
  return given<Tree>({
    "x-amazon-apigateway-request-validators": extensions.validators && snapshot.validators.length > 0 ? writeValidators(snapshot) : undefined,
    "x-amazon-apigateway-gateway-responses": extensions.gatewayResponses && gatewayResponses.length > 0
      ? Object.fromEntries(gatewayResponses.map(({ responseType, defaultResponse: _default, ...response }) => [responseType!, response]))
      : undefined,
    "x-amazon-apigateway-documentation": extensions.documentation && documentation.length > 0
      ? given({ version, documentationParts: documentation.map(({ location, properties }) => ({ location, properties: JSON.parse(properties!) as unknown })) })
      : undefined,
    "x-amazon-apigateway-binary-media-types": isWhole ? api.binaryMediaTypes : undefined,
    "x-amazon-apigateway-minimum-compression-size": isWhole ? api.minimumCompressionSize : undefined,
    "x-amazon-apigateway-api-key-source": isWhole && api.apiKeySource !== "HEADER" ? api.apiKeySource : undefined,
    "x-amazon-apigateway-policy": isWhole && api.policy !== undefined ? (JSON.parse(api.policy) as unknown) : undefined,
  });
};

export interface Exported {
  snapshot: RestApiSnapshot;
  documentation: readonly DocumentationPart[];
  documentationVersion: string | undefined;
  /** Of the deployment: what stands for the version of an API without one. */
  date: string;
}

export const writeDocument = ({ snapshot, documentation, documentationVersion, date }: Exported, writing: Writing, extensions: Extensions, address: Address): Tree => ({
  ...writing.document(
    {
      info: given<Tree>({ title: snapshot.api.name, description: snapshot.api.description, version: documentationVersion ?? snapshot.api.version ?? date }),
      paths: writePaths(snapshot, writing, extensions),
      schemas: writeSchemas(snapshot, writing),
      schemes: writeSchemes(snapshot, extensions.authorizers),
    },
    address,
  ),
  ...writeExtensions(snapshot, documentation, documentationVersion, extensions),
});
