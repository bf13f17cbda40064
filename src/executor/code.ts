import { createHash } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { BlobStore } from "../blob/blob.ts";
import type { Clock } from "../kit/clock.ts";
import { writeWhole } from "../kit/durable.ts";
import { CODE_CACHE_BYTES_MAX } from "../kit/limits/lambda.ts";
import type { Random } from "../kit/random.ts";
import { unzip } from "../kit/zip.ts";
import { syncFiles } from "../sandbox/run-command.ts";

interface Package {
  blobId: string;
  sha256Base64: string;
}

/** Unpacked packages in one folder, kept for as long as somebody holds it. */
export interface UnpackedCode {
  /** What becomes /var/task, or /opt. */
  folder: string;
  release(): void;
}

interface Needs {
  directory: string;
  blobs: Pick<BlobStore, "path">;
  wall: Clock;
  random: Random;
  bytesMax?: number;
}

/**
 * On the disk: the folder `<name>`, and `<name>.bytes`, which holds its size and, as its time, the last use. The second comes when the first
 * has reached the disk: without it a crash or a loss of power may have torn the first, and it is unpacked again.
 */
interface Unpacked {
  bytes: number;
  lastUsedAt: number;
  holders: number;
}

const LEFT_OVER = /^(unpacking|removing)-/;
const SIZE = ".bytes";
/** Ends the search of Node.js for a package.json above the code: this folder may lie in somebody's project. */
const BARRIER = "package.json";

/** What an earlier process unpacked whole; anything else is removed. */
const takeUp = (directory: string): Map<string, Unpacked> => {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, BARRIER), "{}\n");
  const names = new Set(readdirSync(directory).filter((name) => name !== BARRIER));
  const found = new Map<string, Unpacked>();
  for (const name of names) {
    if (name.endsWith(SIZE)) continue;
    const size = join(directory, name + SIZE);
    if (LEFT_OVER.test(name) || !existsSync(size)) rmSync(join(directory, name), { recursive: true, force: true });
    else found.set(name, { bytes: Number(readFileSync(size, "utf8")), lastUsedAt: statSync(size).mtimeMs, holders: 0 });
  }
  for (const name of names) if (name.endsWith(SIZE) && !found.has(name.slice(0, -SIZE.length))) rmSync(join(directory, name));
  return found;
};

const touch = (path: string, ms: number) => {
  try {
    utimesSync(path, ms / 1_000, ms / 1_000);
  } catch {
    // Only the order of eviction after the next start depends on it.
  }
};

/** Moves what is in one folder over what is in another; where both have a name, the first wins, and only folders are merged. No link is followed. */
const moveOver = (from: string, to: string): void => {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory() && lstatSync(target, { throwIfNoEntry: false })?.isDirectory() === true) moveOver(source, target);
    else {
      rmSync(target, { recursive: true, force: true });
      renameSync(source, target);
    }
  }
};

const hexOf = ({ sha256Base64 }: Package): string => Buffer.from(sha256Base64, "base64").toString("hex");
/** A package alone is named by its hash, several by a hash of theirs in their order. */
const nameOf = (packages: readonly Package[]): string => (packages.length === 1 ? hexOf(packages[0]!) : createHash("sha256").update(packages.map(hexOf).join("+")).digest("hex"));

/**
 * Unpacked packages by the hash of their zip, or zips: made once, whole or not at all, shared by all environments that run them. What nobody
 * holds is removed when there is too much, the longest unused first; it is unpacked again when it is needed again.
 */
export const createCodeCache = ({ directory, blobs, wall, random, bytesMax = CODE_CACHE_BYTES_MAX }: Needs) => {
  const unpacked = takeUp(directory);
  const making = new Map<string, Promise<void>>();
  const settling = new Set<Promise<void>>();

  const make = async (name: string, packages: readonly Package[]): Promise<void> => {
    if (unpacked.has(name)) return;
    const folder = join(directory, `unpacking-${random.uuid()}`);
    const next = `${folder}-next`;
    mkdirSync(folder, { recursive: true });
    try {
      let bytes = 0;
      for (const { blobId } of packages) {
        mkdirSync(next);
        bytes += (await unzip(blobs.path(blobId), next)).unzippedBytes;
        moveOver(next, folder);
        rmSync(next, { recursive: true });
      }
      chmodSync(folder, 0o755);
      renameSync(folder, join(directory, name));
      const one = { bytes, lastUsedAt: wall.now(), holders: 0 };
      unpacked.set(name, one);
      const settled = settle(name, one).finally(() => settling.delete(settled));
      settling.add(settled);
    } catch (error) {
      for (const left of [folder, next]) rmSync(left, { recursive: true, force: true });
      throw error;
    }
  };
  /** Behind the work: nobody who runs the code waits for the disk. */
  const settle = async (name: string, one: Unpacked) => {
    await syncFiles(directory);
    try {
      if (unpacked.get(name) === one) writeWhole(join(directory, name + SIZE), Buffer.from(String(one.bytes)), 0o644);
    } catch {
      // Then the next server unpacks it again: this is a cache.
    }
  };
  const once = (name: string, packages: readonly Package[]): Promise<void> => {
    let made = making.get(name);
    if (made === undefined) {
      made = make(name, packages).finally(() => making.delete(name));
      making.set(name, made);
    }
    return made;
  };
  const remove = (name: string) => {
    unpacked.delete(name);
    // Out of the way at once, so that nobody finds half of it; then file by file.
    const going = join(directory, `removing-${random.uuid()}`);
    rmSync(join(directory, name + SIZE), { force: true });
    renameSync(join(directory, name), going);
    void rm(going, { recursive: true, force: true }).catch(() => {});
  };
  const evict = () => {
    let total = 0;
    for (const { bytes } of unpacked.values()) total += bytes;
    const free = [...unpacked].filter(([, { holders }]) => holders === 0).toSorted(([, a], [, b]) => a.lastUsedAt - b.lastUsedAt);
    for (const [name, { bytes }] of free) {
      if (total <= bytesMax) return;
      remove(name);
      total -= bytes;
    }
  };
  const hold = (name: string): UnpackedCode => {
    const one = unpacked.get(name)!;
    one.holders++;
    let isHeld = true;
    return {
      folder: join(directory, name),
      release() {
        if (!isHeld) return;
        isHeld = false;
        one.holders--;
        one.lastUsedAt = wall.now();
        touch(join(directory, name + SIZE), one.lastUsedAt);
        evict();
      },
    };
  };

  return {
    /** Waits until what was unpacked is on the disk. */
    async close() {
      await Promise.all(settling);
    },
    /** The packages, one at least, in a folder of their own, for as long as it is held: merged in their order, the later over the earlier. */
    async acquire(...packages: readonly Package[]): Promise<UnpackedCode> {
      const name = nameOf(packages);
      // It may be removed between the end of making it and here, where another one was made.
      while (!unpacked.has(name)) await once(name, packages);
      const held = hold(name);
      evict();
      return held;
    },
  };
};
