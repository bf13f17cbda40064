import type { WireResponse } from "../../protocol/http.ts";

async function* counted(source: AsyncIterable<Uint8Array>, done: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      yield chunk;
    }
  } finally {
    done(bytes);
  }
}

/** Tells how many bytes the body of an answer has: at once, or of one that is streamed when the last of it has left. */
export const tellSize = (response: WireResponse, tell: (bytes: number) => void): WireResponse => {
  const { body } = response;
  if (body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array)) return { ...response, body: counted(body, tell) };
  tell(body === undefined ? 0 : Buffer.byteLength(body));
  return response;
};
