import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { UNZIPPED_BYTES_MAX } from "../../src/kit/limits.ts";
import { inspectZip, unzip } from "../../src/kit/zip.ts";
import { temporaryDirectory } from "../support/temporary.ts";

interface Entry {
  name: string;
  content?: Buffer;
  /** Unix mode with its type; 0o100644 when left out. */
  mode?: number;
  /** What the archive says of it, when that is a lie. */
  claimedSize?: number;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});
const crc32 = (bytes: Buffer): number => {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
};

/** An archive byte by byte: no well-behaved writer would make these. */
const zip = (entries: readonly Entry[]): Buffer => {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, content = Buffer.from("content"), mode = 0o100644, claimedSize = content.length } of entries) {
    const [bytes, packed] = [Buffer.from(name), deflateRawSync(content)];
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(0x800, 6);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(crc32(content), 14);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(claimedSize, 22);
    local.writeUInt16LE(bytes.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(0x031e, 4);
    local.copy(central, 6, 4, 30);
    central.writeUInt32LE((mode << 16) >>> 0, 38);
    central.writeUInt32LE(offset, 42);
    locals.push(local, bytes, packed);
    centrals.push(central, bytes);
    offset += local.length + bytes.length + packed.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
};

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

  it.each<[string, Entry[]]>([
    ["a name that leaves it", [{ name: "../evil" }]],
    ["a name that leaves it further on", [{ name: "a/../../evil" }]],
    ["an absolute name", [{ name: "/etc/evil" }]],
    ["a drive", [{ name: "C:/evil" }]],
    ["a backslash", [{ name: "..\\evil" }]],
    ["a NUL", [{ name: "a\0b" }]],
    ["a name twice", [{ name: "a" }, { name: "a" }]],
    ["a link out of it", [{ name: "a", mode: 0o120777, content: Buffer.from("../../etc/passwd") }]],
    ["an absolute link", [{ name: "a", mode: 0o120777, content: Buffer.from("/etc/passwd") }]],
    ["a file through a link", [{ name: "a", mode: 0o120777, content: Buffer.from("b") }, { name: "a/evil" }]],
    ["a device", [{ name: "a", mode: 0o020666 }]],
    ["a pipe", [{ name: "a", mode: 0o010666 }]],
    ["a size that is a lie", [{ name: "a", content: Buffer.alloc(100_000), claimedSize: 10 }]],
  ])("is refused with %s, and nothing lies outside", async (_name, entries) => {
    const outside = temporaryDirectory();
    const folder = join(outside, "in", "folder");
    await expect(unzip(zip(entries), folder)).rejects.toMatchObject({ code: "InvalidParameterValueException", message: UNREADABLE });
    await expect(inspectZip(zip(entries))).rejects.toMatchObject({ message: UNREADABLE });
    expect(existsSync(join(outside, "evil"))).toBe(false);
    expect(readdirSync(outside).filter((name) => name !== "in")).toEqual([]);
  });

  it("that is a bomb is stopped while it goes off", async () => {
    const half = Buffer.alloc(UNZIPPED_BYTES_MAX / 2 + 1);
    await expect(inspectZip(zip([{ name: "a", content: half }, { name: "b", content: half }]))).rejects.toMatchObject({ message: "Unzipped size must be smaller than 262144000 bytes" });
  });

  it.each([["nothing", Buffer.alloc(0)], ["no zip", Buffer.from("hello")], ["half a zip", zip([{ name: "a" }]).subarray(0, 60)]])("is refused when it is %s", async (_name, bytes) => {
    await expect(inspectZip(bytes)).rejects.toMatchObject({ code: "InvalidParameterValueException", message: UNREADABLE });
  });
});
