// Node.js starts threads for V8 before anything else runs. A copy of the process has none of them, which is well as long as nothing needs them
// (--single-threaded) and they hold nothing. But when the copy ends, Node.js destroys the condition variables that they wait for, and glibc waits for whoever it
// counts as waiting there, for ever, and does not destroy a mutex that it counts as used: so a copy counts them away. And it waits for the end of the threads themselves.
// glibc knows that they are gone and gives what they had, which is what they are known by, to the next threads: of a copy, it would wait for one that works on. So
// the next ones are threads that end at once, and take their places.
import { readdirSync, readFileSync } from "node:fs";

const SYSCALLS = { x64: { futex: 202, epollWait: [232, 281, 441] }, arm64: { futex: 98, epollWait: [22, 441] } };
/** glibc's pthread_cond_t: the number of those who wait, above three flags, stands before the two words of four bytes that they wait on. */
const WAITERS = { words: 8, before: 4, shift: 3, flags: 7 };
/** glibc's pthread_mutex_t begins with whether it is locked, how often, by whom, and how many use it; who waits for a condition is among the users. */
const MUTEX = { bytes: { x64: 40, arm64: 48 }, users: 12 };
/** Where the two words may stand in pthread_cond_t: before glibc 2.41, and since. The mutex of a queue of Node.js's lies before its condition. */
const WORDS_AT = [40, 32];
/** A thread is known by an address at the upper end of its stack, of which one that waits uses little. */
const STACK_USED = 1 << 20;
const DEADLINE_MS = 2_000;

const waitsOf = () => {
  const { futex, epollWait } = SYSCALLS[process.arch];
  const own = String(process.pid);
  return readdirSync("/proc/self/task")
    .filter((thread) => thread !== own)
    .map((thread) => {
      // "running" has no arguments.
      const [call, address, , , , , , stack] = readFileSync(`/proc/self/task/${thread}/syscall`, "latin1").split(" ").map(Number);
      return { isQuiet: call === futex || epollWait.includes(call), word: call === futex ? address : undefined, stack };
    });
};

const pause = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);

const quietWaits = () => {
  const end = performance.now() + DEADLINE_MS;
  for (;;) {
    const waits = waitsOf();
    if (waits.every(({ isQuiet }) => isQuiet)) return waits;
    if (performance.now() > end) throw new Error("threads of Node.js are at work and never wait, so it cannot be copied: what was loaded in advance needs them");
    pause();
  }
};

/** How many wait, by where the words lie that they wait on. */
const countWaits = (waits) => {
  const counts = new Map();
  for (const { word } of waits) {
    if (word === undefined) continue;
    const words = word - (word % WAITERS.words);
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return counts;
};

const takePlaces = (libc, stacks) => {
  const taken = stacks.map(() => libc.startNothing());
  if (!stacks.every((stack) => taken.some((thread) => thread > stack && thread - stack < STACK_USED))) throw new Error("libc gave new threads other places than those of the ones that are gone, so a copy of this Node.js could not end");
};

/** Once all other threads wait: what a copy has to do so that nothing waits for them. Throws when they wait in a way that is not known. */
export const lookAtThreads = (libc) => {
  // Larger than what V8 may keep within its own heap, where it would move.
  const number = Buffer.alloc(128).subarray(0, 4);
  const read = (address) => {
    libc.read(address, number);
    return number.readUInt32LE();
  };
  const write = (address, value) => {
    number.writeUInt32LE(value);
    libc.write(address, number);
  };
  const usersOf = (words, waiting) =>
    WORDS_AT.map((at) => words - at - MUTEX.bytes[process.arch]).find((mutex) => [0, 4, 8].every((field) => read(mutex + field) === 0) && read(mutex + MUTEX.users) === waiting);

  const waits = quietWaits();
  const counters = [...countWaits(waits)].map(([words, waiting]) => {
    const waiters = words - WAITERS.before;
    const mutex = usersOf(words, waiting);
    if (read(waiters) >>> WAITERS.shift !== waiting || mutex === undefined) throw new Error("the threads of this Node.js wait in a way that is not known, so it cannot be copied");
    return { waiters, users: mutex + MUTEX.users };
  });
  return () => {
    for (const { waiters, users } of counters) {
      write(waiters, read(waiters) & WAITERS.flags);
      write(users, 0);
    }
    takePlaces(libc, waits.map(({ stack }) => stack));
  };
};
