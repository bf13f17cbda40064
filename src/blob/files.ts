import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, statSync, unlinkSync } from "node:fs";
import { link, mkdir, open, readdir, rename, unlink, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { assert } from "../kit/assert.ts";
import type { Random } from "../kit/random.ts";
import { folderOf, formatBlobId, newStem, ownerOf, parseBlobId } from "./blob-id.ts";
import { BlobMissingError, type BlobStore, type StoredBlob } from "./blob.ts";
import { createDirectorySync } from "./directory-sync.ts";
import { createFreeSpaceCheck, diskFreeSpace, type FreeSpace } from "./free-space.ts";
import { readBlob } from "./read-blob.ts";

const isCode = (error: unknown, code: string): boolean => error instanceof Error && (error as NodeJS.ErrnoException).code === code;

const ignoreMissing = (error: unknown): void => {
  if (!isCode(error, "ENOENT")) throw error;
};

interface Needs {
  directory: string;
  random: Random;
  freeSpace?: FreeSpace;
}

/**
 * Blobs as files: written under `new/`, synced, given their name in one of 256 folders, and the folder synced; only then does
 * `write` resolve. A blob with an owner keeps its entry under `new/` until it is kept, so a crash leaves a short list to look
 * at instead of a whole disk.
 */
export const createFileBlobStore = ({ directory, random, freeSpace = diskFreeSpace }: Needs): BlobStore => {
  const arrivals = join(directory, "new");
  mkdirSync(arrivals, { recursive: true });
  const leftOver = sweep(arrivals);
  const syncDirectory = createDirectorySync();
  const space = createFreeSpaceCheck(directory, freeSpace);

  const path = (id: string): string => {
    const name = parseBlobId(id);
    if (name === undefined) throw new BlobMissingError(id);
    return join(directory, folderOf(name.stem), id);
  };

  /** The file's own bytes are synced; now its name. */
  const publish = async (from: string, to: string, isOwned: boolean): Promise<void> => {
    const place = isOwned ? link : rename;
    try {
      await place(from, to);
    } catch (error) {
      ignoreMissing(error);
      await mkdir(dirname(to), { recursive: true });
      await syncDirectory(directory);
      await place(from, to);
    }
    await syncDirectory(dirname(to)).catch(async (error: unknown) => {
      await unlink(to).catch(() => {});
      throw error;
    });
  };

  const fill = async (file: FileHandle, body: AsyncIterable<Uint8Array> | Uint8Array): Promise<{ size: number; sha256: string }> => {
    const hash = createHash("sha256");
    const meter = space.meter();
    let size = 0;
    const add = async (chunk: Uint8Array) => {
      hash.update(chunk);
      size += chunk.length;
      await writeAll(file, chunk);
      await meter(chunk.length);
    };
    if (body instanceof Uint8Array) await add(body);
    else for await (const chunk of body) await add(chunk);
    await file.datasync();
    return { size, sha256: hash.digest("hex") };
  };

  const write: BlobStore["write"] = async (body, { owner } = {}): Promise<StoredBlob> => {
    assert(owner === undefined || /^[a-z0-9]+$/.test(owner), `an owner is lower-case letters and digits: ${owner}`);
    await space.check();
    const stem = newStem(random, owner);
    const arrival = join(arrivals, stem);
    try {
      const file = await open(arrival, "wx", 0o600);
      const filled = await fill(file, body).finally(() => file.close());
      const id = formatBlobId({ stem, ...filled });
      await publish(arrival, path(id), owner !== undefined);
      return { id, ...filled };
    } catch (error) {
      await unlink(arrival).catch(ignoreMissing);
      throw error;
    }
  };

  return {
    write,
    path,
    read: (id, range) => readBlob(id, path, range),
    async remove(id) {
      const name = parseBlobId(id);
      if (name === undefined) return;
      await unlink(path(id)).catch(ignoreMissing);
      if (ownerOf(name.stem) !== undefined) await unlink(join(arrivals, name.stem)).catch(ignoreMissing);
    },
    keep(id) {
      const name = parseBlobId(id);
      if (name !== undefined) unlink(join(arrivals, name.stem)).catch(() => {});
    },
    async unkept(owner) {
      const ids: string[] = [];
      for (const stem of leftOver.filter((stem) => ownerOf(stem) === owner)) {
        const published = await readdir(join(directory, folderOf(stem))).catch(() => []);
        const id = published.find((entry) => entry.startsWith(`${stem}-`));
        if (id !== undefined) ids.push(id);
      }
      return ids;
    },
  };
};

const writeAll = async (file: FileHandle, chunk: Uint8Array): Promise<void> => {
  for (let offset = 0; offset < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, offset, chunk.length - offset);
    offset += bytesWritten;
  }
};

/** Removes what a crash left half written; returns what has its final name already, but was not kept. */
const sweep = (arrivals: string): string[] =>
  readdirSync(arrivals).filter((stem) => {
    const path = join(arrivals, stem);
    const isPublished = ownerOf(stem) !== undefined && statSync(path).nlink > 1;
    if (!isPublished) unlinkSync(path);
    return isPublished;
  });
