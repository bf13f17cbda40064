import { STREAMED_RESPONSE_BYTES_MAX } from "../kit/limits/runtime.ts";
import type { ResponseReceiver } from "./executor.ts";
import type { LocalRequest } from "./local-http/request.ts";

const MODE = "lambda-runtime-function-response-mode";

/** A mode that there is not is undefined. */
export const responseModeOf = ({ headers }: LocalRequest): "buffered" | "streaming" | undefined => {
  if (headers[MODE] === undefined) return "buffered";
  return headers[MODE] === "streaming" ? "streaming" : undefined;
};

export const errorTypeOf = ({ headers }: Pick<LocalRequest, "headers">): string => {
  const type = headers["lambda-runtime-function-error-type"];
  return typeof type === "string" && type !== "" ? type : "Runtime.Unknown";
};

/** What went wrong in the middle of a streamed response stands behind it, its JSON in Base64. */
export const midstreamError = ({ trailers }: LocalRequest): { errorType: string; payload: Buffer } | undefined => {
  const body = trailers["lambda-runtime-function-error-body"];
  if (body === undefined && trailers["lambda-runtime-function-error-type"] === undefined) return undefined;
  return { errorType: errorTypeOf({ headers: trailers }), payload: Buffer.from(body ?? "", "base64") };
};

/**
 * Hands the body to who wants it while it comes, no faster than it is taken. Resolves with its length in bytes, or undefined when it is longer than it
 * may be: the rest is read, and not handed on. Rejects when it breaks off.
 */
export const passOn = async (request: LocalRequest, receiver: ResponseReceiver): Promise<number | undefined> => {
  let total = 0;
  receiver.begin(request.headers["content-type"] ?? "application/octet-stream");
  for await (const chunk of request) {
    total += chunk.length;
    if (total <= STREAMED_RESPONSE_BYTES_MAX) await receiver.write(chunk);
  }
  return total > STREAMED_RESPONSE_BYTES_MAX ? undefined : total;
};
