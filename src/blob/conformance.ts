import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { BlobStore } from "./blob.ts";

/** What every driver must do. A case that a driver cannot pass is skipped with a written reason, by its name. */
export interface ConformanceCase {
  name: string;
  run(open: () => BlobStore): Promise<void>;
}

const collect = async (body: AsyncIterable<Uint8Array>): Promise<Buffer> => Buffer.concat(await Array.fromAsync(body));
const pattern = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 255));

async function* inChunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export const blobConformance: readonly ConformanceCase[] = [
  {
    name: "gives back what was written, whole",
    async run(open) {
      const blobs = open();
      for (const length of [0, 1, 1_000, 262_144, 262_145, 1_000_003]) {
        const bytes = pattern(length);
        const stored = await blobs.write(inChunks(bytes, 70_001));
        equal(stored.size, length);
        equal(stored.sha256, createHash("sha256").update(bytes).digest("hex"));
        equal(bytes.equals(await collect(blobs.read(stored.id))), true);
        equal(bytes.equals(await readFile(blobs.path(stored.id))), true);
      }
    },
  },
  {
    name: "gives back a part",
    async run(open) {
      const blobs = open();
      const bytes = pattern(600_000);
      const { id } = await blobs.write(bytes);
      for (const [start, end] of [[0, 0], [599_999, 599_999], [262_143, 262_144], [1, 599_998], [0, 599_999]] as const) {
        equal(bytes.subarray(start, end + 1).equals(await collect(blobs.read(id, { start, end }))), true, `${start}-${end}`);
      }
    },
  },
  {
    name: "gives every write an id of its own, equal bytes or not",
    async run(open) {
      const blobs = open();
      const [a, b] = await Promise.all([blobs.write(pattern(10)), blobs.write(pattern(10))]);
      equal(a.id === b.id, false);
      await blobs.remove(a.id);
      equal((await collect(blobs.read(b.id))).length, 10);
    },
  },
  {
    name: "leaves nothing of a body that fails",
    async run(open) {
      const blobs = open();
      const failing = async function* () {
        yield pattern(100_000);
        throw new Error("the client went away");
      };
      await rejects(blobs.write(failing(), { owner: "test" }), /the client went away/);
      deepEqual(await open().unkept("test"), []);
    },
  },
  {
    name: "forgets what is removed, and does not mind to be asked twice",
    async run(open) {
      const blobs = open();
      const { id } = await blobs.write(pattern(10));
      await blobs.remove(id);
      await blobs.remove(id);
      await rejects(collect(blobs.read(id)), { name: "BlobMissingError" });
    },
  },
  {
    name: "knows no blob by a name that is not an id",
    async run(open) {
      const blobs = open();
      for (const id of ["", "..", "../new", "/etc/passwd", "a\0b"]) {
        await rejects(collect(blobs.read(id)), { name: "BlobMissingError" });
        await blobs.remove(id);
      }
    },
  },
  {
    name: "keeps its blobs over a restart, and names those that were not kept",
    async run(open) {
      const before = open();
      const [kept, unkept, ownerless, removed] = await Promise.all([
        before.write(pattern(10), { owner: "test" }),
        before.write(pattern(11), { owner: "test" }),
        before.write(pattern(12)),
        before.write(pattern(13), { owner: "test" }),
      ]);
      before.keep(kept.id);
      await before.remove(removed.id);
      await before.write(pattern(1));
      const after = open();
      match(unkept.id, /./);
      deepEqual(await after.unkept("test"), [unkept.id]);
      deepEqual(await after.unkept("other"), []);
      for (const { id, size } of [kept, unkept, ownerless]) equal((await collect(after.read(id))).length, size);
    },
  },
];
