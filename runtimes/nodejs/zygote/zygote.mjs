/**
 * A Node.js that makes others by copying itself, with our runtime client loaded and nothing of a user's. Started once, under the filter of src/sandbox/fork-filter.ts and
 * with its flags, and with one argument of JSON: `koffi`, its compiled file; `filter`, the compiled seccomp program of handlers; `program`, a module that exports
 * `begin`, which each copy calls; `flags`, those of Node.js's that were given for the sake of copies.
 *
 * Descriptor 3 is a stream socket, one message each. Descriptor 4 has to be open as well, or Node.js would take the number for itself.
 * → {"pid", "uid", "gid", "files"} with [stdout, stderr, channel, gate]: a copy is to be made in the sandbox of that process.
 * ← {"ready": true} once orders are taken · {"forked": pid, "inner": the same as the sandbox sees it} · {"error"}.
 * The copy waits for one byte on its gate, a stream socket, until it is in the sandbox's cgroup; then it says there {"ready": true} or {"error"}, and leaves it.
 * Its parent is the sandbox's first process.
 */
import { openSync, readSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { afterFork } from "../after-fork.mjs";
import { createBecome } from "./become.mjs";
import { createForkInto } from "./fork-into.mjs";
import { createInherit } from "./inherit.mjs";
import { openLibc } from "./libc.mjs";
import { lookForCaches, proveCopies } from "./probe.mjs";
import { createReceiver } from "./receive.mjs";
import { lookAtThreads } from "./threads.mjs";

const NURSERY = 3;
const ROLES = ["stdout", "stderr", "channel", "gate"];

const say = (descriptor, message) => writeSync(descriptor, `${JSON.stringify(message)}\n`);

const prepare = ({ koffi, filter, program }) => {
  const libc = openLibc(koffi);
  const inherit = createInherit(libc, openSync("/dev/null", "r+"));
  const require = createRequire(import.meta.url);
  const { begin } = require(program);
  // Handlers look into it.
  delete require.cache[program];
  const receive = createReceiver(libc);
  const forgetThreads = lookAtThreads(libc);
  return { libc, inherit, begin, receive, forgetThreads, become: createBecome(libc, filter, inherit), forkInto: createForkInto(libc, receive, openSync("/proc/self/ns/pid", "r")) };
};

/** True in the copy. */
const obey = ({ libc, forkInto }, order, opened) => {
  const sandbox = libc.pidfdOpen(order.pid);
  opened.push(sandbox);
  const made = forkInto(sandbox);
  if (made === undefined) return true;
  say(NURSERY, made);
  return false;
};

/** Returns in each copy, with what it was made for. */
const serve = (zygote) => {
  say(NURSERY, { ready: true });
  for (;;) {
    const { text, descriptors } = zygote.receive(NURSERY);
    if (text === "") process.exit();
    const opened = [...descriptors];
    try {
      const order = JSON.parse(text);
      if (obey(zygote, order, opened)) return { order, sandbox: opened.at(-1), descriptors: Object.fromEntries(ROLES.map((role, index) => [role, descriptors[index]])) };
    } catch (error) {
      say(NURSERY, { error: error.message });
    }
    for (const descriptor of opened) zygote.libc.close(descriptor);
  }
};

const passGate = ({ libc, become, forgetThreads, hasCaches }, { order, sandbox, descriptors }) => {
  const { gate } = descriptors;
  if (readSync(gate, Buffer.alloc(1)) === 0) libc.exit(1);
  try {
    become(order, descriptors, sandbox);
    forgetThreads();
    afterFork({ hasCaches });
    say(gate, { ready: true });
  } catch (error) {
    say(gate, { error: error.message });
    libc.exit(1);
  }
  libc.close(gate);
};

const facts = JSON.parse(process.argv[2]);
const zygote = prepare(facts);
const startCopy = (descriptors) => {
  zygote.inherit(descriptors);
  zygote.forgetThreads();
};
if (!proveCopies(zygote.libc, startCopy)) {
  const hasCaches = lookForCaches(zygote.libc);
  passGate({ ...zygote, hasCaches }, serve(zygote));
  process.argv.splice(1, Infinity, facts.program);
  process.execArgv = process.execArgv.filter((flag) => !facts.flags.includes(flag));
  zygote.begin();
}
