// Whether this Node.js can be copied here is not to be read off its version: one copy is put to work, and has to answer and to end in time.
import { readSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as after } from "node:timers/promises";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { gzip } from "node:zlib";
import { drawFromCaches } from "../after-fork.mjs";
import { AF_UNIX, POLLIN, SOCK_CLOEXEC, SOCK_STREAM } from "./libc.mjs";

const DEADLINE_MS = 5_000;
const EXIT_CODE = 42;
const CHANNEL = 4;
const ANSWER = "as if it had been started";
const MEGABYTE = 1 << 20;
/** Much more than V8's young generation holds. */
const GARBAGE = 400_000;
/** (module (func (export "f") (result i32) i32.const 42)) */
const MODULE = Buffer.from("0061736d010000000105016000017f03020100070501016600000a06010400412a0b", "hex");

const makeGarbage = () => {
  let kept = [];
  let sum = 0;
  for (let i = 0; i < GARBAGE; i++) {
    kept.push({ i, text: `${i}` });
    sum += kept.at(-1).text.length;
    if (kept.length > GARBAGE / 10) kept = [];
  }
  return sum;
};

const startThread = () => new Promise((resolve, reject) => new Worker("require('node:worker_threads').parentPort.postMessage(1)", { eval: true }).once("message", resolve).once("error", reject));

/** In the copy: garbage and compiled code, timers, the thread pool, another V8, and an end that comes by itself. */
const work = async () => {
  makeGarbage();
  await Promise.all([after(1), readFile("/proc/self/stat"), promisify(gzip)(Buffer.alloc(MEGABYTE)), startThread()]);
  makeGarbage();
  const { instance } = await WebAssembly.instantiate(MODULE);
  if (instance.exports.f() !== EXIT_CODE) return;
  writeSync(CHANNEL, ANSWER);
  process.exitCode = EXIT_CODE;
};

const hasEnded = (libc, pid) => {
  const descriptor = libc.pidfdOpen(pid);
  const polled = Buffer.alloc(128);
  polled.writeInt32LE(descriptor, 0);
  polled.writeInt16LE(POLLIN, 4);
  const count = libc.poll(polled, 1, DEADLINE_MS);
  libc.close(descriptor);
  return count === 1;
};

/** How a process ended: the lower bits of its status are a signal's, the second byte an exit code. */
const endOf = (libc, pid) => {
  const status = Buffer.alloc(128);
  libc.waitpid(pid, status, 0);
  const value = status.readInt32LE();
  return { signal: value & 0x7f, code: value >> 8 };
};

const openPair = (libc) => {
  const pair = Buffer.alloc(128);
  libc.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
};

/** What a copy draws that does nothing else. */
const drawInCopy = (libc) => {
  const [ours, its] = openPair(libc);
  const pid = libc.fork();
  if (pid === 0) {
    libc.renewRandomness();
    writeSync(its, drawFromCaches());
    libc.exit(0);
  }
  libc.close(its);
  libc.waitpid(pid, null, 0);
  const drawn = Buffer.alloc(128);
  const bytes = readSync(ours, drawn);
  libc.close(ours);
  return drawn.toString("latin1", 0, bytes).split(" ");
};

/** Whether something that was loaded has drawn random values, of which Node.js makes many in advance: all copies would have the rest in common. */
export const lookForCaches = (libc) => {
  const [one, other] = [drawInCopy(libc), drawInCopy(libc)];
  return one.length !== 2 || one.some((drawn, index) => drawn === other[index]);
};

/** Returns true in the copy, where the work has begun. Throws when no copy may be made. */
export const proveCopies = (libc, startCopy) => {
  const [ours, its] = openPair(libc);
  const pid = libc.fork();
  if (pid === 0) {
    startCopy({ stdout: its, stderr: 2, channel: its });
    void work();
    return true;
  }
  libc.close(its);
  if (!hasEnded(libc, pid)) process.kill(pid, "SIGKILL");
  const { signal, code } = endOf(libc, pid);
  const answer = Buffer.alloc(128);
  const bytes = readSync(ours, answer);
  libc.close(ours);
  if (signal === 0 && code === EXIT_CODE && answer.toString("latin1", 0, bytes) === ANSWER) return false;
  throw new Error(`a copy of this Node.js (${process.version}) does not work: ${bytes === 0 ? "it gave no answer" : "it answered"}, and ${signal === 0 ? `ended with ${code}` : `was ended by signal ${signal}`}`);
};
