import { existsSync, readFileSync, readdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { createClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { findBubblewrap } from "../../src/sandbox/find-bubblewrap.ts";
import type { Sandbox } from "../../src/sandbox/sandbox.ts";
import { hasBubblewrap } from "../support/isolation.ts";
import { openOutside } from "../support/outside.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";
import { createGround } from "./conformance.ts";

const hasProgram = (name: string): boolean => ["/usr/bin", "/usr/sbin", "/bin", "/sbin"].some((folder) => existsSync(join(folder, name)));
const hasRoute = (file: string, line: RegExp): boolean => existsSync(file) && line.test(readFileSync(file, "utf8"));
const isOnline = hasRoute("/proc/net/route", /\t00000000\t[0-9A-F]{8}\t0003/);
const hasIPv6 = hasRoute("/proc/net/ipv6_route", /^0{32} 00 .*(?<! lo)$/m);
const canRun = process.getuid?.() === 0 && hasBubblewrap() && isOnline && existsSync("/dev/net/tun") && ["ip", "pasta", "python3"].every(hasProgram);

const createDriver = async ({ path = process.env["PATH"] ?? "", log = silentLog } = {}) => {
  const probe = await findBubblewrap({ directory: join(temporaryDirectory(), "sandboxes"), network: "isolated", searchPath: path, wall: createClock(), log });
  if (!probe.ok) throw new Error(probe.why);
  onTestFinished(() => probe.driver.close());
  return probe.driver;
};

/** This process's children whose command line has that in it. */
const childrenWith = (mark: string): number[] =>
  (readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").match(/\d+/g) ?? []).map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mark);
    } catch {
      return false;
    }
  });
const pastas = (): number[] => childrenWith("--config-net");
/** How many gates there are. */
const gates = (): number =>
  childrenWith("networks.py").flatMap((pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return "";
    }
  })).filter((target) => target === "/dev/net/tun").length;

const START = `
import errno, socket, sys, time
def gate(): return "lambdad:" in open("/proc/net/dev").read()
def say(*words): print(*words, flush=True)
`;
const start = (sandbox: Sandbox, code: string) => sandbox.exec({ command: "/usr/bin/python3", args: ["-c", START + code], env: {}, directory: "/tmp" });
const run = async (sandbox: Sandbox, code: string): Promise<string> => {
  const running = await start(sandbox, code);
  const [said, errors] = await Promise.all([text(running.stdout), text(running.stderr)]);
  return said + errors;
};
const connection = (address: string, port: number) => `
line = socket.create_connection(("${address}", ${port}), timeout=20)
say(line.recv(100).decode().strip())
`;
const datagram = (address: string, port: number) => `
one = socket.socket(socket.AF_INET6 if ":" in "${address}" else socket.AF_INET, socket.SOCK_DGRAM)
one.settimeout(20); one.connect(("${address}", ${port})); one.send(b"first"); one.send(b"second")
say(one.recv(100).decode(), one.recv(100).decode())
`;

describe.runIf(canRun)("the internet on first use (skipped where the tests are not root, or this machine has no default route, /dev/net/tun, ip, pasta, python3 or bubblewrap)", () => {
  it("has no pasta before something leaves, and one for each sandbox that something left", async () => {
    const outside = await openOutside();
    const driver = await createDriver();
    const [quiet, loud] = [(await createGround(driver)).sandbox, (await createGround(driver)).sandbox];
    expect(await run(quiet, `say("up", gate())`)).toBe("up True\n");
    expect(pastas()).toEqual([]);
    expect(await run(loud, connection(outside.IPv4, outside.port))).toBe("from outside\n");
    expect(pastas()).toHaveLength(1);
    await loud.destroy();
    expect(pastas()).toEqual([]);
    expect(gates()).toBe(1);
    await quiet.destroy();
    await eventually("no gate is left", () => gates() === 0);
  });

  it("loses no first packet: not of a connection, not of datagrams that nobody sends again", async () => {
    const outside = await openOutside();
    const driver = await createDriver();
    const of = async (code: string) => run((await createGround(driver)).sandbox, code);
    for (const address of hasIPv6 ? [outside.IPv4, outside.IPv6] : [outside.IPv4]) {
      expect(await of(connection(address, outside.port))).toBe("from outside\n");
      expect(await of(datagram(address, outside.port))).toBe("first second\n");
    }
  });

  it("lets a connection that began at the gate go on when the gate has gone", async () => {
    const outside = await openOutside();
    const { sandbox } = await createGround(await createDriver());
    const said = await run(sandbox, `${connection(outside.IPv4, outside.port)}
before = line.getsockname()[0]
while gate(): time.sleep(0.01)
line.send(b"still there"); say(line.recv(100).decode())
${datagram(outside.IPv4, outside.port)}
say(one.getsockname()[0] == before)
`);
    expect(said).toBe("from outside\nstill there\nfirst second\nTrue\n");
  });

  it("takes a question to the resolver for a first packet", async () => {
    const { sandbox } = await createGround(await createDriver());
    await run(sandbox, `socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"?", ("169.254.169.253", 53))`);
    await eventually("pasta is started", () => pastas().length === 1);
  });

  it("keeps the cloud's metadata service closed from the first moment, and needs no pasta for it", async () => {
    const { sandbox } = await createGround(await createDriver());
    const said = await run(sandbox, `
for family, address in ((socket.AF_INET, "169.254.169.254"), ${hasIPv6 ? `(socket.AF_INET6, "fd00:ec2::254")` : ""}):
    say(errno.errorcode[socket.socket(family, socket.SOCK_STREAM).connect_ex((address, 80))])
`);
    expect(said).toBe(hasIPv6 ? "EINVAL\nEINVAL\n" : "EINVAL\n");
    expect(pastas()).toEqual([]);
  });

  it("serves many sandboxes at once", async () => {
    const outside = await openOutside();
    const driver = await createDriver();
    const sandboxes = await Promise.all(Array.from({ length: 6 }, async () => (await createGround(driver)).sandbox));
    const said = await Promise.all(sandboxes.map((sandbox) => run(sandbox, connection(outside.IPv4, outside.port))));
    expect(said).toEqual(sandboxes.map(() => "from outside\n"));
    expect(pastas()).toHaveLength(6);
  });

  it("leaves nothing of a sandbox that is destroyed while pasta comes up", async () => {
    const said: string[] = [];
    const driver = await createDriver({ log: { ...silentLog, warn: (message: string) => void said.push(message) } });
    for (let round = 0; round < 10; round++) {
      const { sandbox } = await createGround(driver);
      const running = await start(sandbox, `socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"?", ("203.0.113.1", 9)); say("sent"); time.sleep(1000)`);
      await new Promise((resolve) => running.stdout.once("data", resolve));
      // In the first rounds before the server has heard of it.
      if (round > 5) await eventually("pasta is started", () => pastas().length === 1);
      await sandbox.destroy();
      expect(pastas()).toEqual([]);
    }
    await eventually("no gate is left", () => gates() === 0);
    expect(said).toEqual([]);
  });

  it("opens for a sandbox that is frozen as soon as it has sent something", async () => {
    const outside = await openOutside();
    const { sandbox } = await createGround(await createDriver());
    const running = await start(sandbox, datagram(outside.IPv4, outside.port).replace("say(", `say("sent"); say(`));
    const lines = running.stdout.setEncoding("utf8");
    await new Promise((resolve) => lines.once("data", resolve));
    await sandbox.freeze();
    await eventually("the gate has gone", () => gates() === 0 && pastas().length === 1);
    await sandbox.thaw();
    expect(await text(lines)).toBe("first second\n");
  });

  it("goes on after a reset with what there is", async () => {
    const outside = await openOutside();
    const { sandbox } = await createGround(await createDriver());
    await run(sandbox, `say("up")`);
    await sandbox.reset();
    expect(pastas()).toEqual([]);
    expect(await run(sandbox, connection(outside.IPv4, outside.port))).toBe("from outside\n");
    await sandbox.reset();
    expect(await run(sandbox, connection(outside.IPv4, outside.port))).toBe("from outside\n");
    expect(pastas()).toHaveLength(1);
  });

  it("gives pasta at once to those whose gate was lost, and new sandboxes a new gate", async () => {
    const outside = await openOutside();
    const driver = await createDriver();
    const { sandbox } = await createGround(driver);
    for (const pid of childrenWith("networks.py")) process.kill(pid, "SIGKILL");
    await eventually("pasta is started", () => pastas().length === 1);
    const next = (await createGround(driver)).sandbox;
    expect(pastas()).toHaveLength(1);
    expect(gates()).toBe(1);
    for (const one of [sandbox, next]) expect(await run(one, connection(outside.IPv4, outside.port))).toBe("from outside\n");
  });

  it("says so when pasta cannot be started any more, and leaves a sandbox without a way out", async () => {
    const programs = temporaryDirectory();
    const broken = join(programs, "broken");
    writeFileSync(join(programs, "pasta"), `#!/bin/sh\n[ ! -e ${broken} ] || { echo it is broken >&2; exit 1; }\nexec /usr/bin/pasta "$@"\n`, { mode: 0o755 });
    const said: string[] = [];
    const log = { ...silentLog, warn: (message: string, facts?: object) => void said.push(message, JSON.stringify(facts)) };
    const { sandbox } = await createGround(await createDriver({ path: `${programs}:${process.env["PATH"]}`, log }));
    writeFileSync(broken, "");
    const ask = `
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try: one.sendto(b"?", ("203.0.113.1", 9)); say("sent")
except OSError as error: say(errno.errorcode[error.errno])
`;
    expect(await run(sandbox, ask)).toBe("sent\n");
    await eventually("it is said", () => said.join().includes("a sandbox has no way to the internet") && said.join().includes("it is broken"));
    await eventually("the gate has gone", async () => (await run(sandbox, ask)) === "ENETUNREACH\n");
    expect(gates()).toBe(0);
  });

  it("is there from the beginning where no gate can be made", async () => {
    const programs = temporaryDirectory();
    for (const name of ["bwrap", "pasta", "setpriv"]) symlinkSync(["/usr/bin", "/bin"].map((folder) => join(folder, name)).find((file) => existsSync(file))!, join(programs, name));
    const { sandbox } = await createGround(await createDriver({ path: programs }));
    expect(pastas()).toHaveLength(1);
    await sandbox.destroy();
    expect(pastas()).toEqual([]);
  });

  it("is not kept from others by a sandbox that floods its gate", async () => {
    const outside = await openOutside();
    const driver = await createDriver();
    const [flooding, other] = [(await createGround(driver)).sandbox, (await createGround(driver)).sandbox];
    const [helper] = childrenWith("networks.py").toReversed();
    const running = await start(flooding, `
everywhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
everywhere.setblocking(False)
count = 0
while True:
    for address in ("203.0.113.1", "224.0.0.251"):
        try: everywhere.sendto(b"x" * 60000, (address, 9))
        except OSError: pass
    count += 1
    if count == 1000: say("flooding")
`);
    await new Promise((resolve) => running.stdout.once("data", resolve));
    expect(await run(other, connection(outside.IPv4, outside.port))).toBe("from outside\n");
    const kib = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${helper}/status`, "utf8"))?.[1]);
    expect(kib).toBeLessThan(32 * 1024);
  });
});
