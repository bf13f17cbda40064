export interface StoredBlob {
  id: string;
  /** Bytes. */
  size: number;
  /** Hex. */
  sha256: string;
}

/** A part of a blob: both ends included, bytes from 0. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Immutable bytes by an id of ours. Never a user's name in a path. */
export interface BlobStore {
  /** Resolves once the bytes and their directory entry are on the disk. A body that fails leaves nothing behind. */
  write(body: AsyncIterable<Uint8Array> | Uint8Array): Promise<StoredBlob>;
  /** Fails when the blob is not there or is shorter than it was. */
  read(id: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** No error when it is not there. */
  remove(id: string): Promise<void>;
  /** A file on this machine with the blob's bytes, for code that is unpacked or mounted. */
  path(id: string): string;
}
