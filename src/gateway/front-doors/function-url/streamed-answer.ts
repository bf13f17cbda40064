import type { InvokeWithResponseStreamResponseEvent } from "@aws-sdk/client-lambda";
import type { WireResponse } from "../../../protocol/http.ts";
import { httpAnswerOf } from "../answer-v2.ts";
import { isRecord } from "../parse-json.ts";
import { begun, bytesOf, FunctionFailed } from "../function-stream.ts";
import { PRELUDE_TYPE, splitPrelude } from "../prelude.ts";
import { badGateway } from "./refusals.ts";

interface Streamed {
  EventStream?: AsyncIterable<InvokeWithResponseStreamResponseEvent> | undefined;
  ResponseStreamContentType?: string | undefined;
}

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
