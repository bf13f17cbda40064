import { hash } from "node:crypto";
import type { ApiDescription } from "./description.ts";
import { isTree, textOf, treeOf, type Tree } from "./tree.ts";

/** Of an API that is not there yet; `atApi` completes it. */
const REF = "model:";

/** API Gateway's names have letters and digits only. */
const nameOf = (text: string): string => text.replace(/[^a-zA-Z0-9]/g, "");

const modelOf = (ref: string): string | undefined => {
  const [, name] = /^#\/(?:definitions|components\/schemas)\/(.+)$/.exec(ref) ?? [];
  return name === undefined ? undefined : nameOf(decodeURIComponent(name));
};

/** `#/definitions/Pet` speaks of another model of the API. */
const withRefs = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(withRefs);
  if (!isTree(schema)) return schema;
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => {
    const model = key === "$ref" && typeof value === "string" ? modelOf(value) : undefined;
    return [key, model === undefined ? withRefs(value) : REF + model] as const;
  }));
};

export const atApi = (schema: string, apiId: string): string => schema.replaceAll(`"${REF}`, `"https://apigateway.amazonaws.com/restapis/${apiId}/models/`);

/** Collects models: the document's own, and a new one for each schema that stands where it is used. */
export const createModels = (schemas: Tree) => {
  const models = new Map<string, ApiDescription["models"][number]>();
  const add = (name: string, schema: Tree): string => {
    const description = textOf(schema["description"]);
    models.set(name, { name, contentType: "application/json", schema: JSON.stringify(withRefs(schema)), ...(description === undefined ? {} : { description }) });
    return name;
  };
  for (const [name, schema] of Object.entries(schemas)) add(nameOf(name), treeOf(schema));
  return {
    all: () => [...models.values()],
    /** The name of the model that the schema is. */
    nameFor(schema: unknown): string | undefined {
      if (!isTree(schema)) return undefined;
      const ref = textOf(schema["$ref"]);
      if (ref !== undefined) return modelOf(ref);
      return add(`MODEL${hash("sha256", JSON.stringify(schema), "hex").slice(0, 6)}`, schema);
    },
  };
};

export type Models = ReturnType<typeof createModels>;
