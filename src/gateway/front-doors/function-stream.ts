import type { InvokeWithResponseStreamResponseEvent } from "@aws-sdk/client-lambda";

/** The function failed: what it had written before is all that there is. */
export class FunctionFailed extends Error {}

export async function* bytesOf(events: AsyncIterable<InvokeWithResponseStreamResponseEvent>): AsyncGenerator<Uint8Array> {
  for await (const { PayloadChunk, InvokeComplete } of events) {
    if (PayloadChunk?.Payload !== undefined) yield PayloadChunk.Payload;
    if (InvokeComplete?.ErrorCode !== undefined) throw new FunctionFailed(InvokeComplete.ErrorDetails ?? InvokeComplete.ErrorCode);
  }
}

/** Waits for the first bytes: a function that fails before them has an answer of its own kind. */
export const begun = async (bytes: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> => {
  const chunks = bytes[Symbol.asyncIterator]();
  const first = await chunks.next();
  return (async function* () {
    try {
      for (let next = first; next.done !== true; next = await chunks.next()) yield next.value;
    } finally {
      await chunks.return?.();
    }
  })();
};
