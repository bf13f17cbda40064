import { badRequest } from "../errors.ts";
import { isTree, type Tree } from "./tree.ts";

const invalid = () => badRequest("Invalid OpenAPI input.");

const parse = async (text: string): Promise<unknown> => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Then it is YAML.
  }
  try {
    const { parse: parseYaml } = await import("yaml");
    return parseYaml(text, { maxAliasCount: 100 }) as unknown;
  } catch {
    throw invalid();
  }
};

/** A document of Swagger 2.0 or OpenAPI 3.0, in JSON or YAML. */
export const parseDocument = async (body: unknown): Promise<Tree> => {
  const document = await parse(Buffer.from(body as Uint8Array).toString("utf8"));
  if (!isTree(document)) throw invalid();
  const version = String(document["swagger"] ?? document["openapi"] ?? "");
  if (version !== "2.0" && !version.startsWith("3.0")) throw badRequest(`Invalid OpenAPI input. The document must say swagger: "2.0" or openapi: 3.0.x`);
  return document;
};
