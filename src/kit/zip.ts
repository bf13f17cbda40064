import { mkdirSync, symlinkSync } from "node:fs";
import { chmod, rm, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { pipeline, Transform, type Readable } from "node:stream";
import { crc32, inflateRawSync } from "node:zlib";
import { fromBuffer, open, type Entry, type Options, type ZipFile, type ZipFileOptions } from "yauzl";
import { ApiError } from "./api-error.ts";
import { FILE_NAME_BYTES_MAX, PATH_BYTES_MAX, SYMBOLIC_LINKS_MAX, UNZIPPED_BYTES_MAX, ZIP_ENTRIES_MAX, ZIP_LINK_BYTES_MAX } from "./limits/lambda.ts";

/** A file of the machine, or bytes in memory. */
type Source = string | Buffer;

export interface ZipFacts {
  entries: number;
  /** Bytes, counted while unpacking; what the archive says of itself is not believed. */
  unzippedBytes: number;
}

const TYPE_MASK = 0o170000;
const TYPE_LINK = 0o120000;
const TYPE_FILE = 0o100000;
const TYPE_FOLDER = 0o040000;
const FILE_MODE = 0o644;
const DEFLATED = 8;
/** Bytes of a file that is unpacked at once. */
const SMALL_BYTES_MAX = 1024 * 1024;

const unreadable = (why: string): ApiError =>
  new ApiError("InvalidParameterValueException", "Could not unzip uploaded file. Please check your file, then try to upload again.", { status: 400, cause: new Error(why) });
const tooLarge = (): ApiError => new ApiError("InvalidParameterValueException", `Unzipped size must be smaller than ${UNZIPPED_BYTES_MAX} bytes`, { status: 400 });

const OPTIONS: Options = { lazyEntries: true, autoClose: false, validateEntrySizes: true, strictFileNames: true, decodeStrings: true };

const openZip = (source: Source): Promise<ZipFile> =>
  new Promise((resolve, reject) => {
    const done = (error: Error | null, zip?: ZipFile) => (error ? reject(unreadable(error.message)) : resolve(zip!));
    if (typeof source === "string") open(source, OPTIONS, done);
    else fromBuffer(source, OPTIONS, done);
  });

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  // No more than this are read, so a lie about it costs nothing.
  if (zip.entryCount > ZIP_ENTRIES_MAX) throw unreadable(`${zip.entryCount} entries`);
  for (;;) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      const settle = (result: Entry | undefined, error?: Error) => {
        zip.removeListener("entry", onEntry);
        zip.removeListener("end", onEnd);
        zip.removeListener("error", onError);
        if (error === undefined) resolve(result);
        else reject(unreadable(error.message));
      };
      const onEntry = (next: Entry) => settle(next);
      const onEnd = () => settle(undefined);
      const onError = (error: Error) => settle(undefined, error);
      zip.once("entry", onEntry).once("end", onEnd).once("error", onError);
      zip.readEntry();
    });
    if (entry === undefined) return;
    yield entry;
  }
}

const openEntry = (zip: ZipFile, entry: Entry, options: Partial<ZipFileOptions> = {}): Promise<Readable> =>
  new Promise((resolve, reject) => zip.openReadStream(entry, options, (error, stream) => (error ? reject(unreadable(error.message)) : resolve(stream))));

/** Unpacked at once: a stream with its own decompressor costs ten times as much, and a package has thousands of files. */
const readSmall = async (zip: ZipFile, entry: Entry): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of await openEntry(zip, entry, entry.compressionMethod === DEFLATED ? { decompress: false } : {})) chunks.push(chunk as Buffer);
  const packed = Buffer.concat(chunks);
  const content = entry.compressionMethod === DEFLATED ? inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.uncompressedSize) }) : packed;
  if (content.length !== entry.uncompressedSize || crc32(content) !== entry.crc32) throw unreadable(`the entry ${entry.fileName} is not what its header says`);
  return content;
};

/** The name, if it stays inside and a disk can have it: no root, no drive, no `..`, no NUL. yauzl has refused backslashes already. */
const safeName = ({ fileName }: Entry): string => {
  const steps = fileName.split("/");
  if (fileName.includes("\0") || fileName.startsWith("/") || /^[a-z]:/i.test(fileName) || steps.includes("..")) throw unreadable(`the entry ${JSON.stringify(fileName)} leaves the package`);
  if (Buffer.byteLength(fileName) > PATH_BYTES_MAX || steps.some((step) => Buffer.byteLength(step) > FILE_NAME_BYTES_MAX)) throw unreadable(`the entry ${JSON.stringify(fileName)} has too long a name`);
  return posix.normalize(fileName).replace(/\/$/, "");
};

/** Throws when a link leads out of the package, on its own or through others: step by step, as the kernel would go. */
const checkLinks = (links: ReadonlyMap<string, string>): void => {
  const resolved = new Map<string, readonly string[]>();
  const resolve = (name: string, followed: number): readonly string[] => {
    const known = resolved.get(name);
    if (known !== undefined) return known;
    const target = links.get(name)!;
    if (followed > SYMBOLIC_LINKS_MAX) throw unreadable(`the link ${name} goes round in a circle`);
    if (target.startsWith("/") || target.includes("\0")) throw unreadable(`the link ${name} leaves the package`);
    let place = name.split("/").slice(0, -1);
    for (const step of target.split("/")) {
      if (step === "" || step === ".") continue;
      if (step !== "..") place.push(step);
      else if (place.pop() === undefined) throw unreadable(`the link ${name} leaves the package`);
      const at = place.join("/");
      if (links.has(at)) place = [...resolve(at, followed + 1)];
    }
    resolved.set(name, place);
    return place;
  };
  for (const name of links.keys()) resolve(name, 0);
};

/** What stands where, so that no entry takes another's place or goes through a link: the same with and without a disk. */
const createPlaces = () => {
  const kinds = new Map<string, "folder" | "file" | "link">();
  const offsets = new Set<number>();
  return (name: string, kind: "folder" | "file" | "link", { relativeOffsetOfLocalHeader: offset }: Entry): void => {
    const taken = kinds.get(name);
    if (taken !== undefined && !(taken === "folder" && kind === "folder")) throw unreadable(`the entry ${name} is there twice`);
    if (name === "." && kind !== "folder") throw unreadable("the package itself is an entry");
    kinds.set(name, kind);
    for (let folder = posix.dirname(name); folder !== "."; folder = posix.dirname(folder)) {
      const above = kinds.get(folder);
      if (above === "folder") break;
      if (above !== undefined) throw unreadable(`the entry ${name} goes through the ${above} ${folder}`);
      kinds.set(folder, "folder");
    }
    if (offsets.has(offset)) throw unreadable(`the entry ${name} is made of another one's bytes`);
    offsets.add(offset);
  };
};

const typeOf = (entry: Entry): number => ((entry.externalFileAttributes >>> 16) & TYPE_MASK) || (entry.fileName.endsWith("/") ? TYPE_FOLDER : TYPE_FILE);

/** Counts what comes out, and ends a bomb while it is going off. */
const createCounter = () => {
  const facts: ZipFacts = { entries: 0, unzippedBytes: 0 };
  const count = (bytes: number) => {
    facts.unzippedBytes += bytes;
    if (facts.unzippedBytes > UNZIPPED_BYTES_MAX) throw tooLarge();
  };
  /** Passes a file on, counted, and held to its checksum at its end. */
  const through = (entry: Entry) => {
    let checksum = 0;
    return new Transform({
      transform(chunk: Buffer, _encoding, done) {
        try {
          count(chunk.length);
          checksum = crc32(chunk, checksum);
          done(null, chunk);
        } catch (error) {
          done(error as Error);
        }
      },
      flush: (done) => done(checksum === entry.crc32 ? null : unreadable(`the entry ${entry.fileName} is not what its header says`)),
    });
  };
  return { facts, count, through };
};

const readLink = async (zip: ZipFile, entry: Entry): Promise<string> => {
  if (entry.uncompressedSize > PATH_BYTES_MAX) throw unreadable("a link is too long");
  return (await readSmall(zip, entry)).toString("utf8");
};

interface Visitor {
  folder(name: string): void;
  /** A stream ends in an error when there is too much of it, or it is not what it should be: whoever takes it must handle that. */
  file(name: string, mode: number, content: Buffer | Readable): Promise<void>;
  link(name: string, target: string): void;
}

const openFile = async (zip: ZipFile, entry: Entry, { count, through }: ReturnType<typeof createCounter>): Promise<Buffer | Readable> => {
  if (entry.isEncrypted()) throw unreadable(`the entry ${entry.fileName} is encrypted`);
  if (Math.max(entry.uncompressedSize, entry.compressedSize) <= SMALL_BYTES_MAX) {
    count(entry.uncompressedSize);
    return readSmall(zip, entry);
  }
  const counted = through(entry);
  pipeline(await openEntry(zip, entry), counted, () => {});
  return counted;
};

const refuse = (error: unknown): never => {
  if (error instanceof ApiError) throw error;
  throw unreadable(error instanceof Error ? error.message : String(error));
};

const visit = async (source: Source, visitor: Visitor): Promise<ZipFacts> => {
  const zip = await openZip(source);
  const counter = createCounter();
  const { facts } = counter;
  const take = createPlaces();
  const links = new Map<string, string>();
  let linkBytes = 0;
  try {
    for await (const entry of entriesOf(zip)) {
      const name = safeName(entry);
      facts.entries++;
      const type = typeOf(entry);
      if (type === TYPE_FOLDER) {
        take(name, "folder", entry);
        visitor.folder(name);
      } else if (type === TYPE_LINK) {
        take(name, "link", entry);
        const target = await readLink(zip, entry);
        linkBytes += target.length;
        if (linkBytes > ZIP_LINK_BYTES_MAX) throw unreadable("too many links");
        links.set(name, target);
      } else if (type === TYPE_FILE) {
        take(name, "file", entry);
        const mode = (entry.externalFileAttributes >>> 16) & 0o777 || FILE_MODE;
        await visitor.file(name, mode, await openFile(zip, entry, counter));
      } else throw unreadable(`the entry ${name} is neither file, folder nor link`);
    }
    checkLinks(links);
    // Links come last: then nothing can have been written through one.
    for (const [name, target] of links) visitor.link(name, target);
    return facts;
  } catch (error) {
    return refuse(error);
  } finally {
    zip.close();
  }
};

/** Reads a package to its end without writing anything. Throws AWS's InvalidParameterValueException for what cannot be a package. */
export const inspectZip = (source: Source): Promise<ZipFacts> =>
  visit(source, {
    folder() {},
    async file(_name, _mode, content) {
      if (!Buffer.isBuffer(content)) for await (const _chunk of content) continue;
    },
    link() {},
  });

/** Unpacks into an empty folder, permissions kept, setuid and setgid dropped. What could lead out of it is refused, and the folder is gone then. */
export const unzip = async (source: Source, folder: string): Promise<ZipFacts> => {
  const place = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };
  const unpacked = visit(source, {
    folder: (name) => void mkdirSync(join(folder, name), { recursive: true }),
    async file(name, mode, content) {
      const path = place(name);
      await writeFile(path, content, { flag: "wx", mode: FILE_MODE });
      await chmod(path, mode);
    },
    link: (name, target) => symlinkSync(target, place(name)),
  });
  return unpacked.catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
};
