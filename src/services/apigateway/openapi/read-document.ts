import type { ApiKeySourceType, DocumentationPart, EndpointType, GatewayResponse, GatewayResponseType, SecurityPolicy } from "@aws-sdk/client-api-gateway";
import type { RestApiBody } from "../../../plumber/apis/rest-api.ts";
import { badRequest } from "../errors.ts";
import { gatewayResponseFrom } from "../gateway-responses/gateway-responses.ts";
import { GATEWAY_RESPONSE_TYPES } from "../gateway-responses/standard-responses.ts";
import { given } from "../given.ts";
import type { ApiDescription, DescribedMethod } from "./description.ts";
import { formatOf, type Format } from "./formats.ts";
import { parseDocument } from "./parse-document.ts";
import { createModels } from "./read-models.ts";
import { readOperation } from "./read-operation.ts";
import { readAuthorizer } from "./read-security.ts";
import { isTree, listOf, resolved, textOf, textsOf, treeOf, type Tree } from "./tree.ts";

const METHODS: Record<string, string | undefined> = { get: "GET", put: "PUT", post: "POST", delete: "DELETE", options: "OPTIONS", head: "HEAD", patch: "PATCH", "x-amazon-apigateway-any-method": "ANY" };

/** A document that names VPC endpoints means an API that nobody else may reach. */
const readEndpoint = ({ types, vpcEndpointIds }: Tree): RestApiBody["endpointConfiguration"] => {
  const endpoints = listOf(vpcEndpointIds).map(String);
  if (!Array.isArray(types) && endpoints.length === 0) return undefined;
  return { types: Array.isArray(types) ? (types as EndpointType[]) : ["PRIVATE"], vpcEndpointIds: endpoints };
};

const readSettings = (document: Tree, { endpoint }: Format): Partial<RestApiBody> => {
  const info = treeOf(document["info"]);
  const types = listOf(document["x-amazon-apigateway-binary-media-types"]).map(String);
  const size = document["x-amazon-apigateway-minimum-compression-size"];
  const policy = document["x-amazon-apigateway-policy"];
  const tags = listOf(document["tags"]).filter(isTree).filter((tag) => tag["x-amazon-apigateway-tag-value"] !== undefined);
  return given<Partial<RestApiBody>>({
    name: textOf(info["title"]),
    description: textOf(info["description"]),
    version: textOf(info["version"]),
    binaryMediaTypes: types.length === 0 ? undefined : types,
    minimumCompressionSize: size === undefined ? undefined : Number(size),
    apiKeySource: textOf(document["x-amazon-apigateway-api-key-source"])?.toUpperCase() as ApiKeySourceType | undefined,
    policy: policy === undefined ? undefined : typeof policy === "string" ? policy : JSON.stringify(policy),
    endpointConfiguration: readEndpoint(endpoint),
    disableExecuteApiEndpoint: endpoint["disableExecuteApiEndpoint"] === undefined ? undefined : endpoint["disableExecuteApiEndpoint"] === true,
    securityPolicy: textOf(document["x-amazon-apigateway-security-policy"]) as SecurityPolicy | undefined,
    tags: tags.length === 0 ? undefined : Object.fromEntries(tags.map((tag) => [String(tag["name"]), String(tag["x-amazon-apigateway-tag-value"])])),
  });
};

const readGatewayResponses = (document: Tree): GatewayResponse[] =>
  Object.entries(treeOf(document["x-amazon-apigateway-gateway-responses"])).map(([type, value]) => {
    const described = treeOf(value);
    if (!GATEWAY_RESPONSE_TYPES.includes(type as GatewayResponseType)) throw badRequest(`Errors found during import:\n\tInvalid gateway response type specified: ${type}`);
    return gatewayResponseFrom(given<GatewayResponse>({ responseType: type as GatewayResponseType, statusCode: textOf(described["statusCode"]), responseParameters: textsOf(described["responseParameters"]), responseTemplates: textsOf(described["responseTemplates"]) }));
  });

const readDocumentation = (document: Tree): Pick<DocumentationPart, "location" | "properties">[] =>
  listOf(treeOf(document["x-amazon-apigateway-documentation"])["documentationParts"]).filter(isTree).map((part) => ({
    location: treeOf(part["location"]) as unknown as NonNullable<DocumentationPart["location"]>,
    properties: typeof part["properties"] === "string" ? part["properties"] : JSON.stringify(part["properties"] ?? {}),
  }));

const readValidators = (document: Tree): ApiDescription["validators"] =>
  Object.entries(treeOf(document["x-amazon-apigateway-request-validators"])).map(([name, value]) => ({
    name,
    validateRequestBody: treeOf(value)["validateRequestBody"] === true,
    validateRequestParameters: treeOf(value)["validateRequestParameters"] === true,
  }));

/** What an API is to be, as a document describes it. */
export const readDescription = async (body: unknown): Promise<ApiDescription> => {
  const document = await parseDocument(body);
  const format = formatOf(document);
  const models = createModels(format.schemas);
  const warnings: string[] = [];
  const methods: DescribedMethod[] = [];
  const paths = Object.entries(treeOf(document["paths"])).filter(([path]) => path.startsWith("/"));
  for (const [path, value] of paths) {
    const item = resolved(document, value);
    for (const [key, operation] of Object.entries(item)) {
      const httpMethod = METHODS[key];
      if (httpMethod !== undefined) methods.push(readOperation(path, httpMethod, resolved(document, operation), listOf(item["parameters"]), { document, format, models, warn: (text) => void warnings.push(text) }));
    }
  }
  return {
    basePath: format.basePath,
    settings: readSettings(document, format),
    validators: readValidators(document),
    authorizers: Object.entries(format.securitySchemes).flatMap(([name, scheme]) => readAuthorizer(name, resolved(document, scheme)) ?? []),
    gatewayResponses: readGatewayResponses(document),
    methods,
    paths: paths.map(([path]) => path),
    documentation: readDocumentation(document),
    models: models.all(),
    warnings,
  };
};
