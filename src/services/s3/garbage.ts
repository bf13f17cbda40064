import type { BlobStore } from "../../blob/blob.ts";
import { S3_SWEEP_ROWS } from "../../kit/limits/s3.ts";
import type { Log } from "../../kit/log.ts";
import { sql, type Operation, type Store } from "../../store/store.ts";

/** The owner's name that S3's blobs carry. */
export const BLOB_OWNER = "s3";

export interface Garbage {
  /** In the commit that drops the last row naming them. */
  add(blobIds: readonly string[]): Operation<void>;
  /** After that commit: removes them, without anybody waiting. */
  collect(blobIds: readonly string[]): void;
  /** Keeps blobs from being removed while they are read; what is collected meanwhile goes when the returned function is called. */
  hold(blobIds: readonly string[]): () => void;
  /** What an earlier run left: garbage that it did not get to, and blobs that no commit came to name. */
  recover(): Promise<void>;
  /** When everything that was asked for is gone. */
  settled(): Promise<void>;
}

export const createGarbage = ({ store, blobs, log }: { store: Store; blobs: BlobStore; log: Log }): Garbage => {
  const running = new Set<Promise<void>>();

  const holders = new Map<string, number>();
  const postponed = new Set<string>();

  const remove = async (blobIds: readonly string[]): Promise<void> => {
    const removed: string[] = [];
    for (const id of blobIds) {
      if (holders.has(id)) {
        postponed.add(id);
        continue;
      }
      await blobs.remove(id);
      removed.push(id);
    }
    await store.run(function* () {
      for (const id of removed) yield* sql("delete from s3_garbage where blob_id = ?", id);
    });
  };
  const inBackground = (work: Promise<void>): void => {
    const settled = work
      .catch((error: unknown) => log.warn("S3 could not remove old data yet: it tries again at the next start", { error: String(error) }))
      .finally(() => running.delete(settled));
    running.add(settled);
  };

  const collect = (blobIds: readonly string[]): void => {
    if (blobIds.length > 0) inBackground(remove(blobIds));
  };

  return {
    *add(blobIds) {
      for (const id of blobIds) yield* sql("insert into s3_garbage (blob_id) values (?) on conflict do nothing", id);
    },
    collect,
    hold(blobIds) {
      for (const id of blobIds) holders.set(id, (holders.get(id) ?? 0) + 1);
      return () => {
        for (const id of blobIds) {
          const left = holders.get(id)! - 1;
          if (left > 0) holders.set(id, left);
          else holders.delete(id);
        }
        collect(blobIds.filter((id) => !holders.has(id) && postponed.delete(id)));
      };
    },
    async recover() {
      const left = await store.run(function* () {
        return (yield* sql("select blob_id from s3_garbage")).map((row) => row["blob_id"] as string);
      });
      await remove(left);
      const unkept = new Set(await blobs.unkept(BLOB_OWNER));
      if (unkept.size === 0) return;
      await forEachNamedBlob(store, (id) => {
        if (unkept.delete(id)) blobs.keep(id);
      });
      for (const id of unkept) await blobs.remove(id);
    },
    async settled() {
      while (running.size > 0) await Promise.all(running);
    },
  };
};

/**
 * All blobs that parts and objects name, a few rows to a turn of the store. Parts first: an upload that is completed meanwhile
 * makes its parts an object, never the other way round, so what was no part any more is an object by then.
 */
const forEachNamedBlob = async (store: Store, visit: (id: string) => void): Promise<void> => {
  let part: [string, number] | undefined = ["", 0];
  while (part !== undefined) {
    const [uploadId, number] = part as [string, number];
    const rows = await store.run(() =>
      sql("select upload_id, part_number, blob_id from s3_part where (upload_id, part_number) > (?, ?) order by upload_id, part_number limit ?", uploadId, number, S3_SWEEP_ROWS),
    );
    for (const row of rows) visit(row["blob_id"] as string);
    const last = rows.at(-1);
    part = last === undefined ? undefined : [last["upload_id"] as string, Number(last["part_number"])];
  }
  let object: [string, Uint8Array] | undefined = ["", new Uint8Array()];
  while (object !== undefined) {
    const [bucket, key] = object as [string, Uint8Array];
    const rows = await store.run(() =>
      sql("select bucket, key, blobs from s3_object where (bucket, key) > (?, ?) order by bucket, key limit ?", bucket, key, S3_SWEEP_ROWS),
    );
    for (const row of rows) for (const [id] of JSON.parse(row["blobs"] as string) as [string, number][]) visit(id);
    const last = rows.at(-1);
    object = last === undefined ? undefined : [last["bucket"] as string, last["key"] as Uint8Array];
  }
};
