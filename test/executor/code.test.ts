import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createCodeCache } from "../../src/executor/code.ts";
import { createClock } from "../../src/kit/clock.ts";
import { systemRandom as random } from "../../src/kit/random.ts";
import { zipOf } from "../support/functions.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const SIZE = 1_000;
const contents = (directory: string) => readdirSync(directory).filter((name) => name !== "package.json");

const setUp = (bytesMax: number) => {
  const root = temporaryDirectory();
  const directory = join(root, "code");
  const wall = createClock();
  const open = () => {
    const cache = createCodeCache({ directory, wall, random, blobs: { path: (id) => join(root, id) }, bytesMax });
    onTestFinished(() => cache.close());
    return cache;
  };
  const add = async (letter: string) => {
    const zip = await zipOf({ "app.py": letter.repeat(SIZE) });
    writeFileSync(join(root, letter), zip);
    return { blobId: letter, sha256Base64: createHash("sha256").update(zip).digest("base64") };
  };
  return { directory, wall, open, add };
};

describe("unpacked code", () => {
  it("is removed when there is too much, the longest unused first, and unpacked again", async () => {
    const { directory, wall, open, add } = setUp(2 * SIZE);
    const cache = open();
    const [a, b, c] = await Promise.all([add("a"), add("b"), add("c")]);
    const folders: string[] = [];
    for (const code of [a, b, c]) {
      const { folder, release } = await cache.acquire(code);
      folders.push(folder);
      release();
      await wall.advance(1_000);
    }
    expect(folders.map((folder) => existsSync(folder))).toEqual([false, true, true]);
    await eventually("nothing else is left", () => contents(directory).length === 4);
    const again = await cache.acquire(a);
    expect(readFileSync(join(again.folder, "app.py"), "utf8")).toBe("a".repeat(SIZE));
    expect(folders.map((folder) => existsSync(folder))).toEqual([true, false, true]);
  });

  it("is never removed while somebody holds it, however much there is", async () => {
    const { open, add } = setUp(SIZE);
    const cache = open();
    const held = await Promise.all([add("a"), add("b"), add("c")].map(async (code) => cache.acquire(await code)));
    const twice = await cache.acquire(await add("a"));
    expect(held.map(({ folder }) => existsSync(folder))).toEqual([true, true, true]);
    held[0]!.release();
    held[0]!.release();
    expect(existsSync(twice.folder)).toBe(true);
    twice.release();
    expect(held.map(({ folder }) => existsSync(folder))).toEqual([false, true, true]);
  });

  it("is unpacked once for all who ask at once, and for the next process", async () => {
    const { directory, open, add } = setUp(10 * SIZE);
    const a = await add("a");
    const cache = open();
    const [one, two] = await Promise.all([cache.acquire(a), cache.acquire(a)]);
    expect(one.folder).toBe(two.folder);
    const mark = join(one.folder, "mark");
    writeFileSync(mark, "");
    mkdirSync(join(directory, "unpacking-x"));
    mkdirSync(join(directory, "half"));
    await cache.close();
    const next = await open().acquire(a);
    expect([next.folder, existsSync(mark)]).toEqual([one.folder, true]);
    expect(readdirSync(directory).filter((name) => /unpacking|half/.test(name))).toEqual([]);
  });

  it("that has not reached the disk is unpacked again by the next process: a crash or a loss of power may have torn it", async () => {
    const { directory, open, add } = setUp(10 * SIZE);
    const cache = open();
    const { folder } = await cache.acquire(await add("a"));
    await cache.close();
    rmSync(`${folder}.bytes`);
    writeFileSync(join(folder, "app.py"), "");
    const next = await open().acquire(await add("a"));
    expect(readFileSync(join(next.folder, "app.py"), "utf8")).toBe("a".repeat(SIZE));
    expect(contents(directory).filter((name) => !name.endsWith(".bytes"))).toHaveLength(1);
  });

  it("that cannot be unpacked leaves nothing", async () => {
    const { directory, open, add } = setUp(SIZE);
    const a = await add("a");
    await expect(open().acquire({ ...a, blobId: "missing" })).rejects.toThrow();
    expect(contents(directory)).toEqual([]);
  });
});
