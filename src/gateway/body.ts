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

/** As it comes from the wire. */
export interface RequestBody extends AsyncIterable<Uint8Array> {
  /** The whole of it, without a piece for each of its chunks; rejects with what `refuse` gives when it is larger. */
  gather?(bytesMax: number, refuse: BodyLimits["refuse"]): Promise<Buffer>;
}

export interface BodyLimits {
  /** Bytes of a body that is decoded as a whole. */
  buffered: number;
  /** Bytes of a body that is taken as it comes. */
  streamed: number;
  /** The service's words for more. */
  refuse(limit: number): ApiError;
}

async function* limited(source: AsyncIterable<Uint8Array>, limit: number, refuse: BodyLimits["refuse"]): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of source) {
    total += chunk.length;
    if (total > limit) throw refuse(limit);
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

export const createBody = (source: RequestBody, headers: Readonly<Record<string, string>>, limits: BodyLimits): Body => {
  const trailers: Record<string, string> = {};
  let claim: PayloadClaim = { kind: "none" };
  let whole: Promise<Buffer> | undefined;
  let isRead = false;

  const isChunked = () => claim.kind === "chunks" || claim.kind === "signed-chunks" || /(^|,)\s*aws-chunked\s*(,|$)/i.test(headers["content-encoding"] ?? "");
  const content = (limit: number): AsyncIterable<Uint8Array> => {
    isRead = true;
    const bounded = limited(source, limit, limits.refuse);
    if (claim.kind === "sha256") return hashed(bounded, claim.sha256);
    if (!isChunked()) return bounded;
    return decodeChunked(bounded, claim.kind === "none" ? { kind: "chunks" } : claim, headers, trailers);
  };
  const collect = async (): Promise<Buffer> => {
    const announced = Number(headers["content-length"] ?? 0);
    if (announced > limits.buffered) throw limits.refuse(limits.buffered);
    if (source.gather !== undefined && claim.kind === "none" && !isChunked()) {
      isRead = true;
      return source.gather(limits.buffered, limits.refuse);
    }
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
