import { createHash, createHmac } from "node:crypto";

/** The SDK's signer takes a hash as a class. */
export class Sha256 {
  readonly #hash;
  constructor(secret?: string | Uint8Array | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as Uint8Array);
  }
  update(data: string | Uint8Array | ArrayBuffer | ArrayBufferView) {
    this.#hash.update(data as Uint8Array);
  }
  async digest() {
    return new Uint8Array(this.#hash.digest());
  }
  reset() {}
}
