import { writeSync } from "node:fs";
import { AF_UNIX, CLONE_NEWPID, SO_PASSCRED, SOCK_CLOEXEC, SOCK_STREAM, SOL_SOCKET } from "./libc.mjs";

/** Two ends: who sends something into the second is known at the first, by the kernel. */
const openIntroduction = (libc) => {
  const [pair, yes] = [Buffer.alloc(128), Buffer.alloc(128)];
  libc.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
  yes.writeInt32LE(1);
  libc.setsockopt(pair.readInt32LE(0), SOL_SOCKET, SO_PASSCRED, yes, 4);
  return [pair.readInt32LE(0), pair.readInt32LE(4)];
};

/** In the process between: makes the copy and ends. Returns in the copy alone, which is not heard of when it could not be made. */
const forkAgain = (libc) => {
  try {
    if (libc.fork() === 0) return;
  } catch {}
  libc.exit(0);
};

/** True in the copy. */
const forkTwice = (libc, sandbox, ownProcesses) => {
  // It holds for those who are born, not for this one.
  libc.setns(sandbox, CLONE_NEWPID);
  let between;
  try {
    between = libc.fork();
  } finally {
    if (between !== 0) libc.setns(ownProcesses, CLONE_NEWPID);
  }
  if (between === 0) {
    forkAgain(libc);
    return true;
  }
  libc.waitpid(between, null, 0);
  return false;
};

/**
 * Copies this process into the process namespace of `sandbox`, a descriptor of its first process. That one will be the parent: between the two was one more copy, in there as
 * well, that has ended, since an orphan goes to the first process of where its parent was. Returns undefined in the copy; here, its process ids.
 */
export const createForkInto = (libc, receive, ownProcesses) => (sandbox) => {
  const [ours, its] = openIntroduction(libc);
  let isCopy = false;
  try {
    isCopy = forkTwice(libc, sandbox, ownProcesses);
  } finally {
    if (!isCopy) libc.close(its);
  }
  if (isCopy) return void writeSync(its, `${libc.getpid()}`);
  const { text, pid } = receive(ours);
  libc.close(ours);
  if (text === "") throw new Error("a copy could not be made in a sandbox: its first process has ended, or it may have no more processes");
  return { forked: pid, inner: Number(text) };
};
