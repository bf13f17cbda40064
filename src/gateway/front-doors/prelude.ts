import { parseJson } from "./parse-json.ts";
import { HTTP_PRELUDE_BYTES_MAX } from "../../kit/limits/apis.ts";

/** The Content-Type by which a streamed response says that status, headers and cookies stand before its body. */
export const PRELUDE_TYPE = "application/vnd.awslambda.http-integration-response";

const END = Buffer.alloc(8);

export interface SplitStream {
  prelude: unknown;
  body: AsyncIterable<Uint8Array>;
}

/** Of an answer that is there as a whole: of a function that streams, and was not asked to. */
export const splitWhole = (payload: Buffer): { prelude: unknown; body: Buffer } | undefined => {
  const at = payload.subarray(0, HTTP_PRELUDE_BYTES_MAX).indexOf(END);
  const prelude = at < 0 ? undefined : parseJson(payload.subarray(0, at).toString("utf8"));
  return prelude === undefined ? undefined : { prelude, body: payload.subarray(at + END.length) };
};

export async function* withFirst(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (first.length > 0) yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** JSON, eight zero bytes, the body. Undefined when that is not how it begins. Source: "Response streaming for Lambda functions". */
export const splitPrelude = async (source: AsyncIterable<Uint8Array>): Promise<SplitStream | undefined> => {
  const chunks = source[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    const searched = Math.max(0, head.length - END.length + 1);
    head = Buffer.concat([head, next.value]);
    const at = head.indexOf(END, searched);
    if (at >= 0) {
      const prelude = parseJson(head.subarray(0, at).toString("utf8"));
      if (prelude === undefined) break;
      return { prelude, body: withFirst(head.subarray(at + END.length), chunks) };
    }
    if (head.length > HTTP_PRELUDE_BYTES_MAX) break;
  }
  await chunks.return?.();
  return undefined;
};
