import { API_TAGS_MAX } from "../../kit/limits/apis.ts";
import { badRequest } from "./errors.ts";

const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** All tags that a resource is to have. */
export const checkTags = (tags: Readonly<Record<string, string>>): Record<string, string> => {
  const keys = Object.keys(tags);
  if (keys.length > API_TAGS_MAX) throw badRequest(`A resource can have no more than ${API_TAGS_MAX} tags`);
  for (const [key, value] of Object.entries(tags)) {
    if (key.length < 1 || key.length > 128 || !ALLOWED.test(key)) throw badRequest(`Invalid tag key specified: ${key}`);
    if (/^aws:/i.test(key)) throw badRequest("Tag keys starting with 'aws:' are reserved for system use");
    if (value.length > 256 || !ALLOWED.test(value)) throw badRequest(`Invalid tag value specified: ${value}`);
  }
  return { ...tags };
};
