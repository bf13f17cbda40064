import { createWriteStream, mkdirSync, symlinkSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { Transform, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fromBuffer, open, type Entry, type Options, type ZipFile } from "yauzl";
import { ApiError } from "./api-error.ts";
import { UNZIPPED_BYTES_MAX, ZIP_ENTRIES_MAX } from "./limits.ts";

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
const LINK_BYTES_MAX = 4_096;
const FILE_MODE = 0o644;

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
  for (let count = 0; ; count++) {
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
    if (count >= ZIP_ENTRIES_MAX) throw unreadable("too many entries");
    yield entry;
  }
}

const contentOf = (zip: ZipFile, entry: Entry): Promise<Readable> =>
  new Promise((resolve, reject) => zip.openReadStream(entry, (error, stream) => (error ? reject(unreadable(error.message)) : resolve(stream))));

/** The name, if it stays inside: no root, no drive, no `..`, no NUL. yauzl has refused backslashes already. */
const safeName = ({ fileName }: Entry): string => {
  const name = posix.normalize(fileName);
  if (fileName.includes("\0") || fileName.startsWith("/") || /^[a-z]:/i.test(fileName) || name === ".." || name.startsWith("../") || fileName.split("/").includes("..")) throw unreadable(`the entry ${JSON.stringify(fileName)} leaves the package`);
  return name;
};

/** Whether a link, from where it stands, points into the package. */
const staysInside = (name: string, target: string): boolean => {
  if (target.startsWith("/") || target.includes("\0")) return false;
  const resolved = posix.normalize(posix.join(posix.dirname(name), target));
  return resolved !== ".." && !resolved.startsWith("../");
};

const typeOf = (entry: Entry): number => ((entry.externalFileAttributes >>> 16) & TYPE_MASK) || (entry.fileName.endsWith("/") ? TYPE_FOLDER : TYPE_FILE);

/** Counts what comes out, and ends a bomb while it is going off. */
const createCounter = () => {
  const facts: ZipFacts = { entries: 0, unzippedBytes: 0 };
  const count = (bytes: number) => {
    facts.unzippedBytes += bytes;
    if (facts.unzippedBytes > UNZIPPED_BYTES_MAX) throw tooLarge();
  };
  const through = () =>
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        try {
          count(chunk.length);
          done(null, chunk);
        } catch (error) {
          done(error as Error);
        }
      },
    });
  return { facts, through };
};

const readLink = async (zip: ZipFile, entry: Entry): Promise<string> => {
  if (entry.uncompressedSize > LINK_BYTES_MAX) throw unreadable("a link is too long");
  const chunks: Buffer[] = [];
  for await (const chunk of await contentOf(zip, entry)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
};

interface Visitor {
  folder(name: string): void;
  /** `count` goes between content and destination, in one pipeline: an error of any of them ends all. */
  file(name: string, mode: number, content: Readable, count: Transform): Promise<void>;
  link(name: string, target: string): void;
}

const refuse = (error: unknown): never => {
  if (error instanceof ApiError) throw error;
  throw unreadable(error instanceof Error ? error.message : String(error));
};

const visit = async (source: Source, visitor: Visitor): Promise<ZipFacts> => {
  const zip = await openZip(source);
  const { facts, through } = createCounter();
  const seen = new Set<string>();
  const links = new Map<string, string>();
  try {
    for await (const entry of entriesOf(zip)) {
      const name = safeName(entry).replace(/\/$/, "");
      facts.entries++;
      const type = typeOf(entry);
      if (type === TYPE_FOLDER) {
        visitor.folder(name);
        continue;
      }
      if (seen.has(name)) throw unreadable(`the entry ${name} is there twice`);
      seen.add(name);
      for (let folder = posix.dirname(name); folder !== "."; folder = posix.dirname(folder)) if (links.has(folder)) throw unreadable(`the entry ${name} goes through a link`);
      if (type === TYPE_LINK) {
        const target = await readLink(zip, entry);
        if (!staysInside(name, target)) throw unreadable(`the link ${name} leaves the package`);
        links.set(name, target);
        continue;
      }
      if (type !== TYPE_FILE) throw unreadable(`the entry ${name} is neither file, folder nor link`);
      const mode = (entry.externalFileAttributes >>> 16) & 0o777 || FILE_MODE;
      await visitor.file(name, mode, await contentOf(zip, entry), through());
    }
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
    async file(_name, _mode, content, count) {
      await pipeline(content, count, async (chunks) => {
        for await (const _chunk of chunks) continue;
      });
    },
    link() {},
  });

/** Unpacks into an empty folder, permissions kept, setuid and setgid dropped; what could lead out of it is refused. */
export const unzip = (source: Source, folder: string): Promise<ZipFacts> => {
  const place = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };
  return visit(source, {
    folder: (name) => void mkdirSync(join(folder, name), { recursive: true }),
    async file(name, mode, content, count) {
      const path = place(name);
      await pipeline(content, count, createWriteStream(path, { flags: "wx", mode: FILE_MODE }));
      await chmod(path, mode);
    },
    link: (name, target) => symlinkSync(target, place(name)),
  });
};
