import type { Store } from "../../store/store.ts";
import { findBucket } from "./bucket-rows.ts";

/**
 * Whose a bucket is, which its ARN does not say: asked before every request is authorized, so it is remembered. The
 * operations themselves look at the bucket's row again.
 */
export interface BucketOwners {
  find(bucket: string): Promise<string | undefined>;
  forget(bucket: string): void;
}

/** Names. Beyond it the oldest are asked for again. */
const REMEMBERED_MAX = 10_000;

export const createBucketOwners = ({ store }: { store: Store }): BucketOwners => {
  const known = new Map<string, string>();
  return {
    async find(name) {
      const account = known.get(name);
      if (account !== undefined) return account;
      const bucket = await store.run(() => findBucket(name));
      if (bucket === undefined) return undefined;
      if (known.size >= REMEMBERED_MAX) known.delete(known.keys().next().value!);
      known.set(name, bucket.account);
      return bucket.account;
    },
    forget: (name) => void known.delete(name),
  };
};
