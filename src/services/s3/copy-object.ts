import { S3_OBJECT_BYTES_MAX } from "../../kit/limits/s3.ts";
import { requireBucket } from "./bucket-rows.ts";
import { commitObject, orRemoveBlob } from "./commit.ts";
import { checkCopySource } from "./conditions.ts";
import { checksumMembers, DEFAULT_ALGORITHM, readAlgorithm, type Checksum } from "./checksums.ts";
import { invalidArgument, invalidRequest } from "./errors.ts";
import { describe, readStorageClass, refuseUnbuilt } from "./headers.ts";
import type { S3, S3Handler, S3Input } from "./needs.ts";
import { objectOf, readCopySource, type ObjectName } from "./object-names.ts";
import type { ObjectDescription, ObjectRow } from "./object-rows.ts";
import { isReplaced, readBytes, requireReadable } from "./read-object.ts";
import { storeBytes } from "./receive.ts";

type CopyInput = S3Input<"CopyObject">;

const directive = (value: string | undefined, name: string): "COPY" | "REPLACE" => {
  if (value === undefined || value === "COPY" || value === "REPLACE") return value ?? "COPY";
  throw invalidArgument(`Unknown ${name} directive.`, `x-amz-${name}-directive`, value);
};

/** The copy's metadata and tags: the source's, or with the REPLACE directives the request's. */
const describeCopy = (input: CopyInput, source: ObjectRow): ObjectDescription => {
  const given = describe(input);
  const isMetadataCopied = directive(input.MetadataDirective, "metadata") === "COPY";
  const redirect = given.headers.WebsiteRedirectLocation;
  const { WebsiteRedirectLocation: _, ...sourceHeaders } = source.headers;
  return {
    headers: isMetadataCopied ? { ...sourceHeaders, ...(redirect === undefined ? {} : { WebsiteRedirectLocation: redirect }) } : given.headers,
    metadata: isMetadataCopied ? source.metadata : given.metadata,
    tags: directive(input.TaggingDirective, "tagging") === "COPY" ? source.tags : given.tags,
    storageClass: readStorageClass(input.StorageClass),
  };
};

const checkSelfCopy = (input: CopyInput, source: ObjectName, target: ObjectName): void => {
  const isSelf = source.bucket === target.bucket && source.key === target.key;
  const isChanging = input.MetadataDirective === "REPLACE" || input.TaggingDirective === "REPLACE" || (input.StorageClass ?? input.WebsiteRedirectLocation ?? input.ServerSideEncryption ?? input.ChecksumAlgorithm) !== undefined;
  if (isSelf && !isChanging) {
    throw invalidRequest("This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.");
  }
};

/** The bytes of a source are copied, so that each object's blobs are its own. */
export const copyBytes = async (s3: S3, find: () => Promise<ObjectRow>, range: (source: ObjectRow) => { start: number; end: number }, algorithm: (source: ObjectRow) => Checksum["algorithm"]) => {
  for (let attempt = 1; ; attempt++) {
    const source = await find();
    try {
      return { source, body: await storeBytes(s3, readBytes(s3, source.blobs, range(source)), [algorithm(source)]) };
    } catch (error) {
      if (!isReplaced(error) || attempt === ATTEMPTS_MAX) throw error;
    }
  }
};
const ATTEMPTS_MAX = 4;

export const createCopyObject = (s3: S3): S3Handler<"CopyObject"> => async (input, context) => {
  const target = objectOf(input);
  const from = readCopySource(input.CopySource);
  refuseUnbuilt(input);
  checkSelfCopy(input, from, target);
  await s3.store.run(() => requireBucket(target.bucket, input.ExpectedBucketOwner));
  const find = async (): Promise<ObjectRow> => {
    const source = await requireReadable(s3, from, input.ExpectedSourceBucketOwner, context);
    checkCopySource(input, source, s3.clock.now());
    if (source.size > S3_OBJECT_BYTES_MAX) throw invalidRequest(`The specified copy source is larger than the maximum allowable size for a copy source: ${S3_OBJECT_BYTES_MAX}`);
    return source;
  };
  const asked = readAlgorithm(input.ChecksumAlgorithm);
  // A composite checksum is of the parts, which a copy in one piece does not have: the same algorithm over the whole.
  const algorithmOf = (source: ObjectRow) => asked ?? source.checksum.algorithm ?? DEFAULT_ALGORITHM;
  const { source, body } = await copyBytes(s3, find, ({ size }) => ({ start: 0, end: size - 1 }), algorithmOf);
  const algorithm = algorithmOf(source);
  const checksum: Checksum = { algorithm, type: "FULL_OBJECT", value: body.checksums.get(algorithm)! };
  const { blob } = body;
  const object = await orRemoveBlob(s3, blob.id, () =>
    commitObject(s3, context, { ...describeCopy(input, source), ...target, size: blob.size, etag: body.md5, checksum, blobs: [[blob.id, blob.size]] }, "s3:ObjectCreated:Copy", input),
  );
  return {
    CopyObjectResult: { ETag: `"${object.etag}"`, LastModified: new Date(object.lastModified), ...checksumMembers(checksum) },
    ServerSideEncryption: "AES256",
  };
};
