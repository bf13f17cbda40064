import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { seccompFilter, type Architecture } from "../../src/sandbox/seccomp.ts";
import { DENIED, INSPECTED, LAST_SYSCALL, type SyscallNumbers } from "../../src/sandbox/syscalls.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const ARCHITECTURES: readonly Architecture[] = ["x64", "arm64"];
const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7, i386: 0x40000003 } as const;
const CALLS: Readonly<Record<string, SyscallNumbers>> = { ...INSPECTED, ...DENIED };
/** Calls that every runtime makes. */
const ORDINARY: Readonly<Record<string, SyscallNumbers>> = {
  read: { x64: 0, arm64: 63 },
  execve: { x64: 59, arm64: 221 },
  futex: { x64: 202, arm64: 98 },
  fork: { x64: 57, arm64: null },
  landlock_create_ruleset: { x64: 444, arm64: 444 },
  seccomp: { x64: 317, arm64: 277 },
  pidfd_open: { x64: 434, arm64: 434 },
  memfd_create: { x64: 319, arm64: 279 },
};

/** The kernel's part: runs a classic BPF program over struct seccomp_data, and tells its verdict. */
const evaluate = (program: Buffer, data: Buffer): string => {
  let accumulator = 0;
  for (let index = 0; ; index++) {
    const [code, k] = [program.readUInt16LE(index * 8), program.readUInt32LE(index * 8 + 4)];
    const [ifTrue, ifFalse] = [program.readUInt8(index * 8 + 2), program.readUInt8(index * 8 + 3)];
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (code === 0x15) index += accumulator === k ? ifTrue : ifFalse;
    else if (code === 0x35) index += accumulator >= k ? ifTrue : ifFalse;
    else if (code === 0x06) return verdict(k);
    else throw new Error(`an instruction that the filter has no use for: ${code}`);
  }
};

const ERRNO_NAMES: Readonly<Record<number, string>> = { 1: "EPERM", 38: "ENOSYS", 93: "EPROTONOSUPPORT", 97: "EAFNOSUPPORT" };

const verdict = (value: number): string => {
  if (value === 0x7fff0000) return "allow";
  if (value === 0x80000000) return "kill";
  return value >>> 16 === 5 ? ERRNO_NAMES[value & 0xffff]! : `unknown verdict ${value}`;
};

const callData = (number: number, architecture: number, args: readonly (number | bigint)[]): Buffer => {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number >>> 0, 0);
  data.writeUInt32LE(architecture, 4);
  args.forEach((value, index) => data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 16 + 8 * index));
  return data;
};

const SIGCHLD = 17;
/** What glibc's pthread_create passes. */
const THREAD = 0x3d0f00;
const [NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET] = [0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000];
const NAMESPACES = [NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET];
const [CHARACTER, BLOCK, FIFO, REGULAR, SOCKET, DIRECTORY] = [0o020000, 0o060000, 0o010000, 0o100000, 0o140000, 0o040000];
/** Bits of the upper word, which the kernel does not look at. */
const HIGH = 1n << 40n;

const INSPECTIONS: readonly [call: string, args: readonly (number | bigint)[], verdict: string][] = [
  ["clone", [SIGCHLD], "allow"],
  ["clone", [THREAD], "allow"],
  ["clone", [HIGH | BigInt(THREAD)], "allow"],
  ...NAMESPACES.map((flag): [string, number[], string] => ["clone", [flag | SIGCHLD], "EPERM"]),
  ["clone", [HIGH | BigInt(NEWUSER)], "EPERM"],
  ["clone3", [0, 0], "ENOSYS"],
  ["unshare", [0], "allow"],
  ["unshare", [0x400 /* CLONE_FILES */], "allow"],
  ...[...NAMESPACES, NEWTIME].map((flag): [string, number[], string] => ["unshare", [flag], "EPERM"]),
  ...[FIFO, REGULAR, SOCKET, DIRECTORY, 0].flatMap((type): [string, number[], string][] => [
    ["mknod", [0, type | 0o666, 0], "allow"],
    ["mknodat", [0, 0, type | 0o666, 0], "allow"],
  ]),
  ...[CHARACTER, BLOCK].flatMap((type): [string, number[], string][] => [
    ["mknod", [0, type | 0o666, 0x103], "EPERM"],
    ["mknodat", [0, 0, type | 0o666, 0x103], "EPERM"],
  ]),
  ["ioctl", [0, 0x5412], "EPERM"],
  ["ioctl", [0, HIGH | 0x5412n], "EPERM"],
  ["ioctl", [0, 0x541c], "EPERM"],
  ["ioctl", [0, 0x5413 /* TIOCGWINSZ */], "allow"],
  ["ioctl", [0x5412, 0x5401 /* TCGETS */], "allow"],
  ["personality", [0], "allow"],
  ["personality", [0xffffffff], "allow"],
  ["personality", [0x0040000 /* ADDR_NO_RANDOMIZE */], "EPERM"],
  ...[1 /* UNIX */, 2 /* INET */, 10 /* INET6 */].map((family): [string, number[], string] => ["socket", [family, 1, 6], "allow"]),
  ...[0, 15 /* KEY */, 17 /* PACKET */, 29 /* CAN */, 30 /* TIPC */, 31 /* BLUETOOTH */, 38 /* ALG */, 40 /* VSOCK */, 44 /* XDP */].map(
    (family): [string, number[], string] => ["socket", [family, 1, 0], "EAFNOSUPPORT"],
  ),
  ["socket", [16, 3, 0 /* NETLINK_ROUTE */], "allow"],
  ["socket", [16, 3, 9 /* NETLINK_AUDIT */], "EPROTONOSUPPORT"],
  ["socket", [16, 3, 12 /* NETLINK_NETFILTER */], "EPROTONOSUPPORT"],
  ["socketpair", [1, 1, 0], "allow"],
  ["socketpair", [30, 1, 0], "EAFNOSUPPORT"],
];

describe.each(ARCHITECTURES)("the filter for %s", (architecture) => {
  const program = seccompFilter(architecture);
  const ask = (number: number, args: readonly (number | bigint)[] = [], audit: number = AUDIT[architecture]) => evaluate(program, callData(number, audit, args));

  it("is a program that the kernel takes", () => {
    expect(program.length % 8).toBe(0);
    expect(program.length / 8).toBeLessThanOrEqual(4096);
    expect(program.readUInt16LE(program.length - 8)).toBe(0x06);
  });

  it("kills calls of other architectures", () => {
    for (const other of Object.values(AUDIT).filter((one) => one !== AUDIT[architecture])) expect(ask(0, [], other)).toBe("kill");
  });

  it("refuses what a newer kernel adds", () => {
    expect(ask(LAST_SYSCALL)).toBe("allow");
    expect(ask(LAST_SYSCALL + 1)).toBe("ENOSYS");
    expect(ask(0x3fffffff)).toBe("ENOSYS");
    // On x64 these are calls of x32.
    expect(ask(0x40000000 + LAST_SYSCALL)).toBe(architecture === "x64" ? "kill" : "ENOSYS");
    expect(ask(0xffffffff)).toBe(architecture === "x64" ? "kill" : "ENOSYS");
  });

  it.each(Object.entries(ORDINARY).filter(([, numbers]) => numbers[architecture] !== null))("allows %s", (_name, numbers) => {
    expect(ask(numbers[architecture]!)).toBe("allow");
  });

  it.each(Object.entries<SyscallNumbers>(DENIED).filter(([, numbers]) => numbers[architecture] !== null))("refuses %s", (_name, numbers) => {
    expect(ask(numbers[architecture]!)).toBe("EPERM");
  });

  it.each(INSPECTIONS.filter(([name]) => CALLS[name]![architecture] !== null))("looks at %s(%s): %s", (name, args, expected) => {
    expect(ask(CALLS[name]![architecture]!, args)).toBe(expected);
  });

  it("has an opinion on nothing else", () => {
    const named = new Set(Object.values(CALLS).map((numbers) => numbers[architecture]));
    const others = Array.from({ length: LAST_SYSCALL + 1 }, (_, number) => number).filter((number) => !named.has(number));
    expect(others.filter((number) => ask(number, [-1n, -1n, -1n]) !== "allow")).toEqual([]);
  });
});

const HEADERS = { x64: "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", arm64: "/usr/include/asm-generic/unistd.h" } as const;

describe.each(ARCHITECTURES)("the numbers for %s", (architecture) => {
  it.skipIf(!existsSync(HEADERS[architecture]))("are those of the kernel's headers (skipped where they are not installed)", () => {
    const header = new Map([...readFileSync(HEADERS[architecture], "utf8").matchAll(/#define __NR(?:3264)?_(\w+)\s+(\d+)/g)].map(([, name, number]) => [name!, Number(number)]));
    const newest = Math.max(...header.values());
    const old = Object.entries({ ...CALLS, ...ORDINARY }).filter(([, numbers]) => (numbers[architecture] ?? 0) <= newest);
    expect(old.length).toBeGreaterThan(60);
    for (const [name, numbers] of old) expect([name, header.get(name) ?? null]).toEqual([name, numbers[architecture]]);
  });
});

const SANDBOX = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--ro-bind", process.execPath, process.execPath, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"];

/** Runs a program in bubblewrap, with the filter of this machine unless told not to. */
const runInSandbox = (command: readonly string[], { isFiltered = true, input = "" } = {}) => {
  const path = join(temporaryDirectory(), "filter.bpf");
  writeFileSync(path, seccompFilter(process.arch as Architecture));
  const filter = openSync(path, "r");
  const { status, stdout, stderr } = spawnSync("bwrap", [...SANDBOX, ...(isFiltered ? ["--seccomp", "3"] : []), ...command], {
    stdio: ["pipe", "pipe", "pipe", filter],
    encoding: "utf8",
    input,
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" },
    timeout: 50_000,
  });
  closeSync(filter);
  return { status, stdout, stderr };
};

const canRunBubblewrap = ARCHITECTURES.includes(process.arch as Architecture) && spawnSync("bwrap", [...SANDBOX, "true"]).status === 0;
const hasPython = spawnSync("python3", ["-c", "import ctypes"]).status === 0;

/** Makes each call of its input, `[number, ...args]`, and prints what errno it left: 0 when it worked. */
const PROBE = `
import ctypes, errno, json, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def probe(call):
    ctypes.set_errno(0)
    result = libc.syscall(*[ctypes.c_long(word) for word in call])
    return errno.errorcode.get(ctypes.get_errno(), "") if result == -1 else "allow"
print(json.dumps([probe(call) for call in json.load(sys.stdin)]))
`;

const probe = (calls: readonly (readonly number[])[], options: { isFiltered?: boolean } = {}): string[] => {
  const { stdout, stderr } = runInSandbox(["python3", "-c", PROBE], { ...options, input: JSON.stringify(calls) });
  if (stdout === "") throw new Error(`the probe did not answer: ${stderr}`);
  return JSON.parse(stdout) as string[];
};

describe.skipIf(!canRunBubblewrap)("in bubblewrap (skipped where bwrap is not installed or may not make namespaces)", () => {
  const here = process.arch as Architecture;
  const withPython = it.skipIf(!hasPython);

  withPython("the kernel refuses what the table says (skipped where there is no python3)", () => {
    const denied = Object.entries<SyscallNumbers>(DENIED).filter(([, numbers]) => numbers[here] !== null);
    const answers = probe(denied.map(([, numbers]) => [numbers[here]!, 0, 0, 0, 0, 0]));
    expect(Object.fromEntries(denied.map(([name], index) => [name, answers[index]]))).toEqual(Object.fromEntries(denied.map(([name]) => [name, "EPERM"])));
  });

  withPython("the kernel looks at the arguments as the table says (skipped where there is no python3)", () => {
    // A fork in the probe, or a call that blocks, is not for a table: only what is refused.
    const refused = INSPECTIONS.filter(([name, args, expected]) => CALLS[name]![here] !== null && expected !== "allow" && args.every((value) => typeof value === "number"));
    const answers = probe(refused.map(([name, args]) => [CALLS[name]![here]!, ...(args as number[])]));
    expect(refused.map(([name, args], index) => [name, args, answers[index]])).toEqual(refused.map((row) => [...row]));
  });

  withPython("it is the filter that refuses (skipped where there is no python3)", () => {
    const calls = [
      [INSPECTED.unshare[here]!, NEWUSER],
      [INSPECTED.personality[here]!, 0x0040000],
      [INSPECTED.socket[here]!, 16, 3, 15 /* NETLINK_KOBJECT_UEVENT */],
      [DENIED.get_mempolicy[here]!, 0, 0, 0, 0, 0],
      [DENIED.keyctl[here]!, 0 /* GET_KEYRING_ID */, -3, 1],
    ];
    expect(probe(calls)).toEqual(["EPERM", "EPERM", "EPROTONOSUPPORT", "EPERM", "EPERM"]);
    for (const answer of probe(calls, { isFiltered: false })) expect(["EPERM", "EPROTONOSUPPORT"]).not.toContain(answer);
  });

  withPython("FIFOs and sockets can be made, device nodes cannot (skipped where there is no python3)", () => {
    const script = `
import os, stat
os.mkfifo("/tmp/fifo")
os.mknod("/tmp/file", 0o600 | stat.S_IFREG)
for kind in (stat.S_IFCHR, stat.S_IFBLK):
    try: os.mknod("/tmp/device", 0o600 | kind, os.makedev(1, 3)); print("made")
    except PermissionError: print("refused")
`;
    expect(runInSandbox(["python3", "-c", script]).stdout).toBe("refused\nrefused\n");
  });

  it.skipIf(here !== "x64" || !hasPython)("calls of x32 and of 32 bits are the caller's last (skipped where this is not x64)", () => {
    const SIGSYS = 31;
    const x32 = "import ctypes; ctypes.CDLL(None).syscall(0x40000000 + 39); print('lived')";
    const i386 = `
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")  # mov eax, 20 (getpid); int 0x80; ret
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
print("lived")
`;
    expect(runInSandbox(["python3", "-c", x32])).toMatchObject({ status: 128 + SIGSYS, stdout: "" });
    expect(runInSandbox(["python3", "-c", i386])).toMatchObject({ status: 128 + SIGSYS, stdout: "" });
  });

  it("Node runs: threads, subprocesses, files, sockets, interfaces", () => {
    const script = `
import { Worker } from "node:worker_threads";
import { execFileSync } from "node:child_process";
import { promises as fs } from "node:fs";
import { networkInterfaces } from "node:os";
import { createServer } from "node:http";
import { once } from "node:events";
import { pbkdf2Sync } from "node:crypto";
const worker = new Worker("import('node:worker_threads').then(({ parentPort }) => parentPort.postMessage('worker'))", { eval: true });
console.log((await once(worker, "message"))[0]);
console.log(execFileSync("echo", ["child"]).toString().trim());
await fs.writeFile("/tmp/file", "file");
console.log(await fs.readFile("/tmp/file", "utf8"));
const server = createServer((_request, response) => response.end("http")).listen(0, "127.0.0.1");
await once(server, "listening");
console.log(await (await fetch("http://127.0.0.1:" + server.address().port)).text());
server.close();
console.log(Object.keys(networkInterfaces()).join());
console.log(pbkdf2Sync("a", "b", 1, 4, "sha256").length);
process.exit(0);
`;
    const { stdout, stderr } = runInSandbox([process.execPath, "--input-type=module", "-e", script]);
    expect({ stdout, stderr }).toEqual({ stdout: "worker\nchild\nfile\nhttp\nlo\n4\n", stderr: "" });
  });

  withPython("Python runs: threads, subprocesses, asyncio, multiprocessing (skipped where there is no python3)", () => {
    const script = `
import asyncio, concurrent.futures, ctypes, multiprocessing, socket, subprocess, tempfile, threading
seen = []
thread = threading.Thread(target=lambda: seen.append("thread")); thread.start(); thread.join(); print(seen[0])
print(subprocess.run(["echo", "child"], capture_output=True, text=True).stdout.strip())
async def main():
    process = await asyncio.create_subprocess_exec("echo", "async child", stdout=asyncio.subprocess.PIPE)
    print((await process.communicate())[0].decode().strip())
    print(await asyncio.to_thread(lambda: "async thread"))
asyncio.run(main())
def child(pipe): pipe.send("multiprocessing"); pipe.close()
context = multiprocessing.get_context("fork")
ours, theirs = context.Pipe()
process = context.Process(target=child, args=(theirs,)); process.start(); print(ours.recv()); process.join()
with concurrent.futures.ThreadPoolExecutor(8) as pool: print(sum(pool.map(lambda n: n, range(10))))
with tempfile.NamedTemporaryFile() as file: file.write(b"x"); print("file")
socket.create_server(("127.0.0.1", 0)).close(); print("socket")
`;
    const { stdout, stderr } = runInSandbox(["python3", "-c", script]);
    expect({ stdout, stderr }).toEqual({ stdout: "thread\nchild\nasync child\nasync thread\nmultiprocessing\n45\nfile\nsocket\n", stderr: "" });
  });
});
