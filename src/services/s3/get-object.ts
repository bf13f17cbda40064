import type { S3, S3Handler } from "./needs.ts";
import { isReplaced, lookUp, readBytes } from "./read-object.ts";

/** An object that is replaced this often in one look is damaged, not busy. */
const ATTEMPTS_MAX = 4;

export const createGetObject = (s3: S3): S3Handler<"GetObject"> => async (input, context) => {
  for (let attempt = 1; ; attempt++) {
    const { object, range, output } = await lookUp(s3, input, context);
    const length = range.end - range.start + 1;
    if (length === 0) return { ...output, Body: new Uint8Array() };
    const bytes = readBytes(s3, object.blobs, range);
    try {
      // The first chunk is read before the answer begins: a blob that is not as it was is still an error then.
      const first = await bytes.next();
      const chunk = first.value as Uint8Array;
      if (chunk.length === length) {
        await bytes.return();
        return { ...output, Body: chunk };
      }
      return { ...output, Body: continued(chunk, bytes, context.signal) };
    } catch (error) {
      if (!isReplaced(error) || attempt === ATTEMPTS_MAX) throw error;
    }
  }
};

/** The rest of a body behind its first chunk. The file is closed when the client goes away, read or not. */
const continued = (first: Uint8Array, rest: AsyncGenerator<Uint8Array, void, void>, signal: AbortSignal): AsyncIterable<Uint8Array> => {
  const close = () => void rest.return().catch(() => {});
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) close();
  return (async function* () {
    try {
      yield first;
      yield* rest;
    } finally {
      signal.removeEventListener("abort", close);
    }
  })();
};
