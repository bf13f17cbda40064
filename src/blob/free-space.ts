import { statfs } from "node:fs/promises";
import { BLOB_RESERVED_BYTES, BLOB_SPACE_CHECK_BYTES } from "../kit/limits/s3.ts";
import { BlobStoreFullError } from "./blob.ts";

export type FreeSpace = (directory: string) => Promise<{ freeBytes: number; totalBytes: number }>;

export const diskFreeSpace: FreeSpace = async (directory) => {
  const { bavail, blocks, bsize } = await statfs(directory);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
};

/**
 * Refuses writes while there is still room for the database to commit what was promised before. Called at the start of a
 * write, and again as its bytes come.
 */
export const createFreeSpaceCheck = (directory: string, freeSpace: FreeSpace) => {
  const check = async (): Promise<void> => {
    const { freeBytes, totalBytes } = await freeSpace(directory);
    // On a small disk a quarter is enough.
    const reserved = Math.min(BLOB_RESERVED_BYTES, totalBytes / 4);
    if (freeBytes < reserved) throw new BlobStoreFullError(directory, freeBytes, reserved);
  };
  return {
    check,
    /** For a stream: checks once in a while. */
    meter() {
      let unchecked = 0;
      return async (bytes: number): Promise<void> => {
        unchecked += bytes;
        if (unchecked < BLOB_SPACE_CHECK_BYTES) return;
        unchecked = 0;
        await check();
      };
    },
  };
};
