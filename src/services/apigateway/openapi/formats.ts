import { isTree, listOf, resolved, textOf, treeOf, type Tree } from "./tree.ts";

/** What the two formats write in different places. */
export interface Format {
  schemas: Tree;
  securitySchemes: Tree;
  basePath: string;
  /** Of `x-amazon-apigateway-endpoint-configuration`. */
  endpoint: Tree;
  /** By the content type. */
  requestSchemas(operation: Tree, parameters: readonly Tree[]): Record<string, unknown>;
  responseSchemas(response: Tree, operation: Tree): Record<string, unknown>;
}

const JSON_TYPE = "application/json";
const ENDPOINT = "x-amazon-apigateway-endpoint-configuration";

const forAll = (types: unknown, schema: unknown): Record<string, unknown> => {
  if (schema === undefined) return {};
  const all = listOf(types).map(String);
  return Object.fromEntries((all.length === 0 ? [JSON_TYPE] : all).map((type) => [type, schema]));
};

const swagger2 = (document: Tree): Format => ({
  schemas: treeOf(document["definitions"]),
  securitySchemes: treeOf(document["securityDefinitions"]),
  basePath: textOf(document["basePath"]) ?? "/",
  endpoint: treeOf(document[ENDPOINT]),
  requestSchemas: (operation, parameters) => forAll(operation["consumes"] ?? document["consumes"], parameters.find((one) => one["in"] === "body")?.["schema"]),
  responseSchemas: (response, operation) => forAll(operation["produces"] ?? document["produces"], response["schema"]),
});

const schemasOf = (content: unknown): Record<string, unknown> => Object.fromEntries(Object.entries(treeOf(content)).flatMap(([type, media]) => (isTree(media) && media["schema"] !== undefined ? [[type, media["schema"]]] : [])));

/** The path of the first server, its variables filled in. */
const basePathOf = (server: Tree): string => {
  const variables = treeOf(server["variables"]);
  const url = (textOf(server["url"]) ?? "/").replace(/\{(\w+)\}/g, (_all, name: string) => (textOf(treeOf(variables[name])["default"]) ?? "").replace(/^\//, ""));
  return /^(?:[a-z]+:)?\/\/[^/]*(\/.*)?$/i.exec(url)?.[1] ?? (url.startsWith("/") ? url : "/");
};

const openApi3 = (document: Tree): Format => {
  const components = treeOf(document["components"]);
  const server = treeOf(listOf(document["servers"])[0]);
  return {
    schemas: treeOf(components["schemas"]),
    securitySchemes: treeOf(components["securitySchemes"]),
    basePath: basePathOf(server),
    endpoint: treeOf(document[ENDPOINT] ?? server[ENDPOINT]),
    requestSchemas: (operation) => schemasOf(resolved(document, operation["requestBody"])["content"]),
    responseSchemas: (response) => schemasOf(response["content"]),
  };
};

export const formatOf = (document: Tree): Format => (document["swagger"] === undefined ? openApi3(document) : swagger2(document));
