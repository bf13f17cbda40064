import type { Cors, CreateApiRequest } from "@aws-sdk/client-apigatewayv2";
import { count, flag, isRecord, record, readDocument, text, texts, type Document } from "./document.ts";
import { readAuthorizers, type ReadAuthorizer } from "./read-authorizers.ts";
import { readRoutes, type ReadRoute } from "./read-routes.ts";

export const CORS = "x-amazon-apigateway-cors";
export const TAG_VALUE = "x-amazon-apigateway-tag-value";
export const ENDPOINT = "x-amazon-apigateway-endpoint-configuration";

/** An API as a definition describes it. */
export interface ReadApi {
  api: Omit<CreateApiRequest, "ProtocolType">;
  authorizers: ReadAuthorizer[];
  routes: ReadRoute[];
  /** What of the definition is not taken over. */
  warnings: string[];
}

const readCors = (value: unknown): Cors | undefined => {
  if (!isRecord(value)) return undefined;
  const cors: Cors = {
    AllowOrigins: texts(value["allowOrigins"]),
    AllowMethods: texts(value["allowMethods"]),
    AllowHeaders: texts(value["allowHeaders"]),
    ExposeHeaders: texts(value["exposeHeaders"]),
    AllowCredentials: flag(value["allowCredentials"]),
    MaxAge: count(value["maxAge"]),
  };
  return Object.fromEntries(Object.entries(cors).filter(([, one]) => one !== undefined)) as Cors;
};

const readTags = (document: Document): Record<string, string> => {
  const tags = (Array.isArray(document["tags"]) ? document["tags"] : []).map(record);
  return Object.fromEntries(tags.flatMap((tag) => (text(tag[TAG_VALUE]) === undefined ? [] : [[text(tag["name"]) ?? "", text(tag[TAG_VALUE])!]])));
};

const isEndpointDisabled = (document: Document): boolean | undefined =>
  (Array.isArray(document["servers"]) ? document["servers"] : []).map((server) => flag(record(record(server)[ENDPOINT])["disableExecuteApiEndpoint"])).find((value) => value !== undefined);

export const readApi = async (body: string, basePath = "ignore"): Promise<ReadApi> => {
  const document = await readDocument(body);
  const info = record(document["info"]);
  const warnings = new Set<string>();
  const routes = readRoutes(document, basePath === "" ? "ignore" : basePath, (warning) => warnings.add(warning));
  return {
    api: {
      Name: text(info["title"]),
      Description: text(info["description"]),
      Version: text(info["version"]),
      CorsConfiguration: readCors(document[CORS]),
      DisableExecuteApiEndpoint: isEndpointDisabled(document),
      Tags: readTags(document),
    },
    authorizers: readAuthorizers(document),
    routes,
    warnings: [...warnings],
  };
};
