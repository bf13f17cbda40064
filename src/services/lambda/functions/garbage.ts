import type { BlobStore } from "../../../blob/blob.ts";
import type { Log } from "../../../kit/log.ts";
import { sql, type Operation, type Store } from "../../../store/store.ts";

/** The owner's name that Lambda's packages carry in the blob store, which S3 uses too. */
export const BLOB_OWNER = "lambda";

export interface Garbage {
  /** In the commit that lets a package go. One that a function, a version or a layer still names waits until none does. */
  add(blobId: string): Operation<void>;
  /** After that commit. Never rejects: what could not be removed is tried again at the next start. */
  collect(): Promise<void>;
  /** What an earlier run left: garbage that it did not get to, and packages that no commit came to name. */
  recover(): Promise<void>;
}

/** A function keeps its layers even when their versions are deleted: its settings name the packages. */
const layersIn = (table: string, column: string, path: string): string => `select json_extract(layer.value, '$.blobId') from ${table}, json_each(${table}.${column}, '${path}') as layer`;
const NAMED = [
  "select code_blob_id from lambda_function",
  "select previous_blob_id from lambda_function where previous_blob_id is not null",
  "select code_blob_id from lambda_version",
  "select code_blob_id from lambda_layer_version",
  layersIn("lambda_function", "configuration", "$.Layers"),
  layersIn("lambda_version", "configuration", "$.Layers"),
  layersIn("lambda_function", "previous", "$.settings.Layers"),
].join(" union ");

export const createGarbage = ({ store, blobs, log }: { store: Store; blobs: BlobStore; log: Log }): Garbage => {
  const remove = async () => {
    const rows = await store.run(() => sql(`select blob_id from lambda_blob_garbage where blob_id not in (${NAMED})`));
    for (const row of rows) {
      await blobs.remove(row["blob_id"] as string);
      await store.run(() => sql("delete from lambda_blob_garbage where blob_id = ?", row["blob_id"]!));
    }
  };
  const removeUnnamed = async () => {
    const unkept = await blobs.unkept(BLOB_OWNER);
    if (unkept.length === 0) return;
    const named = new Set((await store.run(() => sql(NAMED))).map((row) => row["code_blob_id"] as string));
    for (const id of unkept) {
      if (named.has(id)) blobs.keep(id);
      else await blobs.remove(id);
    }
  };
  const quietly = (work: Promise<void>) => work.catch((error: unknown) => log.warn("Lambda could not remove old packages yet: it tries again at the next start", { error: String(error) }));

  return {
    *add(blobId) {
      yield* sql("insert into lambda_blob_garbage (blob_id) values (?) on conflict do nothing", blobId);
    },
    collect: () => quietly(remove()),
    recover: () => quietly(remove().then(removeUnnamed)),
  };
};
