import type { InvokeWithResponseStreamResponseEvent } from "@aws-sdk/client-lambda";
import { withFirst } from "./prelude.ts";

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
  return withFirst(first.done === true ? new Uint8Array() : first.value, chunks);
};
