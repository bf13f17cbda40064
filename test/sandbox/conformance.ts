import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ENVIRONMENT_FILES_MAX, ENVIRONMENT_PROCESSES_MAX } from "../../src/kit/limits/runtime.ts";
import type { Sandbox, SandboxDriver, SandboxListener, SandboxProcess, SandboxSpec } from "../../src/sandbox/sandbox.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const MIB = 1024 * 1024;
let made = 0;

export interface Ground {
  driver: SandboxDriver;
  sandbox: Sandbox;
  code: string;
}

/** One sandbox with a code folder, gone when the test is over. */
export const createGround = async (driver: SandboxDriver, spec: Partial<SandboxSpec> = {}): Promise<Ground> => {
  const code = join(temporaryDirectory(), "code");
  mkdirSync(code, { recursive: true });
  writeFileSync(join(code, "hello.txt"), "hello from the package\n");
  const sandbox = await driver.create({
    id: `test-${process.pid}-${made++}`,
    account: "000000000000",
    mounts: [{ source: code, target: "/var/task" }],
    memoryBytes: 256 * MIB,
    storageBytes: 512 * MIB,
    cpus: 1,
    processesMax: ENVIRONMENT_PROCESSES_MAX,
    openFilesMax: ENVIRONMENT_FILES_MAX,
    ports: [],
    ...spec,
  });
  onTestFinished(() => sandbox.destroy());
  return { driver, sandbox, code };
};

const PATH = "/usr/local/bin:/usr/bin:/bin";

export const startShell = (sandbox: Sandbox, script: string, options: Partial<SandboxProcess> = {}) =>
  sandbox.exec({ command: "/bin/sh", args: ["-c", script], env: { PATH }, directory: sandbox.path("/var/task"), ...options });

export const runShell = async (sandbox: Sandbox, script: string, options: Partial<SandboxProcess> = {}) => {
  const running = await startShell(sandbox, script, options);
  const [stdout, stderr, exit] = await Promise.all([text(running.stdout), text(running.stderr), running.exited]);
  return { stdout, stderr, exit };
};

const firstLine = async (stream: Readable): Promise<string> => {
  let seen = "";
  stream.on("data", (chunk) => (seen += chunk));
  return eventually("a first line", () => seen.includes("\n") && seen.split("\n")[0]);
};

/** Processes of this machine whose command line holds `mark`. */
const processesWith = (mark: string): string[] =>
  readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mark) && !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z");
    } catch {
      return false;
    }
  });

const answering = (body: string): { listener: SandboxListener; close(): void } => {
  const server = createServer((_request, response) => response.end(body));
  return { listener: { name: "runtime-api", port: 9001, onConnection: (socket) => server.emit("connection", socket) }, close: () => server.close() };
};

const ASK_API = "exec 3<>/dev/tcp/${API/://}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";

/** Two sandboxes with the same port: each reaches this server by a listener of its own. */
export const expectOwnListeners = async (driver: SandboxDriver): Promise<void> => {
  const [one, two] = [await createGround(driver, { ports: [9001] }), await createGround(driver, { ports: [9001] })];
  const answers = await Promise.all(
    [one, two].map(async ({ sandbox }, index) => {
      const { listener, close } = answering(`you are ${index}`);
      onTestFinished(close);
      const { "runtime-api": api } = await sandbox.listen([listener]);
      const running = await sandbox.exec({ command: "/bin/bash", args: ["-c", ASK_API], env: { PATH, API: api! }, directory: sandbox.path("/var/task") });
      return text(running.stdout);
    }),
  );
  expect(answers[0]).toContain("you are 0");
  expect(answers[1]).toContain("you are 1");
};

/** What every driver does alike; one driver does all of it. */
export const runConformance = (name: string, open: (directory: string) => Promise<SandboxDriver> | SandboxDriver): void => {
  describe(`the ${name} sandbox`, () => {
    let directory: string;
    let driver: SandboxDriver;
    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), "lambdad-test-"));
      driver = await open(join(directory, "sandboxes"));
    });
    afterAll(async () => {
      await driver?.close();
      rmSync(directory, { recursive: true, force: true });
    });
    const ground = (spec?: Partial<SandboxSpec>) => createGround(driver, spec);

    it("runs a command in its directory, with the package in place", async () => {
      const { sandbox } = await ground();
      const { stdout, exit } = await runShell(sandbox, "cat hello.txt");
      expect(stdout).toBe("hello from the package\n");
      expect(exit).toEqual({ code: 0, signal: null, isOutOfMemory: false });
    });

    it("gives exactly the environment that was asked for, nothing of the server's", async () => {
      process.env["LAMBDAD_TEST_SECRET"] = "of-the-server";
      const { sandbox } = await ground();
      const tmp = sandbox.path("/tmp");
      const expected = ["GREETING=hallo", `PATH=${PATH}`, ...(tmp === "/tmp" ? [] : [`TMPDIR=${tmp}`])];
      const { stdout } = await runShell(sandbox, "tr '\\0' '\\n' < /proc/$$/environ", {
        env: { PATH, GREETING: "hallo" },
      });
      expect(stdout.split("\n").filter((line) => /^(?!PWD=)[A-Z]+=/.test(line)).toSorted()).toEqual(expected);
    });

    it("has real pipes: /dev/stdout and /dev/stderr can be opened", async () => {
      const { sandbox } = await ground();
      const { stdout, stderr } = await runShell(sandbox, "echo to-stdout > /dev/stdout; echo to-stderr > /dev/stderr; echo again > /proc/self/fd/1");
      expect(stdout).toBe("to-stdout\nagain\n");
      expect(stderr).toBe("to-stderr\n");
    });

    it("has one more pipe, for a log, where it is asked for", async () => {
      const { sandbox } = await ground();
      const running = await startShell(sandbox, "echo to-log >&3; echo opened > /proc/self/fd/3; echo to-stdout", { hasLog: true });
      expect(await Promise.all([text(running.log!), text(running.stdout)])).toEqual(["to-log\nopened\n", "to-stdout\n"]);
      const without = await runShell(sandbox, "[ ! -e /proc/$$/fd/3 ] && echo none");
      expect(without.stdout).toBe("none\n");
    });

    it("has a channel to this server, both ways, where it is asked for and there are channels", async () => {
      const { sandbox } = await ground();
      const running = await startShell(sandbox, "[ -e /proc/$$/fd/4 ] || exec echo none; [ -e /proc/$$/fd/3 ] && echo more; read -r line <&4; echo \"got $line\" >&4; exec 4>&-; cat", { hasChannel: true });
      if (!sandbox.hasChannels) return expect([running.channel, await text(running.stdout)]).toEqual([undefined, "none\n"]);
      running.channel!.write("a line\n");
      expect(await Promise.all([text(running.channel!), text(running.stdout)])).toEqual(["got a line\n", ""]);
      expect((await runShell(sandbox, "[ ! -e /proc/$$/fd/4 ] && echo none")).stdout).toBe("none\n");
    });

    it.each([
      ["exit 0", { code: 0, signal: null }],
      ["exit 7", { code: 7, signal: null }],
      ["kill -KILL $$", { code: null, signal: "SIGKILL" }],
      ["kill -SEGV $$", { code: null, signal: "SIGSEGV" }],
      ["kill -ABRT $$", { code: null, signal: "SIGABRT" }],
    ])("tells how it ended: %s", async (script, expected) => {
      const { sandbox } = await ground();
      expect((await runShell(sandbox, script)).exit).toMatchObject(expected);
    });

    it("tells of a command that is not there", async () => {
      const { sandbox } = await ground();
      const running = await sandbox.exec({ command: "/no/such/program", args: [], env: { PATH }, directory: sandbox.path("/var/task") });
      expect((await running.exited).code).toBe(127);
    });

    it("reaches this server through its own listener, whose connections carry its identity", () => expectOwnListeners(driver));

    it("keeps /tmp over a reset and kills everything else", async () => {
      const { sandbox } = await ground();
      const tmp = sandbox.path("/tmp");
      await runShell(sandbox, `echo kept > ${tmp}/file`);
      const mark = `sleep-of-${sandbox.id}`;
      const running = await startShell(sandbox, `setsid -f bash -c 'exec -a ${mark} sleep 1000'; echo started; exec sleep 1000`);
      await firstLine(running.stdout);
      await eventually("the daemon", () => processesWith(mark).length > 0);
      await sandbox.reset();
      expect(processesWith(mark)).toEqual([]);
      expect((await running.exited).signal).toBe("SIGKILL");
      expect((await runShell(sandbox, `cat ${tmp}/file`)).stdout).toBe("kept\n");
    });

    it("runs several programs at once, which see each other's /tmp and network, and ends what they left with the last of them", async () => {
      const { sandbox } = await ground({ ports: [9001] });
      const { listener, close } = answering("ok");
      onTestFinished(close);
      const { "runtime-api": api } = await sandbox.listen([listener]);
      const mark = `left-by-the-first-${process.pid}`;
      const second = await startShell(sandbox, "echo up; exec sleep 1000");
      const first = await startShell(sandbox, `setsid -f bash -c 'exec -a ${mark} sleep 1000'; echo from-the-first > ${sandbox.path("/tmp")}/file; echo up; exit 3`);
      await Promise.all([firstLine(first.stdout), firstLine(second.stdout)]);
      expect(await first.exited).toMatchObject({ code: 3 });
      await eventually("the daemon", () => processesWith(mark).length > 0);
      const third = await sandbox.exec({ command: "/bin/bash", args: ["-c", `cat ${sandbox.path("/tmp")}/file; ${ASK_API}`], env: { PATH, API: api! }, directory: sandbox.path("/var/task") });
      expect(await text(third.stdout)).toMatch(/^from-the-first\nHTTP[^]*ok$/);
      second.signal("SIGKILL");
      expect(await second.exited).toMatchObject({ signal: "SIGKILL" });
      await third.exited;
      expect(processesWith(mark)).toEqual([]);
    });

    it("lets a program be that is started while what the last one left is ended", async () => {
      const { sandbox } = await ground();
      for (let round = 0; round < 20; round++) {
        const last = await startShell(sandbox, "(sleep 1000 & sleep 1000) >/dev/null 2>&1 & exec 1>&- 2>&-; exit 0");
        expect(await text(last.stdout)).toBe("");
        expect((await runShell(sandbox, "sleep 0.01; echo here")).stdout).toBe("here\n");
        await last.exited;
      }
    });

    it("asks one program to end, and lets the others be", async () => {
      const { sandbox } = await ground();
      const asked = await startShell(sandbox, "trap 'echo ending; exit 5' TERM; echo up; while :; do sleep 0.01; done");
      const other = await startShell(sandbox, "trap 'exit 9' TERM; echo up; while :; do sleep 0.01; done");
      await Promise.all([firstLine(asked.stdout), firstLine(other.stdout)]);
      asked.signal("SIGTERM");
      expect(await asked.exited).toMatchObject({ code: 5, signal: null });
      asked.signal("SIGTERM");
      expect((await sandbox.usage()).processes).toBeGreaterThan(0);
      await sandbox.reset();
      expect(await other.exited).toMatchObject({ signal: "SIGKILL" });
    });

    it("connects to what a program listens on, on its own loopback", async () => {
      const { sandbox } = await ground();
      const port = 20_000 + (process.pid % 10_000);
      await expect(sandbox.connect(port)).rejects.toThrow();
      const script = `import socketserver
class H(socketserver.StreamRequestHandler):
    def handle(self): self.wfile.write(b"you said " + self.rfile.readline())
class S(socketserver.TCPServer): allow_reuse_address = True
server = S(("127.0.0.1", ${port}), H)
print("up", flush=True)
server.serve_forever()`;
      const running = await sandbox.exec({ command: "python3", args: ["-c", script], env: { PATH }, directory: sandbox.path("/var/task") });
      await firstLine(running.stdout);
      for (const word of ["one", "two"]) {
        const socket = await sandbox.connect(port);
        socket.write(`${word}\n`);
        expect(await text(socket)).toBe(`you said ${word}\n`);
      }
      await sandbox.reset();
      await expect(sandbox.connect(port)).rejects.toThrow();
    });

    it("kills the program that outgrew the memory of all, and not the one beside it", async () => {
      const { sandbox } = await ground({ memoryBytes: 96 * MIB });
      const beside = await startShell(sandbox, "echo up; exec sleep 1000");
      await firstLine(beside.stdout);
      const { exit } = await runShell(sandbox, `exec python3 -c "
import time
held = []
while True:
    held.append(bytearray(4 << 20)); time.sleep(0.005)"`);
      expect(exit).toMatchObject({ signal: "SIGKILL", isOutOfMemory: true });
      let hasEnded = false;
      void beside.exited.then(() => (hasEnded = true));
      expect((await runShell(sandbox, "echo still")).stdout).toBe("still\n");
      expect(hasEnded).toBe(false);
    });

    it("has a /tmp of its own", async () => {
      const [one, two] = [await createGround(driver), await createGround(driver)];
      await runShell(one.sandbox, `echo mine > ${one.sandbox.path("/tmp")}/only-here`);
      expect((await runShell(two.sandbox, `ls ${two.sandbox.path("/tmp")}`)).stdout).toBe("");
    });

    it("freezes what runs and lets it go on", async () => {
      const { sandbox } = await ground();
      const running = await startShell(sandbox, "i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done");
      let seen = "";
      running.stdout.on("data", (chunk) => (seen += chunk));
      await eventually("some output", () => seen.length > 10);
      await sandbox.freeze();
      const before = await sandbox.usage();
      const frozen = await eventually("silence", async () => {
        const length = seen.length;
        await new Promise((resolve) => setTimeout(resolve, 60));
        return seen.length === length && length;
      });
      expect((await sandbox.usage()).cpuMs).toBe(before.cpuMs);
      await sandbox.thaw();
      await eventually("more output", () => seen.length > frozen);
    });

    it("measures memory instead of repeating the limit", async () => {
      const { sandbox } = await ground();
      const running = await startShell(sandbox, `python3 -c "b = bytearray(40 << 20); print('ready', flush=True); import time; time.sleep(1000)"`);
      await firstLine(running.stdout);
      const peak = await sandbox.memoryPeakBytes();
      expect(peak).toBeGreaterThan(40 * MIB);
      expect(peak).toBeLessThan(120 * MIB);
      expect((await sandbox.usage()).processes).toBeGreaterThan(0);
    });

    it("kills a process that outgrows its memory, and says why", async () => {
      const { sandbox } = await ground({ memoryBytes: 64 * MIB });
      const { exit } = await runShell(sandbox, `exec python3 -c "
import time
held = []
while True:
    held.append(bytearray(4 << 20)); time.sleep(0.005)"`);
      expect(exit).toMatchObject({ signal: "SIGKILL", isOutOfMemory: true });
    });

    it("limits open files", async () => {
      const { sandbox } = await ground({ openFilesMax: 100 });
      expect((await runShell(sandbox, "ulimit -n")).stdout).toBe("100\n");
    });

    it.each([0, 1, 2, 4, 8, 16, 32])("leaves nothing of a program that it is destroyed under, %i turns after its start", async (turns) => {
      const { sandbox } = await ground({ ports: [9001] });
      const mark = `destroyed-${process.pid}-${turns}`;
      const { listener, close } = answering("ok");
      const over = sandbox.listen([listener]).then(() => startShell(sandbox, `exec -a ${mark} sleep 1000 || exec bash -c 'exec -a ${mark} sleep 1000'`)).then(({ exited }) => exited, () => "refused");
      for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
      await sandbox.destroy();
      await over;
      close();
      expect(processesWith(mark)).toEqual([]);
      await expect(startShell(sandbox, "true")).rejects.toThrow();
    });

    it("leaves nothing behind: no process, no file, no descriptor", async () => {
      const descriptors = () => readdirSync("/proc/self/fd").length;
      const once = async (index: number) => {
        const mark = `leaver-${process.pid}-${index}`;
        const { sandbox } = await createGround(driver, { id: `leaver-${process.pid}-${index}`, ports: [9001] });
        const { listener, close } = answering("ok");
        await sandbox.listen([listener]);
        const running = await startShell(sandbox, `setsid -f bash -c 'exec -a ${mark} sleep 1000'; echo up; exec sleep 1000`);
        await firstLine(running.stdout);
        await sandbox.destroy();
        close();
        expect(processesWith(mark)).toEqual([]);
      };
      await once(0);
      const before = descriptors();
      for (let index = 1; index <= 10; index++) await once(index);
      // One that were left of each would be ten; a few may come and go with the test's own process.
      await eventually("descriptors are released", () => descriptors() <= before + 3);
    });
  });
};
