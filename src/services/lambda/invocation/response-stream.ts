import { PassThrough } from "node:stream";
import type { InvokeWithResponseStreamResponseEvent } from "@aws-sdk/client-lambda";
import type { InvocationReport, ResponseReceiver } from "../../../executor/executor.ts";

type Answer = Pick<InvocationReport, "outcome"> & Partial<Pick<InvocationReport, "logTail">>;

/** A response on its way from a runtime to whoever invoked it. The one waits for the other, and holds next to nothing meanwhile. */
export interface ResponseStream {
  receiver: ResponseReceiver;
  /** Resolves with the Content-Type that the runtime gave, when it begins. */
  begun: Promise<string>;
  /**
   * What the caller is told: each piece as it comes, then how it ended. When nobody reads on, the function runs to its end all the same, as on AWS.
   * Throws what no event can tell: the platform's own failure.
   */
  events(answer: Promise<Answer>): AsyncGenerator<InvokeWithResponseStreamResponseEvent>;
}

const complete = ({ outcome, logTail }: Answer): InvokeWithResponseStreamResponseEvent => ({
  InvokeComplete: {
    ...(outcome.kind === "error" ? { ErrorCode: "Unhandled", ErrorDetails: outcome.payload.toString("utf8") } : {}),
    ...(logTail === undefined ? {} : { LogResult: logTail.toString("base64") }),
  },
});

/** @param signal aborted when the caller has gone away */
export const createResponseStream = (signal: AbortSignal): ResponseStream => {
  const pipe = new PassThrough();
  signal.addEventListener("abort", () => pipe.destroy(), { once: true });
  const begun = Promise.withResolvers<string>();
  const roomOrEnd = (): Promise<void> =>
    new Promise((resolve) => {
      const go = () => {
        pipe.off("drain", go).off("close", go);
        resolve();
      };
      pipe.on("drain", go).on("close", go);
    });

  return {
    receiver: {
      begin: begun.resolve,
      write: (chunk) => (pipe.destroyed || pipe.writableEnded || pipe.write(chunk) ? undefined : roomOrEnd()),
    },
    begun: begun.promise,
    async *events(answer) {
      void answer.catch(() => {}).then(() => pipe.end());
      try {
        for await (const chunk of pipe as AsyncIterable<Buffer>) yield { PayloadChunk: { Payload: chunk } };
        const answered = await answer;
        // Of a runtime that does not stream: the whole, when it is there.
        if (answered.outcome.kind === "response" && answered.outcome.payload.length > 0) yield { PayloadChunk: { Payload: answered.outcome.payload } };
        yield complete(answered);
      } finally {
        pipe.destroy();
      }
    },
  };
};
