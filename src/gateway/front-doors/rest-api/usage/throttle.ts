import type { Clock } from "../../../../kit/clock.ts";
import { createTokenBucket, type TokenBucket } from "../../token-bucket.ts";

export interface Rate {
  /** Requests a second, on average. */
  rate: number;
  /** Requests at once. */
  burst: number;
}

interface Named extends Rate {
  bucket: TokenBucket;
}

const BUCKETS_MAX = 10_000;

/** Buckets by what they are for; another rate is another bucket. One that is forgotten is full again. */
export const createThrottle = ({ clock }: { clock: Clock }) => {
  const buckets = new Map<string, Named>();
  return (name: string, { rate, burst }: Rate): boolean => {
    let known = buckets.get(name);
    if (known?.rate !== rate || known.burst !== burst) {
      buckets.delete(name);
      if (buckets.size >= BUCKETS_MAX) buckets.delete(buckets.keys().next().value!);
      buckets.set(name, (known = { rate, burst, bucket: createTokenBucket({ rate, burst, clock }) }));
    }
    return known.bucket.take();
  };
};
