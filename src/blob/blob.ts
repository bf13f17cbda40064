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

export interface WriteOptions {
  /**
   * Lower-case letters and digits. A blob with an owner counts as unkept until `keep` was called, so that after a crash
   * its owner can tell the blobs that no row came to name.
   */
  owner?: string;
}

/** Immutable bytes by an id of ours. Never a user's name in a path. */
export interface BlobStore {
  /**
   * Resolves once the bytes and their directory entry are on the disk. A body that fails leaves nothing behind.
   * Fails with BlobStoreFullError before the disk is full.
   */
  write(body: AsyncIterable<Uint8Array> | Uint8Array, options?: WriteOptions): Promise<StoredBlob>;
  /**
   * Fails with BlobMissingError when the blob is not there, with BlobDamagedError when it is not as long as it was.
   * Reading the whole of it also compares the bytes with what was written, and fails before the last chunk when they differ.
   */
  read(id: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** No error when it is not there. */
  remove(id: string): Promise<void>;
  /** A file on this machine with the blob's bytes, for code that is unpacked or mounted. */
  path(id: string): string;
  /** The owner's row that names this blob is committed. Does not wait: losing it costs one look at the next start. */
  keep(id: string): void;
  /** Blobs of this owner that an earlier run wrote and did not keep: to be kept or removed. */
  unkept(owner: string): Promise<string[]>;
}

export class BlobMissingError extends Error {
  override name = "BlobMissingError";
  constructor(id: string, options?: ErrorOptions) {
    super(`there is no blob ${id}`, options);
  }
}

export class BlobDamagedError extends Error {
  override name = "BlobDamagedError";
  constructor(id: string, what: string) {
    super(`blob ${id} is damaged: ${what}; restore it from a backup`);
  }
}

export class BlobStoreFullError extends Error {
  override name = "BlobStoreFullError";
  constructor(directory: string, freeBytes: number, reservedBytes: number) {
    super(`${directory} has ${freeBytes} bytes free and keeps ${reservedBytes} in reserve: free some space, then try again`);
  }
}
