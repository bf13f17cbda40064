import type { Migration } from "../migrate.ts";

/** Keys are bytes, not text: S3 orders them by their UTF-8 bytes, and any byte may be in them. */
export const s3: readonly Migration[] = [
  {
    id: "2026-11-s3-objects",
    statements: [
      `create table s3_bucket (
        name text primary key,
        account text not null,
        region text not null,
        created_at bigint not null,
        tags text not null,
        notifications text not null
      )`,
      "create index s3_bucket_account on s3_bucket (account, name)",
      `create table s3_object (
        bucket text not null references s3_bucket (name),
        key blob not null,
        size bigint not null,
        etag text not null,
        last_modified bigint not null,
        storage_class text not null,
        checksum_algorithm text not null,
        checksum_type text not null,
        checksum_value text not null,
        upload_id text,
        headers text not null,
        metadata text not null,
        tags text not null,
        blobs text not null,
        parts text,
        primary key (bucket, key)
      )`,
      `create table s3_upload (
        upload_id text primary key,
        bucket text not null references s3_bucket (name),
        key blob not null,
        initiated bigint not null,
        storage_class text not null,
        checksum_algorithm text not null,
        checksum_type text not null,
        is_checksum_asked integer not null,
        headers text not null,
        metadata text not null,
        tags text not null
      )`,
      "create index s3_upload_key on s3_upload (bucket, key, upload_id)",
      `create table s3_part (
        upload_id text not null references s3_upload (upload_id),
        part_number integer not null,
        blob_id text not null,
        size bigint not null,
        etag text not null,
        last_modified bigint not null,
        checksum_value text not null,
        primary key (upload_id, part_number)
      )`,
      "create table s3_garbage (blob_id text primary key)",
      "create table s3_sequence (id integer primary key, last bigint not null)",
      "insert into s3_sequence (id, last) values (1, 0)",
    ],
  },
];
