import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { assert } from "../kit/assert.ts";
import { BLOB_READ_CHUNK_BYTES } from "../kit/limits/s3.ts";
import { parseBlobId } from "./blob-id.ts";
import { BlobDamagedError, BlobMissingError, type ByteRange } from "./blob.ts";

/** The bytes of a blob's file, checked against what its id says of them. */
export async function* readBlob(id: string, path: (id: string) => string, range?: ByteRange): AsyncGenerator<Uint8Array, void, void> {
  const name = parseBlobId(id);
  if (name === undefined) throw new BlobMissingError(id);
  const { start, end } = range ?? { start: 0, end: name.size - 1 };
  assert(start >= 0 && start <= end + 1 && end < name.size, `bytes ${start} to ${end} of ${name.size}`);
  const file = await openBlob(id, path(id));
  try {
    const { size } = await file.stat();
    if (size !== name.size) throw new BlobDamagedError(id, `it has ${size} bytes where ${name.size} were written`);
    const isWhole = start === 0 && end === name.size - 1;
    const hash = isWhole ? createHash("sha256") : undefined;
    for (let position = start; position <= end; ) {
      const chunk = await readChunk(id, file, position, Math.min(BLOB_READ_CHUNK_BYTES, end + 1 - position));
      position += chunk.length;
      hash?.update(chunk);
      // The last chunk is held back until all bytes are known to be right: who reads never gets a whole wrong object.
      if (position > end && hash !== undefined && hash.digest("hex") !== name.sha256) throw new BlobDamagedError(id, "its bytes are not those that were written");
      yield chunk;
    }
  } finally {
    await file.close();
  }
}

const openBlob = async (id: string, path: string): Promise<FileHandle> => {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new BlobMissingError(id, { cause: error });
    throw error;
  }
};

const readChunk = async (id: string, file: FileHandle, position: number, length: number): Promise<Uint8Array> => {
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead === 0) throw new BlobDamagedError(id, `it ends at byte ${position}`);
  return buffer.subarray(0, bytesRead);
};
