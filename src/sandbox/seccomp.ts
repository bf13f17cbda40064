import { assemble, jump, load, mask, returns, test, type Line } from "./bpf.ts";
import { DENIED, INSPECTED, LAST_SYSCALL } from "./syscalls.ts";

export type Architecture = "x64" | "arm64";

/**
 * The program for `bwrap --seccomp FD`. It lets through what is not named: language runtimes must run as they do on AWS. What is named
 * is refused with an error that programs know how to take, never with a signal, except for calls of another architecture, which
 * nobody makes by accident.
 */
export const seccompFilter = (architecture: Architecture): Buffer => {
  const inspected = (Object.keys(INSPECTED) as InspectedName[]).filter((name) => INSPECTED[name][architecture] !== null);
  const denied = Object.values(DENIED).flatMap((numbers) => numbers[architecture] ?? []);
  return assemble([
    load(OFFSET_ARCHITECTURE),
    test("equal", AUDIT_ARCHITECTURES[architecture], { ifFalse: "kill" }),
    load(OFFSET_NUMBER),
    ...(architecture === "x64" ? [test("atLeast", X32_BIT, { ifTrue: "kill" })] : []),
    test("atLeast", LAST_SYSCALL + 1, { ifTrue: "unknown" }),
    ...inspected.map((name) => test("equal", INSPECTED[name][architecture]!, { ifTrue: name })),
    ...denied.map((number) => test("equal", number, { ifTrue: "refuse" })),
    returns(ALLOW),
    ...inspected.flatMap(inspection),
    { label: "refuse" },
    returns(refusal("EPERM")),
    { label: "unknown" },
    returns(refusal("ENOSYS")),
    { label: "kill" },
    returns(KILL_PROCESS),
  ]);
};

type InspectedName = keyof typeof INSPECTED;
type Errno = keyof typeof ERRNO;

/** struct seccomp_data: the call's number, its architecture, the instruction pointer, six arguments of 64 bits. */
export const OFFSET_NUMBER = 0;
export const OFFSET_ARCHITECTURE = 4;
/** The lower word. Each argument that is looked at is a C `int` or has its meaning there: the kernel ignores the rest, and so must we. */
export const offsetOfArgument = (index: number): number => 16 + 8 * index;

export const AUDIT_ARCHITECTURES: Readonly<Record<Architecture, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };
const X32_BIT = 0x40000000;

const KILL_PROCESS = 0x80000000;
export const ALLOW = 0x7fff0000;
const ERRNO = { EPERM: 1, ENOSYS: 38, EPROTONOSUPPORT: 93, EAFNOSUPPORT: 97 } as const;
export const refusal = (errno: Errno): number => 0x00050000 | ERRNO[errno];

/** One look at one argument: `value & mask` is one of these, or none of them. */
type Condition = { argument: number; mask?: number } & ({ is: readonly number[] } | { isNot: readonly number[] });

/** Refused with `errno` when every condition holds. */
interface Rule {
  when: readonly Condition[];
  errno: Errno;
}

const CLONE_NEWTIME = 0x00000080;
/** NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const CLONE_NEW = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;
const FILE_TYPE = 0o170000;
const DEVICES = [0o020000, 0o060000];
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const PERSONALITY_LINUX = 0;
const PERSONALITY_QUERY = 0xffffffff;
const [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK] = [1, 2, 10, 16];
const NETLINK_ROUTE = 0;

/** vsock, packet, ALG, Bluetooth and the like: answered as a kernel does that was built without them. */
const STRANGE_FAMILY: Rule = { when: [{ argument: 0, isNot: [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK] }], errno: "EAFNOSUPPORT" };

const RULES: Readonly<Record<InspectedName, readonly Rule[]>> = {
  ioctl: [{ when: [{ argument: 1, is: [TIOCSTI, TIOCLINUX] }], errno: "EPERM" }],
  clone: [{ when: [{ argument: 0, mask: CLONE_NEW, isNot: [0] }], errno: "EPERM" }],
  // Its flags are behind a pointer, where no filter can look. libc takes this answer for an old kernel and uses clone.
  clone3: [{ when: [], errno: "ENOSYS" }],
  unshare: [{ when: [{ argument: 0, mask: CLONE_NEW | CLONE_NEWTIME, isNot: [0] }], errno: "EPERM" }],
  mknod: [{ when: [{ argument: 1, mask: FILE_TYPE, is: DEVICES }], errno: "EPERM" }],
  mknodat: [{ when: [{ argument: 2, mask: FILE_TYPE, is: DEVICES }], errno: "EPERM" }],
  personality: [{ when: [{ argument: 0, isNot: [PERSONALITY_LINUX, PERSONALITY_QUERY] }], errno: "EPERM" }],
  socket: [
    STRANGE_FAMILY,
    // getifaddrs asks NETLINK_ROUTE; the others are the machine's: audit, netfilter, uevents, crypto.
    { when: [{ argument: 0, is: [AF_NETLINK] }, { argument: 2, isNot: [NETLINK_ROUTE] }], errno: "EPROTONOSUPPORT" },
  ],
  socketpair: [STRANGE_FAMILY],
};

/** The rules of one call, each after the other; what none of them refuses is allowed. */
const inspection = (name: InspectedName): Line[] => [
  { label: name },
  ...RULES[name].flatMap((rule, index) => ruleLines(rule, `${name} ${index}`)),
  returns(ALLOW),
];

const ruleLines = ({ when, errno }: Rule, name: string): Line[] => {
  const next = `after ${name}`;
  return [...when.flatMap((condition, index) => conditionLines(condition, `${name}.${index} holds`, next)), returns(refusal(errno)), { label: next }];
};

/** Goes on at `holds`, its last line, or to `otherwise`. */
const conditionLines = (condition: Condition, holds: string, otherwise: string): Line[] => {
  const word = [load(offsetOfArgument(condition.argument)), ...(condition.mask === undefined ? [] : [mask(condition.mask)])];
  const compare =
    "is" in condition
      ? [...condition.is.map((value) => test("equal", value, { ifTrue: holds })), jump(otherwise)]
      : condition.isNot.map((value) => test("equal", value, { ifTrue: otherwise }));
  return [...word, ...compare, { label: holds }];
};
