import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";
import type { Checksum, ChecksumAlgorithm, ChecksumType } from "./checksums.ts";
import type { SystemHeaders } from "./headers.ts";
import type { TagPair } from "./tags.ts";

/** A blob that an object's bytes are in, one after the other. */
export type BlobPart = readonly [id: string, size: number];

/** A part of a multipart upload, as the finished object remembers it. */
export interface ObjectPart {
  number: number;
  size: number;
  /** Base64. */
  checksum: string;
}

/** What is said of an object when it is written, by PutObject or by the start of an upload. */
export interface ObjectDescription {
  headers: SystemHeaders;
  /** Names in lower case, without `x-amz-meta-`. */
  metadata: Record<string, string>;
  tags: TagPair[];
  storageClass: string;
}

export interface ObjectRow extends ObjectDescription {
  bucket: string;
  key: string;
  /** Bytes. */
  size: number;
  /** Without quotes. */
  etag: string;
  /** Milliseconds since the epoch. */
  lastModified: number;
  checksum: Checksum;
  /** The multipart upload that it came from. */
  uploadId?: string;
  blobs: readonly BlobPart[];
  parts?: readonly ObjectPart[];
}

const COLUMNS =
  "bucket, key, size, etag, last_modified, storage_class, checksum_algorithm, checksum_type, checksum_value, upload_id, headers, metadata, tags, blobs, parts";

export const keyBytes = (key: string): Buffer => Buffer.from(key, "utf8");
export const keyText = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString("utf8");

export const readDescription = (row: Row): ObjectDescription => ({
  headers: JSON.parse(row["headers"] as string) as SystemHeaders,
  metadata: JSON.parse(row["metadata"] as string) as Record<string, string>,
  tags: JSON.parse(row["tags"] as string) as TagPair[],
  storageClass: row["storage_class"] as string,
});

const readObjectRow = (row: Row): ObjectRow => ({
  ...readDescription(row),
  bucket: row["bucket"] as string,
  key: keyText(row["key"]),
  size: Number(row["size"]),
  etag: row["etag"] as string,
  lastModified: Number(row["last_modified"]),
  checksum: {
    algorithm: row["checksum_algorithm"] as ChecksumAlgorithm,
    type: row["checksum_type"] as ChecksumType,
    value: row["checksum_value"] as string,
  },
  ...(row["upload_id"] === null ? {} : { uploadId: row["upload_id"] as string }),
  blobs: JSON.parse(row["blobs"] as string) as BlobPart[],
  ...(row["parts"] === null ? {} : { parts: JSON.parse(row["parts"] as string) as ObjectPart[] }),
});

export function* findObject(bucket: string, key: string): Operation<ObjectRow | undefined> {
  const row = yield* sqlOne(`select ${COLUMNS} from s3_object where bucket = ? and key = ?`, bucket, keyBytes(key));
  return row === undefined ? undefined : readObjectRow(row);
}

export function* writeObject(object: ObjectRow): Operation<void> {
  const { checksum } = object;
  yield* sql(
    `insert into s3_object (${COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (bucket, key) do update set size = excluded.size, etag = excluded.etag, last_modified = excluded.last_modified,
       storage_class = excluded.storage_class, checksum_algorithm = excluded.checksum_algorithm, checksum_type = excluded.checksum_type,
       checksum_value = excluded.checksum_value, upload_id = excluded.upload_id, headers = excluded.headers, metadata = excluded.metadata,
       tags = excluded.tags, blobs = excluded.blobs, parts = excluded.parts`,
    object.bucket, keyBytes(object.key), object.size, object.etag, object.lastModified, object.storageClass,
    checksum.algorithm, checksum.type, checksum.value, object.uploadId ?? null,
    JSON.stringify(object.headers), JSON.stringify(object.metadata), JSON.stringify(object.tags), JSON.stringify(object.blobs),
    object.parts === undefined ? null : JSON.stringify(object.parts),
  );
}

export function* removeObject(bucket: string, key: string): Operation<void> {
  yield* sql("delete from s3_object where bucket = ? and key = ?", bucket, keyBytes(key));
}
