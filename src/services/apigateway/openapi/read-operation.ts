import type { Method, MethodResponse } from "@aws-sdk/client-api-gateway";
import { given } from "../given.ts";
import type { DescribedMethod } from "./description.ts";
import type { Format } from "./formats.ts";
import type { Models } from "./read-models.ts";
import { readIntegration } from "./read-integration.ts";
import { readSecurity } from "./read-security.ts";
import { resolved, textOf, treeOf, type Tree } from "./tree.ts";

interface Reading {
  document: Tree;
  format: Format;
  models: Models;
  warn: (text: string) => void;
}

const LOCATIONS: Record<string, string | undefined> = { path: "path", query: "querystring", header: "header" };

const someOf = <T extends object>(map: T): T | undefined => (Object.keys(map).length === 0 ? undefined : map);

const modelsOf = (schemas: Readonly<Record<string, unknown>>, { models }: Reading): Record<string, string> | undefined =>
  someOf(Object.fromEntries(Object.entries(schemas).flatMap(([type, schema]) => {
    const name = models.nameFor(schema);
    return name === undefined ? [] : [[type, name] as const];
  })));

const readParameters = (parameters: readonly Tree[]): Method["requestParameters"] =>
  someOf(Object.fromEntries(parameters.flatMap((parameter) => {
    const location = LOCATIONS[String(parameter["in"])];
    return location === undefined ? [] : [[`method.request.${location}.${String(parameter["name"])}`, parameter["required"] === true] as const];
  })));

const readResponses = (operation: Tree, reading: Reading): Method["methodResponses"] => {
  const { document, format } = reading;
  const responses = Object.entries(treeOf(operation["responses"])).flatMap(([statusCode, value]) => {
    if (!/^[1-5]\d\d$/.test(statusCode)) return [];
    const response = resolved(document, value);
    const headers = Object.keys(treeOf(response["headers"])).map((name) => [`method.response.header.${name}`, false] as const);
    return [[statusCode, given<MethodResponse>({ statusCode, responseParameters: someOf(Object.fromEntries(headers)), responseModels: modelsOf(format.responseSchemas(response, operation), reading) })] as const];
  });
  return someOf(Object.fromEntries(responses));
};

/** @param shared The parameters of all methods of the path. */
export const readOperation = (path: string, httpMethod: string, operation: Tree, shared: readonly unknown[], reading: Reading): DescribedMethod => {
  const { document, format } = reading;
  const own = [...shared, ...(Array.isArray(operation["parameters"]) ? operation["parameters"] : [])].map((one) => resolved(document, one));
  // An operation's parameter stands for the path's of the same name.
  const parameters = [...new Map(own.map((one) => [`${String(one["in"])} ${String(one["name"])}`, one])).values()];
  const { authorizer, ...security } = readSecurity(operation, document, format.securitySchemes, (text) => reading.warn(`${text}: ${httpMethod} ${path}`));
  const validator = textOf(operation["x-amazon-apigateway-request-validator"] ?? document["x-amazon-apigateway-request-validator"]);
  const integration = readIntegration(resolved(document, operation["x-amazon-apigateway-integration"] ?? {})["type"] === undefined ? undefined : resolved(document, operation["x-amazon-apigateway-integration"]));
  const method = given<DescribedMethod["method"]>({
    httpMethod,
    ...security,
    operationName: textOf(operation["operationId"]),
    requestParameters: readParameters(parameters),
    requestModels: modelsOf(format.requestSchemas(operation, parameters), reading),
    methodResponses: readResponses(operation, reading),
    methodIntegration: integration,
  });
  return { path, httpMethod, method, ...(authorizer === undefined ? {} : { authorizer }), ...(validator === undefined ? {} : { validator }) };
};
