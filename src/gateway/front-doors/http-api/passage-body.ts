import { HTTP_API_PAYLOAD_BYTES_MAX } from "../../../kit/limits/apis.ts";
import type { GatewayRequest } from "../../dispatch.ts";
import { readBody } from "../request-body.ts";
import type { Passage } from "./passage.ts";
import { Refused } from "./refusals.ts";

const tooLarge = (): Refused => new Refused("tooLarge", `the body is larger than ${HTTP_API_PAYLOAD_BYTES_MAX} bytes`);

async function* limited(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > HTTP_API_PAYLOAD_BYTES_MAX) throw tooLarge();
    yield chunk;
  }
}

/** A request's body, as a whole or as it comes. */
export const createPassageBody = (request: GatewayRequest): Pick<Passage, "body" | "bodyStream"> => {
  let whole: Promise<Buffer> | undefined;
  let read: Buffer | undefined;
  const announced = request.headers["content-length"];
  // Frames of HTTP/2 need no header that says that they come.
  const isComing = request.headers["transfer-encoding"] !== undefined || (request.rawHeaders[0]?.startsWith(":") === true && request.method !== "GET" && request.method !== "HEAD");
  return {
    async body() {
      whole ??= readBody(request, HTTP_API_PAYLOAD_BYTES_MAX, tooLarge);
      return (read ??= await whole);
    },
    bodyStream() {
      if (read !== undefined) return { content: read.length === 0 ? undefined : read, bytes: read.length === 0 ? undefined : read.length };
      if (announced === "0" || (announced === undefined && !isComing)) return { content: undefined, bytes: announced === undefined ? undefined : 0 };
      if (Number(announced ?? 0) > HTTP_API_PAYLOAD_BYTES_MAX) throw tooLarge();
      return { content: limited(request.body), bytes: announced === undefined ? undefined : Number(announced) };
    },
  };
};
