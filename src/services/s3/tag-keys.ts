import type { Store } from "../../store/store.ts";
import { sqlOne } from "../../store/store.ts";
import type { Permission, RequestContext } from "../service.ts";
import type { BucketPlaces } from "./bucket-places.ts";
import { keyBytes } from "./object-rows.ts";
import { readTaggingHeader, type TagPair } from "./tags.ts";

type Context = NonNullable<Permission["context"]>;

interface Named {
  Bucket?: string | undefined;
  Key?: string | undefined;
}

/** `s3:RequestObjectTag/<key>` and `s3:RequestObjectTagKeys`, of the tags that an object is to get. */
export const requestTagKeys = (tags: readonly { Key?: string | undefined; Value?: string | undefined }[]): Context =>
  tags.length === 0
    ? {}
    : { ...Object.fromEntries(tags.map(({ Key, Value }) => [`s3:RequestObjectTag/${Key}`, Value ?? ""])), "s3:RequestObjectTagKeys": tags.map(({ Key }) => Key ?? "") };

/** The same of a header, which is refused elsewhere when it cannot be read. */
export const headerTagKeys = (header: string | undefined): Context => {
  try {
    return requestTagKeys(readTaggingHeader(header));
  } catch {
    return {};
  }
};

/** `s3:ExistingObjectTag/<key>`, of the tags that an object has; not looked up where no policy could ask for them. */
export const createExistingTagKeys = ({ store, places }: { store: Store; places: BucketPlaces }) => async ({ Bucket = "", Key = "" }: Named, { caller }: RequestContext): Promise<Context> => {
  if (caller.type === "root" && (await places.find(Bucket))?.policy === undefined) return {};
  const row = await store.run(() => sqlOne("select tags from s3_object where bucket = ? and key = ?", Bucket, keyBytes(Key)));
  const tags = row === undefined ? [] : (JSON.parse(row["tags"] as string) as TagPair[]);
  return Object.fromEntries(tags.map((tag) => [`s3:ExistingObjectTag/${tag.Key}`, tag.Value]));
};
