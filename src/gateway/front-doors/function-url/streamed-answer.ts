import type { InvokeWithResponseStreamResponseEvent } from "@aws-sdk/client-lambda";
import type { WireResponse } from "../../../protocol/http.ts";
import { httpAnswerOf, isRecord } from "../answer-v2.ts";
import { PRELUDE_TYPE, splitPrelude } from "../prelude.ts";
import { badGateway } from "./refusals.ts";

interface Streamed {
  EventStream?: AsyncIterable<InvokeWithResponseStreamResponseEvent> | undefined;
  ResponseStreamContentType?: string | undefined;
}

/** The function failed: what it had written before is all that there is. */
class FunctionFailed extends Error {}

async function* bytesOf(events: AsyncIterable<InvokeWithResponseStreamResponseEvent>): AsyncGenerator<Uint8Array> {
  for await (const { PayloadChunk, InvokeComplete } of events) {
    if (PayloadChunk?.Payload !== undefined) yield PayloadChunk.Payload;
    if (InvokeComplete?.ErrorCode !== undefined) throw new FunctionFailed(InvokeComplete.ErrorDetails ?? InvokeComplete.ErrorCode);
  }
}

/** Waits for the first bytes: a function that fails before them has an answer of its own kind. */
const begun = async (bytes: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> => {
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

/** What the function writes, as it writes it; with a prelude, as that says. An answer that breaks off ends the connection, so that no client takes it for whole. */
export const streamedAnswer = async ({ EventStream, ResponseStreamContentType }: Streamed): Promise<WireResponse> => {
  const bytes = bytesOf(EventStream!);
  try {
    if (ResponseStreamContentType !== PRELUDE_TYPE) return { status: 200, headers: { "content-type": ResponseStreamContentType ?? "application/json" }, body: await begun(bytes) };
    const split = await splitPrelude(bytes);
    const answer = isRecord(split?.prelude) ? httpAnswerOf(split.prelude, "application/octet-stream") : undefined;
    return answer === undefined ? badGateway() : { ...answer, body: split!.body };
  } catch (error) {
    if (error instanceof FunctionFailed) return badGateway();
    throw error;
  }
};
