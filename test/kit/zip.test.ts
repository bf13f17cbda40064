import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { UNZIPPED_BYTES_MAX, ZIP_ENTRIES_MAX } from "../../src/kit/limits/lambda.ts";
import { inspectZip, unzip } from "../../src/kit/zip.ts";
import { temporaryDirectory } from "../support/temporary.ts";

interface Entry {
  /** Bytes for names that are no UTF-8. */
  name: string | Buffer;
  content?: Buffer;
  /** Unix mode with its type; 0o100644 when left out. */
  mode?: number;
  /** What the archive says of it, when that is a lie. */
  claimedSize?: number;
  claimedChecksum?: number;
  /** 8 (deflate) when left out. */
  method?: number;
  /** General purpose bits; 0x800 (names are UTF-8) when left out. */
  flags?: number;
  /** Uses the bytes of an earlier entry instead of its own. */
  sameBytesAs?: number;
  /** Sizes and offset stand in a zip64 extra field. */
  isZip64?: boolean;
}

/** An archive byte by byte: no well-behaved writer would make these. `claimedEntries`: what its end says. */
const zip = (entries: readonly Entry[], { claimedEntries = entries.length, comment = "" } = {}): Buffer => {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  const offsets: number[] = [];
  let offset = 0;
  for (const { name, content = Buffer.from("content"), mode = 0o100644, claimedSize = content.length, claimedChecksum = crc32(content), method = 8, flags = 0x800, sameBytesAs, isZip64 = false } of entries) {
    const [bytes, packed] = [Buffer.from(name as string), method === 0 ? content : deflateRawSync(content)];
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(claimedChecksum, 14);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(claimedSize, 22);
    local.writeUInt16LE(bytes.length, 26);
    const start = sameBytesAs === undefined ? offset : offsets[sameBytesAs]!;
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(0x031e, 4);
    local.copy(central, 6, 4, 30);
    central.writeUInt32LE((mode << 16) >>> 0, 38);
    central.writeUInt32LE(start, 42);
    const extra = Buffer.alloc(isZip64 ? 28 : 0);
    if (isZip64) {
      extra.writeUInt16LE(0x0001, 0);
      extra.writeUInt16LE(24, 2);
      for (const [at, value] of [[4, claimedSize], [12, packed.length], [20, start]] as const) extra.writeBigUInt64LE(BigInt(value), at);
      for (const at of [20, 24, 42]) central.writeUInt32LE(0xffffffff, at);
      central.writeUInt16LE(extra.length, 30);
    }
    centrals.push(central, bytes, extra);
    offsets.push(start);
    if (sameBytesAs !== undefined) continue;
    locals.push(local, bytes, packed);
    offset += local.length + bytes.length + packed.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(claimedEntries, 0xffff), 8);
  end.writeUInt16LE(Math.min(claimedEntries, 0xffff), 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, directory, ...(claimedEntries > 0xffff ? zip64End(claimedEntries, directory.length, offset) : []), end, Buffer.from(comment)]);
};

const zip64End = (entries: number, size: number, offset: number): Buffer[] => {
  const end = Buffer.alloc(56);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  for (const [at, value] of [[24, entries], [32, entries], [40, size], [48, offset]] as const) end.writeBigUInt64LE(BigInt(value), at);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return [end, locator];
};

const link = (name: string, target: string): Entry => ({ name, mode: 0o120777, content: Buffer.from(target) });

const UNREADABLE = "Could not unzip uploaded file. Please check your file, then try to upload again.";

describe("a package", () => {
  it("is unpacked with folders, permissions and links that stay inside", async () => {
    const folder = temporaryDirectory();
    const facts = await unzip(
      zip([
        { name: "bin/", mode: 0o040755 },
        { name: "bin/tool", mode: 0o100755 },
        { name: "a/b/app.py", content: Buffer.from("x = 1\n") },
        { name: "lib/link", mode: 0o120777, content: Buffer.from("../bin/tool") },
        { name: "setuid", mode: 0o104755 },
        { name: "plain", mode: 0 },
      ]),
      folder,
    );
    expect(facts.entries).toBe(6);
    expect(readFileSync(join(folder, "a/b/app.py"), "utf8")).toBe("x = 1\n");
    expect(statSync(join(folder, "bin/tool")).mode & 0o7777).toBe(0o755);
    expect(statSync(join(folder, "setuid")).mode & 0o7777).toBe(0o755);
    expect(statSync(join(folder, "plain")).mode & 0o7777).toBe(0o644);
    expect(readlinkSync(join(folder, "lib/link"))).toBe("../bin/tool");
    expect(lstatSync(join(folder, "lib/link")).isSymbolicLink()).toBe(true);
  });

  it("keeps empty folders, executables, and links from one to another inside", async () => {
    const folder = temporaryDirectory();
    await unzip(
      zip([
        { name: "empty/", mode: 0o040755 }, { name: "bootstrap", mode: 0o100755 }, { name: "./dotted//twice", mode: 0o100600 }, { name: "odd:name" },
        link("a", "b"), link("b", "dotted"), link("up/to/root", "../../bootstrap"), link("dangling", "nothing/here"), link("here", "."),
      ]),
      folder,
    );
    expect(readdirSync(join(folder, "empty"))).toEqual([]);
    expect(statSync(join(folder, "bootstrap")).mode & 0o777).toBe(0o755);
    expect(statSync(join(folder, "dotted/twice")).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, "a/twice"), "utf8")).toBe("content");
    expect(readFileSync(join(folder, "up/to/root"), "utf8")).toBe("content");
    expect(readFileSync(join(folder, "here/bootstrap"), "utf8")).toBe("content");
    expect(readlinkSync(join(folder, "dangling"))).toBe("nothing/here");
  });

  it("drops setuid, setgid and the sticky bit", async () => {
    const folder = temporaryDirectory();
    await unzip(zip([{ name: "all", mode: 0o107777 }, { name: "folder/", mode: 0o047777 }]), folder);
    expect(statSync(join(folder, "all")).mode & 0o7777).toBe(0o777);
    expect(statSync(join(folder, "folder")).mode & 0o7000).toBe(0);
  });

  it("has names in UTF-8, and in code page 437 when it does not say so", async () => {
    const folder = temporaryDirectory();
    await unzip(zip([{ name: "grün/日本" }, { name: Buffer.from([0x67, 0x72, 0x81, 0x6e, 0x21]), flags: 0 }]), folder);
    expect(readdirSync(folder).toSorted()).toEqual(["grün", "grün!"]);
    expect(readFileSync(join(folder, "grün/日本"), "utf8")).toBe("content");
  });

  it.runIf(process.platform === "linux")("tells names of other cases apart, as Lambda's disk does", async () => {
    const folder = temporaryDirectory();
    await unzip(zip([{ name: "Readme", content: Buffer.from("1") }, { name: "README", content: Buffer.from("2") }]), folder);
    expect([readFileSync(join(folder, "Readme"), "utf8"), readFileSync(join(folder, "README"), "utf8")]).toEqual(["1", "2"]);
  });

  it("may be stored, in zip64, and with a comment", async () => {
    const folder = temporaryDirectory();
    expect((await unzip(zip([{ name: "stored", method: 0 }, { name: "large", isZip64: true }], { comment: "made by hand" }), folder)).unzippedBytes).toBe(14);
    expect([readFileSync(join(folder, "stored"), "utf8"), readFileSync(join(folder, "large"), "utf8")]).toEqual(["content", "content"]);
  });

  it.each<[string, Entry[]]>([
    ["a name that leaves it", [{ name: "../evil" }]],
    ["a name that leaves it further on", [{ name: "a/../../evil" }]],
    ["a name that comes back", [{ name: "a/../b" }]],
    ["a name that is the folder above", [{ name: ".." }]],
    ["a name that is the folder itself", [{ name: "." }]],
    ["an absolute name", [{ name: "/etc/evil" }]],
    ["a drive", [{ name: "C:/evil" }]],
    ["a drive with a backslash", [{ name: "C:\\evil" }]],
    ["a backslash", [{ name: "..\\evil" }]],
    ["a NUL", [{ name: "a\0b" }]],
    ["a name too long for a disk", [{ name: "n".repeat(256) }]],
    ["a path too long for a disk", [{ name: "folder/".repeat(600) }]],
    ["a name twice", [{ name: "a" }, { name: "a" }]],
    ["a name twice, written in two ways", [{ name: "a/b" }, { name: "a//./b" }]],
    ["a file in a file", [{ name: "a" }, { name: "a/b" }]],
    ["a file where a folder is", [{ name: "a/b" }, { name: "a" }]],
    ["a folder where a file is", [{ name: "a" }, { name: "a/", mode: 0o040755 }]],
    ["a link out of it", [link("a", "../../etc/passwd")]],
    ["a link to the folder above", [link("a", "..")]],
    ["a link out of it that comes back", [link("a", "../in/b")]],
    ["an absolute link", [link("a", "/etc/passwd")]],
    ["a chain of links out of it", [link("a", "b"), link("b", "..")]],
    ["a chain that only its end leads out", [link("deep/up", ".."), link("out", "deep/up/..")]],
    ["a chain through folders", [link("x/y/up", "../.."), link("z", "x/y/up/../evil")]],
    ["a link to itself", [link("a", "a")]],
    ["a circle of links", [link("a", "b"), link("b", "c/d"), link("c", "a")]],
    ["a link with a NUL", [link("a", "b\0c")]],
    ["a link that is too long", [link("a", "b/".repeat(3_000))]],
    ["a file through a link", [link("a", "b"), { name: "a/evil" }]],
    ["a file through a link that comes later", [{ name: "a/evil" }, link("a", "b")]],
    ["a folder through a link", [link("a", "b"), { name: "a/folder/", mode: 0o040755 }]],
    ["a link over a file", [{ name: "a" }, link("a", "b")]],
    ["a file over a link", [link("a", "b"), { name: "a" }]],
    ["a device", [{ name: "a", mode: 0o020666 }]],
    ["a disk", [{ name: "a", mode: 0o060666 }]],
    ["a pipe", [{ name: "a", mode: 0o010666 }]],
    ["a socket", [{ name: "a", mode: 0o140666 }]],
    ["a size that is a lie", [{ name: "a", content: Buffer.alloc(100_000), claimedSize: 10 }]],
    ["a size that promises more", [{ name: "a", claimedSize: 1_000 }]],
    ["entries that share their bytes", [{ name: "a" }, { name: "b", sameBytesAs: 0 }]],
    ["bytes that are not what their checksum says", [{ name: "a", claimedChecksum: 1 }]],
    ["many such bytes", [{ name: "a", content: Buffer.alloc(2_000_000), claimedChecksum: 1 }]],
    ["a large size that is a lie", [{ name: "a", content: Buffer.alloc(3_000_000), claimedSize: 2_000_000 }]],
    ["an encrypted entry", [{ name: "a", flags: 0x801 }]],
    ["a method of packing that nobody reads", [{ name: "a", method: 12 }]],
    ["too many links", Array.from({ length: 300 }, (_, index) => link(`l${index}`, "b/".repeat(1_999)))],
  ])("is refused with %s, and nothing is left", async (_name, entries) => {
    const outside = temporaryDirectory();
    const folder = join(outside, "in", "folder");
    await expect(unzip(zip(entries), folder)).rejects.toMatchObject({ code: "InvalidParameterValueException", message: UNREADABLE });
    await expect(inspectZip(zip(entries))).rejects.toMatchObject({ message: UNREADABLE });
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(join(outside, "evil"))).toBe(false);
    expect(readdirSync(outside).filter((name) => name !== "in")).toEqual([]);
  });

  it("leaves nothing of the files before the one that is refused", async () => {
    const folder = join(temporaryDirectory(), "folder");
    await expect(unzip(zip([{ name: "fine/one" }, { name: "fine/two" }, { name: "../evil" }]), folder)).rejects.toMatchObject({ message: UNREADABLE });
    expect(existsSync(folder)).toBe(false);
  });

  it("with more entries than may be is refused before any is read, whatever is true of the number", async () => {
    await expect(inspectZip(zip([{ name: "a" }], { claimedEntries: ZIP_ENTRIES_MAX + 1 }))).rejects.toMatchObject({ message: UNREADABLE });
    await expect(inspectZip(zip([{ name: "a" }], { claimedEntries: 1_000_000_000 }))).rejects.toMatchObject({ message: UNREADABLE });
    expect(await inspectZip(zip(Array.from({ length: 10_000 }, (_, index) => ({ name: `${index}`, content: Buffer.alloc(0) }))))).toEqual({ entries: 10_000, unzippedBytes: 0 });
  }, 60_000);

  it("that is a bomb is stopped while it goes off", async () => {
    const half = Buffer.alloc(UNZIPPED_BYTES_MAX / 2 + 1);
    await expect(inspectZip(zip([{ name: "a", content: half }, { name: "b", content: half }]))).rejects.toMatchObject({ message: "Unzipped size must be smaller than 262144000 bytes" });
  });

  it.each([["nothing", Buffer.alloc(0)], ["no zip", Buffer.from("hello")], ["half a zip", zip([{ name: "a" }]).subarray(0, 60)]])("is refused when it is %s", async (_name, bytes) => {
    await expect(inspectZip(bytes)).rejects.toMatchObject({ code: "InvalidParameterValueException", message: UNREADABLE });
  });
});
