import { isApiError } from "../../kit/api-error.ts";
import type { Operation } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { requireBucket, type BucketRow } from "./bucket-rows.ts";
import { checkWrite, type WriteConditions } from "./conditions.ts";
import type { S3 } from "./needs.ts";
import type { EventName } from "./notification-rules.ts";
import { announce, notify, type Notified } from "./notify.ts";
import { findObject, removeObject, writeObject, type ObjectRow } from "./object-rows.ts";

/** Its blobs are on the disk; it is not in the table yet. */
export type NewObject = Omit<ObjectRow, "lastModified">;

export interface WriteTarget extends WriteConditions {
  ExpectedBucketOwner?: string | undefined;
}

interface Committed {
  object: ObjectRow;
  garbage: string[];
  notified: Notified;
}

/**
 * The one commit of a write: the object's row, the blobs that it replaces as garbage, and a delivery per matching
 * notification. `before` runs first in the same commit and may refuse it.
 */
function* writeOperation(s3: S3, context: RequestContext, fresh: NewObject, eventName: EventName, target: WriteTarget, before?: (bucket: BucketRow) => Operation<string[]>): Operation<Committed> {
  const bucket = yield* requireBucket(fresh.bucket, target.ExpectedBucketOwner);
  const existing = yield* findObject(fresh.bucket, fresh.key);
  checkWrite(target, fresh.key, existing);
  const garbage = before === undefined ? [] : yield* before(bucket);
  const object: ObjectRow = { ...fresh, lastModified: s3.clock.now() };
  const kept = new Set(object.blobs.map(([id]) => id));
  garbage.push(...(existing?.blobs ?? []).map(([id]) => id).filter((id) => !kept.has(id)));
  yield* writeObject(object);
  yield* s3.garbage.add(garbage);
  const notified = yield* notify(s3, context, bucket, { name: eventName, key: object.key, at: object.lastModified, size: object.size, etag: object.etag });
  return { object, garbage, notified };
}

export const commitObject = async (
  s3: S3,
  context: RequestContext,
  fresh: NewObject,
  eventName: EventName,
  target: WriteTarget,
  before?: (bucket: BucketRow) => Operation<string[]>,
): Promise<ObjectRow> => {
  const { object, garbage, notified } = await s3.store.run(() => writeOperation(s3, context, fresh, eventName, target, before));
  for (const [id] of object.blobs) s3.blobs.keep(id);
  s3.garbage.collect(garbage);
  announce(s3, context, [notified]);
  return object;
};

/** Runs a commit that would name a new blob; takes the blob away when it was refused. After any other failure the next start decides. */
export const orRemoveBlob = async <T>({ blobs }: Pick<S3, "blobs">, blobId: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (isApiError(error)) await blobs.remove(blobId);
    throw error;
  }
};

/** Takes an object away, if it is there; its blobs become garbage. */
export function* removeOperation(s3: S3, context: RequestContext, bucket: BucketRow, key: string, conditions: WriteConditions): Operation<{ garbage: string[]; notified: Notified } | undefined> {
  const existing = yield* findObject(bucket.name, key);
  checkWrite(conditions, key, existing);
  if (existing === undefined) return undefined;
  const garbage = existing.blobs.map(([id]) => id);
  yield* removeObject(bucket.name, key);
  yield* s3.garbage.add(garbage);
  const notified = yield* notify(s3, context, bucket, { name: "s3:ObjectRemoved:Delete", key, at: s3.clock.now() });
  return { garbage, notified };
}
