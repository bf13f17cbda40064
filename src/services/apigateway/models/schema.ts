import { invalidModel } from "../errors.ts";

const MODEL_URL = /^https:\/\/apigateway\.amazonaws\.com\/restapis\/[^/]+\/models\/([a-zA-Z0-9]+)/;

/** Of a `$ref` to another model of the API. */
export const modelOfRef = (ref: string): string | undefined => MODEL_URL.exec(ref)?.[1];

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw invalidModel(`Invalid model schema specified: ${(error as Error).message}`);
  }
};

/** Every `$ref` in it. */
const refsIn = (schema: unknown): string[] => {
  if (Array.isArray(schema)) return schema.flatMap(refsIn);
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => (key === "$ref" && typeof value === "string" ? [value] : refsIn(value)));
};

/** The models that a schema speaks of. Of what is no JSON there are none. */
export const modelsOfSchema = (schema: string | undefined): string[] => {
  if (schema === undefined) return [];
  try {
    return refsIn(JSON.parse(schema)).flatMap((ref) => modelOfRef(ref) ?? []);
  } catch {
    return [];
  }
};

/** Throws unless it is JSON Schema of draft 4, which speaks of itself and of models that are there. */
export const checkSchema = async (text: string): Promise<void> => {
  const schema = readJson(text);
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) throw invalidModel("Invalid model schema specified: it must be a JSON object");
  const foreign = refsIn(schema).find((ref) => !ref.startsWith("#") && modelOfRef(ref) === undefined);
  if (foreign !== undefined) throw invalidModel(`Invalid model reference specified: ${foreign}`);
  // Whatever draft it says that it is of, it is read as API Gateway reads it.
  const { $schema: _draft, ...rest } = schema as Record<string, unknown>;
  const { default: Ajv } = await import("ajv-draft-04");
  const ajv = new Ajv.default({ strict: false, logger: false });
  if (ajv.validateSchema(rest) !== true) throw invalidModel("Invalid model schema specified");
};
