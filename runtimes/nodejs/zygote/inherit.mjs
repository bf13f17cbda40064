import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { O_CLOEXEC, O_NONBLOCK } from "./libc.mjs";

const CHANNEL = 4;
const [STDIN, STDOUT, STDERR] = [0, 1, 2];
const ACCESS = { mask: 3, write: 1 };

const opened = () => readdirSync("/proc/self/fd").map(Number);

/** Undefined for the one that the list itself was read by. */
const linkOf = (descriptor) => {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
};

const isForWriting = (descriptor) => (Number.parseInt(/flags:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1"))[1], 8) & ACCESS.mask) === ACCESS.write;

/** What Node.js has opened for itself, by what it is. */
const lookAtDescriptors = (nothing) => {
  const found = { epolls: [], events: [], pipes: [], nothings: [] };
  const pipes = new Map();
  for (const descriptor of opened()) {
    const link = linkOf(descriptor);
    if (descriptor <= CHANNEL || descriptor === nothing || link === undefined) continue;
    if (link === "anon_inode:[eventpoll]") found.epolls.push(descriptor);
    else if (link === "anon_inode:[eventfd]") found.events.push(descriptor);
    else if (link === "/dev/null") found.nothings.push(descriptor);
    else if (link.startsWith("pipe:")) pipes.set(link, { ...pipes.get(link), link, [isForWriting(descriptor) ? "writing" : "reading"]: descriptor });
    else throw new Error(`Node.js has something open that a copy could not have for itself: ${link}`);
  }
  found.pipes.push(...pipes.values());
  if (found.pipes.some(({ reading, writing }) => reading === undefined || writing === undefined)) throw new Error("Node.js has a pipe open that leads to another process, and a copy would have it too");
  return found;
};

/**
 * What a copy does with the descriptors that it has in common with the zygote. To be called before anything was opened but `nothing`, which is /dev/null: by that,
 * what Node.js itself has opened is told from the rest.
 *
 * Node.js goes on to use its own by number: for its event loop, for others that run when it ends, to wake its threads then. So each is replaced by a new one of its kind:
 * copies must not reach each other, or the zygote, through what they have in common.
 */
export const createInherit = (libc, nothing) => {
  const { epolls, events, pipes, nothings } = lookAtDescriptors(nothing);
  const ownOfNode = [...epolls, ...events, ...pipes.flatMap(({ reading, writing }) => [reading, writing]), ...nothings];
  const ends = Buffer.alloc(128);

  const place = (from, to, flags) => from !== to && libc.dup3(from, to, flags);
  const move = (from, to) => {
    libc.dup3(from, to, O_CLOEXEC);
    libc.close(from);
  };
  const renew = () => {
    for (const descriptor of epolls) move(libc.epollCreate(O_CLOEXEC), descriptor);
    for (const descriptor of events) move(libc.eventfd(0, O_CLOEXEC | O_NONBLOCK), descriptor);
    for (const { link, reading, writing } of pipes) {
      // The one by which libuv locks its signals is renewed by itself, with something in it.
      if (linkOf(reading) !== link) continue;
      libc.pipe(ends, O_CLOEXEC | O_NONBLOCK);
      const [forReading, forWriting] = [ends.readInt32LE(0), ends.readInt32LE(4)];
      move(forReading, reading);
      move(forWriting, writing);
    }
    libc.renewEventLoop();
  };
  const closeIfOpen = (descriptor) => {
    try {
      libc.close(descriptor);
    } catch {}
  };

  /** `kept` stays where it is. */
  return ({ stdout, stderr, channel }, kept) => {
    place(nothing, STDIN, 0);
    place(stdout, STDOUT, 0);
    place(stderr, STDERR, 0);
    place(channel, CHANNEL, O_CLOEXEC);
    for (const descriptor of opened()) if (descriptor > CHANNEL && descriptor !== kept && !ownOfNode.includes(descriptor)) closeIfOpen(descriptor);
    closeIfOpen(CHANNEL - 1);
    renew();
  };
};
