// A copy becomes a program of its sandbox: in there, with the sandbox's user and limits, and no way to get others.
import { readFileSync } from "node:fs";
import * as linux from "./libc.mjs";

const UMASK = 0o022;
/** Of the process namespace too, but that is entered before a process is made. */
const SANDBOX = linux.CLONE_NEWNS | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS | linux.CLONE_NEWCGROUP;
const INSTRUCTION_BYTES = 8;
/** V8 keeps small buffers within its own heap, where they move. */
const FIXED_BYTES = 128;

/** struct sock_fprog of a compiled filter. */
const createProgram = (libc, filter) => {
  const bytes = readFileSync(filter);
  const instructions = Buffer.alloc(Math.max(bytes.length, FIXED_BYTES));
  bytes.copy(instructions);
  const program = Buffer.alloc(FIXED_BYTES);
  program.writeUInt16LE(bytes.length / INSTRUCTION_BYTES, 0);
  program.writeBigUInt64LE(BigInt(libc.addressOf(instructions)), 8);
  return { instructions, program, address: libc.addressOf(program) };
};

export const createBecome = (libc, filter, inherit) => {
  const program = createProgram(libc, filter);
  const lastCapability = Number(readFileSync("/proc/sys/kernel/cap_last_cap", "latin1"));

  const limit = (resource, value) => {
    const limits = Buffer.alloc(FIXED_BYTES);
    limits.writeBigUInt64LE(BigInt(value), 0);
    limits.writeBigUInt64LE(BigInt(value), 8);
    libc.setrlimit(resource, limits);
  };

  const giveUpPrivileges = ({ uid, gid }) => {
    for (let capability = 0; capability <= lastCapability; capability++) libc.prctl(linux.PR_CAPBSET_DROP, capability, 0, 0, 0);
    libc.setgroups(0, null);
    libc.setresgid(gid, gid, gid);
    libc.setresuid(uid, uid, uid);
    const header = Buffer.alloc(FIXED_BYTES);
    header.writeUInt32LE(linux.LINUX_CAPABILITY_VERSION_3);
    libc.capset(header, Buffer.alloc(FIXED_BYTES));
    libc.prctl(linux.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    // Who changes its user loses that, and with it its own /proc/self.
    libc.prctl(linux.PR_SET_DUMPABLE, 1, 0, 0, 0);
    libc.prctl(linux.PR_SET_SECCOMP, linux.SECCOMP_MODE_FILTER, program.address, 0, 0);
  };

  /** `sandbox` is a descriptor of a process in there. */
  return (order, { gate, ...descriptors }, sandbox) => {
    libc.setns(sandbox, SANDBOX);
    libc.setsid();
    inherit(descriptors, gate);
    process.chdir("/");
    libc.umask(UMASK);
    limit(linux.RLIMIT_CORE, 0);
    limit(linux.RLIMIT_NOFILE, order.files);
    giveUpPrivileges(order);
    libc.renewRandomness();
  };
};
