import type { Store } from "../../store/store.ts";
import { findBucket, type BucketRow } from "./bucket-rows.ts";

/** Whose a bucket is and where, which its ARN does not say. */
export type BucketPlace = Pick<BucketRow, "account" | "region">;

/** Asked before every request is authorized, so it is remembered. The operations themselves look at the bucket's row again. */
export interface BucketPlaces {
  find(bucket: string): Promise<BucketPlace | undefined>;
  forget(bucket: string): void;
}

/** Names. Beyond it the oldest are asked for again. */
const REMEMBERED_MAX = 10_000;

export const createBucketPlaces = ({ store }: { store: Store }): BucketPlaces => {
  const known = new Map<string, BucketPlace>();
  return {
    async find(name) {
      const place = known.get(name);
      if (place !== undefined) return place;
      const bucket = await store.run(() => findBucket(name));
      if (bucket === undefined) return undefined;
      if (known.size >= REMEMBERED_MAX) known.delete(known.keys().next().value!);
      const found = { account: bucket.account, region: bucket.region };
      known.set(name, found);
      return found;
    },
    forget: (name) => void known.delete(name),
  };
};
