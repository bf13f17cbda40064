import { assemble, load, returns, test } from "./bpf.ts";
import { ALLOW, type Architecture, AUDIT_ARCHITECTURES, OFFSET_ARCHITECTURE, OFFSET_NUMBER, offsetOfArgument, refusal } from "./seccomp.ts";
import { FORKING } from "./syscalls.ts";

/**
 * What a Node.js is started with so that it can be copied (runtimes/nodejs/zygote): nothing in it may need a thread, since a copy has none but its own. Without them, and
 * without its filter, it is like one that was not.
 */
export const FORK_FLAGS: readonly string[] = ["--single-threaded", "--v8-pool-size=1", "--disable-sigusr1"];

/**
 * The program for a Node.js that is to be copied; its copies keep it. V8 marks its memory as not to be copied: it is told that this was done, and it was not. libuv may
 * not share a queue with the kernel, which a copy would have in common with it. It is no wall: what else there is, is allowed.
 */
export const forkFilter = (architecture: Architecture): Buffer =>
  assemble([
    load(OFFSET_ARCHITECTURE),
    test("equal", AUDIT_ARCHITECTURES[architecture], { ifFalse: "allow" }),
    load(OFFSET_NUMBER),
    test("equal", FORKING.io_uring_setup[architecture]!, { ifTrue: "unknown" }),
    test("equal", FORKING.madvise[architecture]!, { ifFalse: "allow" }),
    load(offsetOfArgument(ADVICE)),
    test("equal", MADV_DONTFORK, { ifTrue: "pretend" }),
    { label: "allow" },
    returns(ALLOW),
    { label: "unknown" },
    returns(refusal("ENOSYS")),
    { label: "pretend" },
    returns(SUCCESS_WITHOUT_DOING),
  ]);

/** Of madvise(address, length, advice). */
const ADVICE = 2;
const MADV_DONTFORK = 10;
/** SECCOMP_RET_ERRNO with no error. */
const SUCCESS_WITHOUT_DOING = 0x00050000;
