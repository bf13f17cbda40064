import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";
import type { ChecksumAlgorithm, ChecksumType } from "./checksums.ts";
import { noSuchUpload } from "./errors.ts";
import type { ObjectName } from "./object-names.ts";
import { keyBytes, keyText, readDescription, type ObjectDescription } from "./object-rows.ts";

/** A multipart upload that was begun. */
export interface UploadRow extends ObjectDescription, ObjectName {
  uploadId: string;
  /** Milliseconds since the epoch. */
  initiated: number;
  checksumAlgorithm: ChecksumAlgorithm;
  checksumType: ChecksumType;
  /** False when the client named no algorithm and S3 took its own. */
  isChecksumAsked: boolean;
}

export interface PartRow {
  number: number;
  blobId: string;
  size: number;
  /** Hex of the MD5. */
  etag: string;
  lastModified: number;
  /** Base64. */
  checksum: string;
}

const readPart = (row: Row): PartRow => ({
  number: Number(row["part_number"]),
  blobId: row["blob_id"] as string,
  size: Number(row["size"]),
  etag: row["etag"] as string,
  lastModified: Number(row["last_modified"]),
  checksum: row["checksum_value"] as string,
});

export function* addUpload(upload: UploadRow): Operation<void> {
  yield* sql(
    `insert into s3_upload (upload_id, bucket, key, initiated, storage_class, checksum_algorithm, checksum_type, is_checksum_asked, headers, metadata, tags)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
    upload.uploadId, upload.bucket, keyBytes(upload.key), upload.initiated, upload.storageClass, upload.checksumAlgorithm, upload.checksumType,
    upload.isChecksumAsked ? 1 : 0, JSON.stringify(upload.headers), JSON.stringify(upload.metadata), JSON.stringify(upload.tags),
  );
}

/** An upload is found by its id, and must be of the key that the request names. */
export function* findUpload({ bucket, key }: ObjectName, uploadId: string): Operation<UploadRow | undefined> {
  const row = yield* sqlOne("select * from s3_upload where upload_id = ? and bucket = ? and key = ?", uploadId, bucket, keyBytes(key));
  if (row === undefined) return undefined;
  return {
    ...readDescription(row),
    uploadId,
    bucket,
    key: keyText(row["key"]),
    initiated: Number(row["initiated"]),
    checksumAlgorithm: row["checksum_algorithm"] as ChecksumAlgorithm,
    checksumType: row["checksum_type"] as ChecksumType,
    isChecksumAsked: Number(row["is_checksum_asked"]) === 1,
  };
}

export function* requireUpload(name: ObjectName, uploadId: string): Operation<UploadRow> {
  const upload = yield* findUpload(name, uploadId);
  if (upload === undefined) throw noSuchUpload(uploadId);
  return upload;
}

/** Takes the upload and its parts from the tables; returns the parts. */
export function* removeUpload(uploadId: string): Operation<PartRow[]> {
  const parts = yield* findParts(uploadId);
  yield* sql("delete from s3_part where upload_id = ?", uploadId);
  yield* sql("delete from s3_upload where upload_id = ?", uploadId);
  return parts;
}

export function* findParts(uploadId: string, after = 0, limit = Number.MAX_SAFE_INTEGER): Operation<PartRow[]> {
  return (yield* sql("select * from s3_part where upload_id = ? and part_number > ? order by part_number limit ?", uploadId, after, limit)).map(readPart);
}

/** A part that is sent again takes the place of the first; returns the blob that nobody names any more. */
export function* writePart(uploadId: string, part: PartRow): Operation<string | undefined> {
  const old = yield* sqlOne("select blob_id from s3_part where upload_id = ? and part_number = ?", uploadId, part.number);
  yield* sql(
    `insert into s3_part (upload_id, part_number, blob_id, size, etag, last_modified, checksum_value) values (?, ?, ?, ?, ?, ?, ?)
     on conflict (upload_id, part_number) do update set blob_id = excluded.blob_id, size = excluded.size, etag = excluded.etag,
       last_modified = excluded.last_modified, checksum_value = excluded.checksum_value`,
    uploadId, part.number, part.blobId, part.size, part.etag, part.lastModified, part.checksum,
  );
  return old === undefined || old["blob_id"] === part.blobId ? undefined : (old["blob_id"] as string);
}
