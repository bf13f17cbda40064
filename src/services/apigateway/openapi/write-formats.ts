import type { Tree } from "./tree.ts";

export interface Address {
  host: string;
  scheme: string;
  stage: string;
}

interface Whole {
  info: Tree;
  paths: Tree;
  schemas: Tree;
  schemes: Tree;
}

/** What the two formats write in different places. */
export interface Writing {
  refTo(model: string): Tree;
  parameter(name: string, location: string, isRequired: boolean): Tree;
  /** What an operation says of its body; models by their content types. */
  body(models: Readonly<Record<string, string>>): Tree;
  response(models: Readonly<Record<string, string>>, headers: readonly string[]): Tree;
  /** What an operation says of the types that it answers with. */
  produces(types: readonly string[]): Tree;
  document(whole: Whole, address: Address): Tree;
}

const filled = (name: string, value: Tree): Tree => (Object.keys(value).length === 0 ? {} : { [name]: value });
const headersOf = (names: readonly string[], header: Tree): Tree => filled("headers", Object.fromEntries(names.map((name) => [name, header])));

const swaggerRef = (model: string): Tree => ({ $ref: `#/definitions/${model}` });

const swagger2: Writing = {
  refTo: swaggerRef,
  parameter: (name, location, required) => ({ name, in: location, required, type: "string" }),
  body(models) {
    const [[, model] = []] = Object.entries(models);
    return model === undefined ? {} : { consumes: Object.keys(models), parameters: [{ in: "body", name: model, required: true, schema: swaggerRef(model) }] };
  },
  response(models, headers) {
    const [model] = Object.values(models);
    return { description: "", ...(model === undefined ? {} : { schema: swaggerRef(model) }), ...headersOf(headers, { type: "string" }) };
  },
  produces: (types) => (types.length === 0 ? {} : { produces: types }),
  document: ({ info, paths, schemas, schemes }, { host, scheme, stage }) => ({
    swagger: "2.0", info, host, basePath: `/${stage}`, schemes: [scheme], paths, ...filled("securityDefinitions", schemes), ...filled("definitions", schemas),
  }),
};

const openApiRef = (model: string): Tree => ({ $ref: `#/components/schemas/${model}` });
const content = (models: Readonly<Record<string, string>>): Tree => filled("content", Object.fromEntries(Object.entries(models).map(([type, model]) => [type, { schema: openApiRef(model) }])));

const openApi3: Writing = {
  refTo: openApiRef,
  parameter: (name, location, required) => ({ name, in: location, ...(required ? { required } : {}), schema: { type: "string" } }),
  body: (models) => (Object.keys(models).length === 0 ? {} : { requestBody: { ...content(models), required: true } }),
  response: (models, headers) => ({ description: "", ...headersOf(headers, { schema: { type: "string" } }), ...content(models) }),
  produces: () => ({}),
  document: ({ info, paths, schemas, schemes }, { host, scheme, stage }) => ({
    openapi: "3.0.1", info, servers: [{ url: `${scheme}://${host}/{basePath}`, variables: { basePath: { default: stage } } }], paths, ...filled("components", { ...filled("schemas", schemas), ...filled("securitySchemes", schemes) }),
  }),
};

export const writingOf = (exportType: string): Writing | undefined => ({ swagger: swagger2, oas30: openApi3 })[exportType];
