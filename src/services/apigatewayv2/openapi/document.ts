import { badRequest } from "../errors.ts";

export type Document = Record<string, unknown>;

/** What somebody wrote, as far as it is an object; nothing of another kind has members. */
export const record = (value: unknown): Document => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Document) : {});
export const isRecord = (value: unknown): value is Document => typeof value === "object" && value !== null && !Array.isArray(value);
export const text = (value: unknown): string | undefined => (typeof value === "string" ? value : typeof value === "number" ? String(value) : undefined);
export const flag = (value: unknown): boolean | undefined => (typeof value === "boolean" ? value : value === "true" ? true : value === "false" ? false : undefined);
export const count = (value: unknown): number | undefined => (typeof value === "number" ? value : typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : undefined);
/** One text is a list of one, as in the extensions of API Gateway. */
export const texts = (value: unknown): string[] | undefined => (Array.isArray(value) ? value.map(String) : typeof value === "string" ? value.split(",").map((one) => one.trim()) : undefined);
export const textMap = (value: unknown): Record<string, string> | undefined => (isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, String(one)])) : undefined);

const parse = async (body: string): Promise<unknown> => {
  if (/^\s*\{/.test(body)) return JSON.parse(body) as unknown;
  // Aliases are counted by the library, so none of them grows without bound.
  return (await import("yaml")).parse(body) as unknown;
};

/** An OpenAPI definition of version 3.0, in JSON or YAML. */
export const readDocument = async (body: string): Promise<Document> => {
  let parsed: unknown;
  try {
    parsed = await parse(body);
  } catch (cause) {
    throw badRequest(`Invalid OpenAPI input: it is neither JSON nor YAML. ${(cause as Error).message.split("\n")[0]}`);
  }
  if (!isRecord(parsed)) throw badRequest("Invalid OpenAPI input: it is no object");
  if (!/^3\.0(\.\d+)?$/.test(text(parsed["openapi"]) ?? "")) throw badRequest("Invalid OpenAPI input: HTTP APIs are imported from OpenAPI 3.0 definitions");
  return parsed;
};

/** What a `$ref` within the document means. */
export const resolved = (document: Document, value: unknown): { value: Document; ref?: string } => {
  const ref = text(record(value)["$ref"]);
  if (ref === undefined) return { value: record(value) };
  const found = ref.split("/").slice(1).reduce<unknown>((at, key) => (Object.hasOwn(record(at), key) ? record(at)[key] : undefined), document);
  if (!ref.startsWith("#/") || !isRecord(found)) throw badRequest(`Invalid OpenAPI input: ${ref} is not found`);
  return { value: found, ref };
};
