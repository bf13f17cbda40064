import { ApiError } from "../../kit/api-error.ts";
import { S3_BUCKET_TAGS_MAX, S3_OBJECT_TAGS_MAX } from "../../kit/limits/s3.ts";
import { invalidArgument, malformedXml } from "./errors.ts";

export interface TagPair {
  Key: string;
  Value: string;
}

const KEY_CHARACTERS_MAX = 128;
const VALUE_CHARACTERS_MAX = 256;
/** "The allowed characters across services are: letters, numbers, and spaces representable in UTF-8, and the following: + - = . _ : / @" */
const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

const invalidTag = (message: string, members: Record<string, unknown> = {}): ApiError => new ApiError("InvalidTag", message, { status: 400, members });

const check = (tags: readonly TagPair[]): void => {
  for (const { Key, Value } of tags) {
    if (Key === "" || Key.length > KEY_CHARACTERS_MAX || !ALLOWED.test(Key)) throw invalidTag("The TagKey you have provided is invalid", { TagKey: Key });
    if (Value.length > VALUE_CHARACTERS_MAX || !ALLOWED.test(Value)) throw invalidTag("The TagValue you have provided is invalid", { TagValue: Value });
    if (Key.toLowerCase().startsWith("aws:")) throw invalidTag("System tags cannot be added/updated by requester");
  }
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length) throw invalidTag("Cannot provide multiple Tags with the same key");
};

/** The set of a Put…Tagging request. */
export const readTagSet = (set: readonly { Key: string | undefined; Value: string | undefined }[] | undefined, of: "object" | "bucket"): TagPair[] => {
  const tags = (set ?? []).map(({ Key, Value }) => {
    if (Key === undefined || Value === undefined) throw malformedXml();
    return { Key, Value };
  });
  const max = of === "object" ? S3_OBJECT_TAGS_MAX : S3_BUCKET_TAGS_MAX;
  if (tags.length > max) throw new ApiError("BadRequest", of === "object" ? `Object tags cannot be greater than ${max}` : `Bucket tag count cannot be greater than ${max}`, { status: 400 });
  check(tags);
  return tags;
};

/** The `x-amz-tagging` header: `a=1&b=2`, as in a query. */
export const readTaggingHeader = (header: string | undefined): TagPair[] => {
  if (header === undefined || header === "") return [];
  const invalid = () => invalidArgument("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.", "x-amz-tagging", header);
  const decode = (text: string): string => {
    try {
      return decodeURIComponent(text.replaceAll("+", " "));
    } catch {
      throw invalid();
    }
  };
  const tags = header.split("&").map((pair) => {
    const [key = "", ...value] = pair.split("=");
    return { Key: decode(key), Value: decode(value.join("=")) };
  });
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length) throw invalid();
  return readTagSet(tags, "object");
};
