import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { ApiError } from "../kit/api-error.ts";
import { decodeChunked } from "./chunked.ts";
import type { PayloadClaim } from "./authenticate.ts";

/** A request's body: read once, as a whole or as it comes, and held to what the signature said of it. */
export interface Body {
  buffer(): Promise<Buffer>;
  stream(): Readable;
  /** After authentication, before anything reads an S3 body. */
  expect(claim: PayloadClaim): void;
  readonly trailers: Record<string, string>;
  readonly isRead: boolean;
}

interface Limits {
  buffered: number;
  streamed: number;
  /** Known once the request is routed. */
  operation?(): string | undefined;
}

const tooLarge = (limit: number, operation: string | undefined): ApiError =>
  new ApiError("RequestEntityTooLargeException", `Request must be smaller than ${limit} bytes for ${operation === undefined ? "this" : `the ${operation}`} operation`, { status: 413 });

async function* limited(source: AsyncIterable<Uint8Array>, limit: number, operation: Limits["operation"]): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of source) {
    total += chunk.length;
    if (total > limit) throw tooLarge(limit, operation?.());
    yield chunk;
  }
}

async function* hashed(source: AsyncIterable<Uint8Array>, expected: string): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = hash.digest("hex");
  if (actual === expected) return;
  throw new ApiError("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.", {
    status: 400, members: { ClientComputedContentSHA256: expected, S3ComputedContentSHA256: actual },
  });
}

export const createBody = (source: AsyncIterable<Uint8Array>, headers: Readonly<Record<string, string>>, limits: Limits): Body => {
  const trailers: Record<string, string> = {};
  let claim: PayloadClaim = { kind: "none" };
  let whole: Promise<Buffer> | undefined;
  let isRead = false;

  const content = (limit: number): AsyncIterable<Uint8Array> => {
    isRead = true;
    const bounded = limited(source, limit, limits.operation);
    if (claim.kind === "sha256") return hashed(bounded, claim.sha256);
    const isChunked = claim.kind === "chunks" || claim.kind === "signed-chunks";
    if (!isChunked && !/(^|,)\s*aws-chunked\s*(,|$)/i.test(headers["content-encoding"] ?? "")) return bounded;
    const announced = headers["x-amz-decoded-content-length"];
    return decodeChunked(bounded, isChunked ? claim as never : { kind: "chunks" }, announced === undefined ? undefined : Number(announced), trailers);
  };
  const collect = async (): Promise<Buffer> => {
    const announced = Number(headers["content-length"] ?? 0);
    if (announced > limits.buffered) throw tooLarge(limits.buffered, limits.operation?.());
    const chunks: Uint8Array[] = [];
    for await (const chunk of content(limits.buffered)) chunks.push(chunk);
    return chunks.length === 1 ? Buffer.from(chunks[0]!.buffer, chunks[0]!.byteOffset, chunks[0]!.byteLength) : Buffer.concat(chunks);
  };

  return {
    buffer: () => (whole ??= collect()),
    stream: () => {
      if (whole === undefined) return Readable.from(content(limits.streamed), { objectMode: false });
      const read = whole;
      return Readable.from((async function* () { yield await read; })(), { objectMode: false });
    },
    expect: (next) => void (claim = next),
    trailers,
    get isRead() { return isRead; },
  };
};
