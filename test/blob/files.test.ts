import { readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { blobConformance } from "../../src/blob/conformance.ts";
import { createFileBlobStore } from "../../src/blob/files.ts";
import { systemRandom } from "../../src/kit/random.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const openIn = (directory: string) => createFileBlobStore({ directory, random: systemRandom });
const collect = async (body: AsyncIterable<Uint8Array>) => Buffer.concat(await Array.fromAsync(body));
const filesIn = (directory: string) =>
  readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(directory, name)).isFile());

describe("blobs in files", () => {
  it.each(blobConformance)("$name", async ({ run }) => {
    const directory = temporaryDirectory();
    await run(() => openIn(directory));
  });

  it("refuses a blob that was cut short", async () => {
    const blobs = openIn(temporaryDirectory());
    const { id } = await blobs.write(Buffer.alloc(1_000, 1));
    truncateSync(blobs.path(id), 999);
    await expect(collect(blobs.read(id))).rejects.toThrow(/is damaged: it has 999 bytes where 1000 were written/);
    await expect(collect(blobs.read(id, { start: 0, end: 10 }))).rejects.toThrow(/is damaged/);
  });

  it("holds the last chunk back when a byte has changed", async () => {
    const blobs = openIn(temporaryDirectory());
    const { id, size } = await blobs.write(Buffer.alloc(1_000_000, 1));
    const bytes = readFileSync(blobs.path(id));
    bytes[5] = 2;
    writeFileSync(blobs.path(id), bytes);
    let received = 0;
    await expect(
      (async () => {
        for await (const chunk of blobs.read(id)) received += chunk.length;
      })(),
    ).rejects.toThrow(/its bytes are not those that were written/);
    expect(received).toBeLessThan(size);
  });

  it("sweeps what a crash left half written", async () => {
    const directory = temporaryDirectory();
    openIn(directory);
    writeFileSync(join(directory, "new", "s3_0123456789abcdef"), "half");
    writeFileSync(join(directory, "new", "0123456789abcdef"), "half");
    openIn(directory);
    expect(filesIn(directory)).toEqual([]);
  });

  it("leaves no file behind a refused body, nor behind a removed blob", async () => {
    const directory = temporaryDirectory();
    const blobs = openIn(directory);
    await blobs.remove((await blobs.write(Buffer.from("x"), { owner: "s3" })).id);
    await expect(
      blobs.write(
        (async function* () {
          yield Buffer.from("x");
          throw new Error("no");
        })(),
      ),
    ).rejects.toThrow("no");
    expect(filesIn(directory)).toEqual([]);
  });

  it("refuses to fill the disk's reserve, and goes on reading", async () => {
    const directory = temporaryDirectory();
    const { id } = await openIn(directory).write(Buffer.from("kept"));
    const full = createFileBlobStore({ directory, random: systemRandom, freeSpace: async () => ({ freeBytes: 10_000, totalBytes: 1_000_000 }) });
    await expect(full.write(Buffer.from("x"))).rejects.toThrow(/has 10000 bytes free and keeps 250000 in reserve: free some space/);
    expect((await collect(full.read(id))).toString()).toBe("kept");
    expect(filesIn(directory)).toHaveLength(1);
  });
});
