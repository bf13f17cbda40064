import type { Model } from "@aws-sdk/client-api-gateway";
import { findPart } from "../../../plumber/apis/rows.ts";
import type { Operation } from "../../../store/store.ts";
import { modelOfRef, modelsOfSchema } from "./schema.ts";

const localRef = (name: string) => `#/definitions/${name}`;

/** References to other models become references into the schema's own definitions. */
const withLocalRefs = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(withLocalRefs);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => {
    const model = key === "$ref" && typeof value === "string" ? modelOfRef(value) : undefined;
    return [key, model === undefined ? withLocalRefs(value) : localRef(model)] as const;
  });
  return Object.fromEntries(entries);
};

/** The schema with all that it speaks of in it. */
export function* flatten(apiId: string, schema: string): Operation<string> {
  const definitions: Record<string, unknown> = {};
  const waiting = modelsOfSchema(schema);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (Object.hasOwn(definitions, name)) continue;
    const model = yield* findPart<Model>(apiId, "model", name);
    definitions[name] = withLocalRefs(JSON.parse(model?.schema ?? "{}"));
    waiting.push(...modelsOfSchema(model?.schema));
  }
  const whole = withLocalRefs(JSON.parse(schema)) as Record<string, unknown>;
  const all = { ...(whole["definitions"] as object | undefined), ...definitions };
  return JSON.stringify(Object.keys(all).length === 0 ? whole : { ...whole, definitions: all });
}
