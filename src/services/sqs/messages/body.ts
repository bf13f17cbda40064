import { ApiError } from "../../../kit/api-error.ts";
import { missingParameter } from "./errors.ts";

const ALLOWED = "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";
/** With `u` half of a surrogate pair is a character of its own, and not an allowed one. */
const FORBIDDEN = /[^\u0009\u000A\u000D\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

export const forbiddenCharacter = (text: string): string | undefined => {
  const found = FORBIDDEN.exec(text)?.[0];
  return found === undefined ? undefined : `#x${found.codePointAt(0)!.toString(16).toUpperCase()}`;
};

/** Throws MissingParameter, InvalidMessageContents. */
export const checkBody = (body: string | undefined): string => {
  if (body === undefined || body === "") throw missingParameter("MessageBody");
  const character = forbiddenCharacter(body);
  if (character !== undefined) throw new ApiError("InvalidMessageContents", `Invalid binary character '${character}' was found in the message body, the set of allowed characters is ${ALLOWED}`);
  return body;
};
