import { createHash } from "node:crypto";
import { ApiError } from "../kit/api-error.ts";
import type { PayloadClaim } from "./authenticate.ts";
import { EMPTY_SHA256, isSameSignature, scopeOf, sha256Hex, sign } from "./sigv4.ts";

const CRLF = Buffer.from("\r\n");
/** Bytes of every chunk but the last ("Signature Calculations … Transferring Payload in Multiple Chunks"). */
const CHUNK_BYTES_MIN = 8 * 1024;
/** Bytes of one chunk's head line, and of all trailers together. */
const HEAD_BYTES_MAX = 256;
const TRAILER_BYTES_MAX = 8 * 1024;
/** Bytes of one signed chunk, which is held until its signature is checked. S3's clients send 64 KiB to 1 MiB. */
const CHUNK_BYTES_MAX = 16 * 1024 * 1024;

/** S3 says no more, whatever is wrong with the framing. */
const malformed = (): never => {
  throw new ApiError("IncompleteBody", "The request body terminated unexpectedly", { status: 400 });
};
const wrongLength = (expected: number, provided: number): never => {
  throw new ApiError("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header", {
    status: 400, members: { NumberBytesExpected: expected, NumberBytesProvided: provided },
  });
};
const malformedTrailer = (): never => {
  throw new ApiError("MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.", { status: 400 });
};
const wrongSignature = (): never => {
  throw new ApiError("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.", { status: 403 });
};

type Chunks = Extract<PayloadClaim, { kind: "signed-chunks" | "chunks" }>;

/** A source read by lines and by lengths. */
const createReader = (source: AsyncIterable<Uint8Array>) => {
  const iterator = source[Symbol.asyncIterator]();
  let buffer: Buffer = Buffer.alloc(0);
  const more = async (): Promise<boolean> => {
    const { done, value } = await iterator.next();
    if (done) return false;
    buffer = buffer.length === 0 ? Buffer.from(value) : Buffer.concat([buffer, value]);
    return true;
  };
  return {
    async line(limit: number): Promise<string> {
      for (let from = 0; ; ) {
        const end = buffer.indexOf(CRLF, from);
        if (end >= 0) {
          const text = buffer.toString("latin1", 0, end);
          buffer = buffer.subarray(end + CRLF.length);
          return text;
        }
        if (buffer.length > limit) malformed();
        from = Math.max(0, buffer.length - 1);
        if (!(await more())) malformed();
      }
    },
    /** Between one and `length` bytes. */
    async some(length: number): Promise<Buffer> {
      if (buffer.length === 0 && !(await more())) malformed();
      const part = buffer.subarray(0, length);
      buffer = buffer.subarray(part.length);
      return part;
    },
    async isEnd(): Promise<boolean> {
      while (buffer.length === 0) if (!(await more())) return true;
      return false;
    },
  };
};

/** Signatures of chunks: each covers the one before, so that none can be left out or put elsewhere. */
const createChunkVerifier = ({ key, signed }: Extract<Chunks, { kind: "signed-chunks" }>) => {
  let previous = signed.signature;
  const check = (algorithm: string, hashes: string, given: string | undefined) => {
    const expected = sign(key, `${algorithm}\n${signed.timestamp}\n${scopeOf(signed)}\n${previous}\n${hashes}`);
    if (given === undefined || !isSameSignature(expected, given)) wrongSignature();
    previous = expected;
  };
  return {
    chunk: (sha256: string, given: string | undefined) => check("AWS4-HMAC-SHA256-PAYLOAD", `${EMPTY_SHA256}\n${sha256}`, given),
    trailer: (text: string, given: string | undefined) => check("AWS4-HMAC-SHA256-TRAILER", sha256Hex(text), given),
  };
};

/**
 * Takes the framing off an aws-chunked body, checks each chunk's signature before its bytes are passed on, the announced
 * length at the end, and fills `trailers` with what follows (`x-amz-checksum-…`).
 * Source: "Signature calculations … transferring payload in multiple chunks", S3 API reference.
 */
export async function* decodeChunked(source: AsyncIterable<Uint8Array>, claim: Chunks, headers: Readonly<Record<string, string>>, trailers: Record<string, string>): AsyncGenerator<Buffer> {
  const announced = readDecodedLength(headers["x-amz-decoded-content-length"]);
  const reader = createReader(source);
  const verifier = claim.kind === "signed-chunks" ? createChunkVerifier(claim) : undefined;
  let total = 0;
  let previous = CHUNK_BYTES_MIN;
  for (let number = 1; ; number++) {
    const [size = "", ...extensions] = (await reader.line(HEAD_BYTES_MAX)).split(";");
    if (!/^[0-9a-f]{1,8}$/i.test(size)) malformed();
    const length = Number.parseInt(size, 16);
    const signature = extensions.find((extension) => extension.startsWith("chunk-signature="))?.slice("chunk-signature=".length);
    if (length === 0) {
      verifier?.chunk(EMPTY_SHA256, signature);
      break;
    }
    if (previous < CHUNK_BYTES_MIN) {
      throw new ApiError("InvalidChunkSizeError", `Only the last chunk is allowed to have a size less than ${CHUNK_BYTES_MIN} bytes`, { status: 403, members: { Chunk: number, BadChunkSize: previous } });
    }
    previous = length;
    total += length;
    if (total > announced) wrongLength(announced, total);
    if (verifier === undefined) {
      for (let left = length; left > 0; ) {
        const part = await reader.some(left);
        left -= part.length;
        yield part;
      }
    } else {
      if (length > CHUNK_BYTES_MAX) malformed();
      const parts: Buffer[] = [];
      const hash = createHash("sha256");
      for (let left = length; left > 0; ) {
        const part = await reader.some(left);
        left -= part.length;
        hash.update(part);
        parts.push(part);
      }
      verifier.chunk(hash.digest("hex"), signature);
      yield Buffer.concat(parts);
    }
    if ((await reader.line(HEAD_BYTES_MAX)) !== "") malformed();
  }
  await readTrailers(reader, trailers, verifier, claim.kind === "signed-chunks" && claim.hasTrailer);
  if (total !== announced) wrongLength(announced, total);
  checkTrailers(headers["x-amz-trailer"], trailers);
}

const readDecodedLength = (given: string | undefined): number => {
  if (given === undefined || !/^\d{1,15}$/.test(given)) throw new ApiError("MissingContentLength", "You must provide the Content-Length HTTP header.", { status: 411 });
  return Number(given);
};

/** `x-amz-trailer` names them, no more and no less. */
const checkTrailers = (header: string | undefined, trailers: Readonly<Record<string, string>>): void => {
  const named = (header ?? "").split(",").map((name) => name.trim().toLowerCase()).filter((name) => name !== "");
  const came = Object.keys(trailers);
  if (named.length !== came.length || named.some((name) => !came.includes(name))) malformedTrailer();
};

const readTrailers = async (reader: ReturnType<typeof createReader>, trailers: Record<string, string>, verifier: ReturnType<typeof createChunkVerifier> | undefined, isSigned: boolean) => {
  let text = "";
  let bytes = 0;
  for (;;) {
    const line = await reader.line(TRAILER_BYTES_MAX);
    bytes += line.length;
    if (bytes > TRAILER_BYTES_MAX) malformedTrailer();
    if (line === "") break;
    const at = line.indexOf(":");
    if (at < 1) malformedTrailer();
    const [name, value] = [line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim()];
    if (name === "x-amz-trailer-signature") {
      verifier?.trailer(text, value);
      isSigned = false;
      continue;
    }
    text += `${name}:${value}\n`;
    trailers[name] = value;
  }
  if (isSigned) wrongSignature();
  if (!(await reader.isEnd())) malformed();
};
