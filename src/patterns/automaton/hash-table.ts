import { systemRandom } from "../../kit/random.ts";

/** Nobody shall know which texts have the same hash. */
export const HASH_SEED = systemRandom.bytes(4).readInt32LE();

const PRIME = 0x01000193;
/** Slots that a table begins with; it is never fuller than two thirds. */
const SLOTS_FIRST = 4;

/** One more byte (FNV-1a): the hash of a text is known at each of its bytes, and so that of each prefix. */
export const hashByte = (hash: number, byte: number): number => Math.imul(hash ^ byte, PRIME);

/** Of a text of bytes, from the first to the last. */
export const hashOf = (text: string): number => {
  let hash = HASH_SEED;
  for (let index = 0; index < text.length; index++) hash = hashByte(hash, text.charCodeAt(index));
  return hash;
};

export const hashOfBytes = (bytes: Uint8Array, from: number, to: number): number => {
  let hash = HASH_SEED;
  for (let at = from; at < to; at++) hash = hashByte(hash, bytes[at]!);
  return hash;
};

/** The same from the last to the first. */
export const hashFromEnd = (text: string): number => {
  let hash = HASH_SEED;
  for (let index = text.length - 1; index >= 0; index--) hash = hashByte(hash, text.charCodeAt(index));
  return hash;
};

/** The hash of a slot that is free. What has it is kept under another one, as if both had the same. */
const FREE = 0;
const IN_PLACE_OF_FREE = 1;

const keptAs = (hash: number): number => (hash === FREE ? IN_PLACE_OF_FREE : hash);

/** Values by integers of 32 bits, two of which may be taken for the same; a value that is undefined is none. What is not there is found out by the hashes alone, which lie together. */
export class HashTable<V> {
  #hashes = new Int32Array(SLOTS_FIRST);
  #values: (V | undefined)[] = Array.from({ length: SLOTS_FIRST }, () => undefined);
  size = 0;

  get(hash: number): V | undefined {
    const slot = this.#slotOf(keptAs(hash));
    return this.#hashes[slot] === FREE ? undefined : this.#values[slot];
  }

  set(given: number, value: V | undefined): void {
    const hash = keptAs(given);
    if (value === undefined) return this.#delete(hash);
    if ((this.size + 1) * 3 > this.#hashes.length * 2) this.#grow();
    const slot = this.#slotOf(hash);
    if (this.#hashes[slot] === FREE) this.size++;
    this.#hashes[slot] = hash;
    this.#values[slot] = value;
  }

  /** Where it is, or would be. */
  #slotOf(hash: number): number {
    const hashes = this.#hashes;
    const mask = hashes.length - 1;
    for (let slot = homeOf(hash, mask); ; slot = (slot + 1) & mask) {
      const found = hashes[slot];
      if (found === hash || found === FREE) return slot;
    }
  }

  #grow(): void {
    const [hashes, values] = [this.#hashes, this.#values];
    this.#hashes = new Int32Array(values.length * 2);
    this.#values = Array.from({ length: values.length * 2 }, () => undefined);
    for (const [slot, hash] of hashes.entries()) {
      if (hash === FREE) continue;
      const to = this.#slotOf(hash);
      this.#hashes[to] = hash;
      this.#values[to] = values[slot];
    }
  }

  /** What stands behind is moved up, as far as it would be looked for there. */
  #delete(hash: number): void {
    const mask = this.#hashes.length - 1;
    let free = this.#slotOf(hash);
    if (this.#hashes[free] === FREE) return;
    this.size--;
    for (let slot = (free + 1) & mask; this.#hashes[slot] !== FREE; slot = (slot + 1) & mask) {
      const home = homeOf(this.#hashes[slot]!, mask);
      if (((slot - home) & mask) < ((slot - free) & mask)) continue;
      this.#hashes[free] = this.#hashes[slot]!;
      this.#values[free] = this.#values[slot];
      free = slot;
    }
    this.#hashes[free] = FREE;
    this.#values[free] = undefined;
  }
}

const homeOf = (hash: number, mask: number): number => (hash ^ (hash >>> 15)) & mask;
