import { isUtf8 } from "node:buffer";
import type { RequestBody } from "../body.ts";
import { gather } from "./gather.ts";

/** What is text goes into the event as it is, all else in Base64: a form, too. */
const TEXT = /^(text\/|application\/(json|javascript|xml)\b|application\/[\w.-]+\+(json|xml)\b)/i;

export const bodyMembers = (body: Buffer, contentType = "application/json"): { body?: string; isBase64Encoded: boolean } => {
  if (body.length === 0) return { isBase64Encoded: false };
  const isText = TEXT.test(contentType) && isUtf8(body);
  return { body: body.toString(isText ? "utf8" : "base64"), isBase64Encoded: !isText };
};

/** It is longer than may be. */
export class BodyTooLarge extends Error {}

/** The whole of it. Rejects with what `refuse` gives when it is larger than that, before it is read where its length was announced. */
export const readBody = async (request: { body: RequestBody; headers: Readonly<Record<string, string>> }, bytesMax: number, refuse: () => Error = () => new BodyTooLarge()): Promise<Buffer> => {
  if (Number(request.headers["content-length"] ?? 0) > bytesMax) throw refuse();
  if (request.body.gather !== undefined) return request.body.gather(bytesMax, refuse as never);
  return gather(request.body, bytesMax, refuse);
};
