import type { Random } from "../kit/random.ts";

/** A blob's id says what its bytes must be, so that reading can tell damage without asking anybody. */
export interface BlobName {
  /** Where it is written to, and the start of its id: `s3_0123456789abcdef`, or without an owner `0123456789abcdef`. */
  stem: string;
  size: number;
  /** Hex. */
  sha256: string;
}

const ID = /^((?:[a-z0-9]+_)?[0-9a-f]{16})-([0-9]{1,16})-([0-9a-f]{64})$/;
const STEM = /^(?:([a-z0-9]+)_)?([0-9a-f]{16})$/;

export const newStem = (random: Random, owner: string | undefined): string =>
  `${owner === undefined ? "" : `${owner}_`}${random.bytes(8).toString("hex")}`;

export const formatBlobId = ({ stem, size, sha256 }: BlobName): string => `${stem}-${size}-${sha256}`;

/** `undefined` for what is no id of ours: such a text never reaches a path. */
export const parseBlobId = (id: string): BlobName | undefined => {
  const [, stem, size, sha256] = ID.exec(id) ?? [];
  return stem === undefined ? undefined : { stem, size: Number(size), sha256: sha256! };
};

export const ownerOf = (stem: string): string | undefined => STEM.exec(stem)?.[1];

/** One of 256 folders, by the random part. */
export const folderOf = (stem: string): string => stem.slice(-16, -14);
