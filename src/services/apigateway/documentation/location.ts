import type { DocumentationPartLocation, DocumentationPartType } from "@aws-sdk/client-api-gateway";
import { badRequest } from "../errors.ts";
import { given } from "../given.ts";

type Member = keyof Omit<DocumentationPartLocation, "type">;

const OF_METHOD: readonly Member[] = ["path", "method"];
const OF_PARAMETER: readonly Member[] = [...OF_METHOD, "name"];
const OF_RESPONSE: readonly Member[] = [...OF_METHOD, "statusCode"];

/** What a location of each type may name. Source: "Representation of API documentation in API Gateway". */
const MEMBERS: Record<DocumentationPartType, readonly Member[]> = {
  API: [],
  AUTHORIZER: ["name"],
  MODEL: ["name"],
  RESOURCE: ["path"],
  METHOD: OF_METHOD,
  PATH_PARAMETER: OF_PARAMETER,
  QUERY_PARAMETER: OF_PARAMETER,
  REQUEST_HEADER: OF_PARAMETER,
  REQUEST_BODY: OF_METHOD,
  RESPONSE: OF_RESPONSE,
  RESPONSE_HEADER: [...OF_RESPONSE, "name"],
  RESPONSE_BODY: OF_RESPONSE,
};

/** As AWS fills it in: a part of a method is of all methods, paths and statuses that it does not name. */
export const locationFrom = (named: DocumentationPartLocation): DocumentationPartLocation => {
  const location = given(named);
  const allowed = MEMBERS[location.type!];
  const unknown = (["path", "method", "statusCode", "name"] as const).find((name) => location[name] !== undefined && !allowed.includes(name));
  if (unknown !== undefined && location.type === "API") throw badRequest("[Location type: API cannot have path, method, statusCode or name defined.]");
  if (unknown !== undefined) throw badRequest(`Documentation parts of the type ${location.type} have no ${unknown}`);
  if (allowed.includes("name") && location.name === undefined) throw badRequest(`Documentation parts of the type ${location.type} must have a name`);
  const standard = { path: "/", method: "*", statusCode: "*" };
  const filled = Object.fromEntries(allowed.filter((name) => name !== "name").map((name) => [name, standard[name as "path"]]));
  return { ...filled, ...location };
};

export const checkProperties = (properties: string): void => {
  try {
    const value: unknown = JSON.parse(properties);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return;
  } catch {
    // Said below.
  }
  throw badRequest("Documentation part properties must be a JSON object");
};
