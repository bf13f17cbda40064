import { assert } from "../../kit/assert.ts";
import { checkKey } from "./headers.ts";
import { invalidArgument, notBuilt } from "./errors.ts";

export const bucketOf = ({ Bucket }: { Bucket?: string | undefined }): string => {
  assert(Bucket !== undefined, "the protocol checks that Bucket is there");
  return Bucket;
};

export interface ObjectName {
  bucket: string;
  key: string;
}

export const objectOf = (input: { Bucket?: string | undefined; Key?: string | undefined }): ObjectName => {
  assert(input.Key !== undefined, "the protocol checks that Key is there");
  checkKey(input.Key);
  return { bucket: bucketOf(input), key: input.Key };
};

/** Without versioning an object has one version, called so. */
export const NULL_VERSION = "null";

export const checkVersion = (versionId: string | undefined): void => {
  if (versionId !== undefined && versionId !== NULL_VERSION) throw invalidArgument("Invalid version id specified", "versionId", versionId);
};

/** `x-amz-copy-source`: `bucket/key` or `/bucket/key`, URL-encoded, with `?versionId=` behind it. */
export const readCopySource = (header: string | undefined): ObjectName & { versionId?: string } => {
  const invalid = () => invalidArgument("Copy Source must mention the source bucket and key: sourcebucket/sourcekey", "x-amz-copy-source", header);
  const [path = "", versionId] = (header ?? "").replace(/^\//, "").split("?versionId=");
  if (path.startsWith("arn:")) throw notBuilt("A copy source that is the ARN of an access point");
  checkVersion(versionId);
  let name: string;
  try {
    name = decodeURIComponent(path);
  } catch {
    throw invalid();
  }
  const slash = name.replace(/^\//, "").indexOf("/");
  const bare = name.replace(/^\//, "");
  if (slash < 1 || slash === bare.length - 1) throw invalid();
  return { bucket: bare.slice(0, slash), key: bare.slice(slash + 1), ...(versionId === undefined ? {} : { versionId }) };
};
