const FIRST_BYTES = 4 * 1_024;

/**
 * A body that is put together, in bounded memory however small the pieces are that it comes in. Of one that is longer than it may be nothing is kept.
 */
export class Gathering {
  readonly #bytesMax: number;
  /** It will not grow beyond that. */
  readonly #capacityMax: number;
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;
  #isTooLong: boolean;

  constructor(bytesMax: number, length: number | "chunked") {
    this.#bytesMax = bytesMax;
    this.#capacityMax = length === "chunked" ? bytesMax : Math.min(length, bytesMax);
    this.#isTooLong = length !== "chunked" && length > bytesMax;
  }

  add(piece: Buffer): void {
    if (this.#isTooLong) return;
    const length = this.#length + piece.length;
    if (length > this.#bytesMax) {
      this.#isTooLong = true;
      this.#bytes = Buffer.alloc(0);
      return;
    }
    // Most bodies come in one piece, which is not copied.
    if (this.#length === 0) this.#bytes = piece;
    else {
      if (length > this.#bytes.length) this.#grow(length);
      piece.copy(this.#bytes, this.#length);
    }
    this.#length = length;
  }

  /** The whole body; undefined when it is longer than it may be. */
  get whole(): Buffer | undefined {
    if (this.#isTooLong) return undefined;
    return this.#bytes.length === this.#length ? this.#bytes : this.#bytes.subarray(0, this.#length);
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#capacityMax, Math.max(FIRST_BYTES, 2 * length)));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
