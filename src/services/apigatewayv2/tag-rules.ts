import { API_TAGS_MAX } from "../../kit/limits/apis.ts";
import { badRequest } from "./errors.ts";

const KEY_MAX = 128;
const VALUE_MAX = 256;

export const checkTags = (tags: Readonly<Record<string, string>> | undefined): void => {
  const entries = Object.entries(tags ?? {});
  if (entries.length > API_TAGS_MAX) throw badRequest(`A resource can have no more than ${API_TAGS_MAX} tags`);
  for (const [key, value] of entries) {
    if (key === "" || key.length > KEY_MAX) throw badRequest(`Invalid tag key '${key}': it must have 1 to ${KEY_MAX} characters`);
    if (key.toLowerCase().startsWith("aws:")) throw badRequest(`Invalid tag key '${key}': aws: is reserved for AWS`);
    if (value.length > VALUE_MAX) throw badRequest(`The value of tag '${key}' must have ${VALUE_MAX} characters at most`);
  }
};
