import { KIB, MIB } from "../units.ts";

/** Bytes. One PUT to S3. */
export const S3_OBJECT_BYTES_MAX = 5 * 1024 * MIB;
/** Bytes. The disk's last part, where only the database may still write: several times its log. Ours. */
export const BLOB_RESERVED_BYTES = 64 * MIB;
/** Bytes of a stream between two looks at the free space. Ours. */
export const BLOB_SPACE_CHECK_BYTES = 16 * MIB;
/** Bytes read from a blob at once. Ours. */
export const BLOB_READ_CHUNK_BYTES = 256 * KIB;
/** Keys, uploads, parts or objects in one answer or request of S3 (API reference), and buckets in one of ListBuckets. */
export const S3_PAGE_MAX = 1_000;
export const S3_BUCKETS_PAGE_MAX = 10_000;
/** Buckets of one account (Amazon S3 quotas). */
export const S3_BUCKETS_PER_ACCOUNT_MAX = 10_000;
/** Bytes, UTF-8, of an object's key; of its user-defined metadata, names and values (S3 user guide). */
export const S3_KEY_BYTES_MAX = 1_024;
export const S3_METADATA_BYTES_MAX = 2 * KIB;
/** Multipart uploads: part numbers from 1, bytes of every part but the last, bytes of the whole (S3 user guide). */
export const S3_PART_NUMBER_MAX = 10_000;
export const S3_PART_BYTES_MIN = 5 * MIB;
export const S3_MULTIPART_BYTES_MAX = 48_828_125 * MIB;
/** Tags of an object, of a bucket (S3 user guide). */
export const S3_OBJECT_TAGS_MAX = 10;
export const S3_BUCKET_TAGS_MAX = 50;
/** Bytes of a bucket's policy; notification configurations of a bucket (Amazon S3 quotas). */
export const S3_POLICY_BYTES_MAX = 20 * KIB;
export const S3_NOTIFICATIONS_MAX = 100;
/** Rows that S3's clean-up after a crash looks at in one turn of the store. Ours. */
export const S3_SWEEP_ROWS = 500;
