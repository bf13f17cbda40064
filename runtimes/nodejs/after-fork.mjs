// For a process that was copied from one that waits: what its siblings have in common with it, and must not.
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { readlinkSync } from "node:fs";

/** How many UUIDs, and how many numbers, Node.js makes in advance. */
const UUIDS = 128;
const NUMBERS = 1024;
const LARGEST = 2 ** 47;

/** xorshift128+ with V8's shifts, on halves of its two numbers of 64 bits, and as V8 takes a fraction from it. */
const createRandom = (seed) => {
  let [highA, lowA, highB, lowB] = new Uint32Array(seed.buffer, seed.byteOffset, 4);
  return () => {
    let [high, low] = [highA, lowA];
    [highA, lowA] = [highB, lowB];
    high ^= (high << 23) | (low >>> 9);
    low ^= low << 23;
    const [right, left] = [(low >>> 17) | (high << 15), high >>> 17];
    low ^= right ^ lowA ^ ((lowA >>> 26) | (highA << 6));
    high ^= left ^ highA ^ (highA >>> 26);
    [highB, lowB] = [high, low];
    return ((highA >>> 0) * 2 ** 21 + (lowA >>> 11)) / 2 ** 53;
  };
};

const reseedMath = () => {
  const seed = Buffer.alloc(16, randomBytes(16));
  const random = createRandom(seed).bind();
  Object.defineProperty(random, "name", { value: "random", configurable: true });
  Math.random = random;
};

/** What is left of them was made before the copy was. */
const useUp = () => {
  for (let i = 0; i < UUIDS; i++) randomUUID();
  for (let i = 0; i <= NUMBERS; i++) randomInt(LARGEST);
};

/** The next of those that Node.js has made in advance, or the first of new ones: two copies that draw the same have some in common. */
export const drawFromCaches = () => `${randomUUID()} ${randomInt(LARGEST)}`;

/** `hasCaches`: whether copies have random values in common that Node.js made in advance. To use them up takes longer than all the rest. */
export const afterFork = ({ hasCaches = true } = {}) => {
  Object.defineProperty(process, "pid", { value: Number(readlinkSync("/proc/self")), enumerable: true, configurable: true, writable: false });
  reseedMath();
  if (hasCaches) useUp();
};
