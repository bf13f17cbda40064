import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { createNetworks } from "../../src/sandbox/networks.ts";
import { isThere } from "../support/commands.ts";
import { eventually } from "../support/temporary.ts";

const PYTHON = "/usr/bin/python3";
const canRun = process.getuid?.() === 0 && isThere(PYTHON, "--version") && isThere("unshare", "--net", "true");

/** A process with a network of its own. */
const startNetwork = async (): Promise<number> => {
  const child = spawn("unshare", ["--net", "sh", "-c", "ip link set lo up; echo up; exec sleep 1000"], { stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child.pid!;
};
const createListener = (python = PYTHON) => {
  const listener = createNetworks(python);
  onTestFinished(() => listener.close());
  return listener;
};
/** What a client in that network hears. */
const ask = (pid: number, port: number): string =>
  execFileSync("nsenter", [`--net=/proc/${pid}/ns/net`, "bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${port}; cat <&3`], { encoding: "utf8" });
const childrenOf = (pid: number): number[] => (readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").match(/\d+/g) ?? []).map(Number);
const helpers = (): number[] => childrenOf(process.pid).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("networks.py"));

/** A program in that network, once it has said something. */
const startIn = async (pid: number, code: string): Promise<void> => {
  const child = spawn("nsenter", [`--net=/proc/${pid}/ns/net`, PYTHON, "-uc", `import socket, time\n${code}`], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
};

describe.runIf(canRun)("connecting in other networks (skipped where the tests are not root, or there is no python3 or unshare)", () => {
  it("hands out a connection, and tells why there is none", async () => {
    const networks = createListener();
    const pid = await startNetwork();
    await startIn(pid, `server = socket.create_server(("127.0.0.1", 8080)); print("up")\nwhile True: line, _ = server.accept(); line.sendall(line.recv(100)); line.close()`);
    for (const words of ["once", "again"]) {
      const socket = await networks.connect(pid, 8080);
      socket.end(words);
      expect(await text(socket)).toBe(words);
    }
    await expect(networks.connect(pid, 8081)).rejects.toThrow(/nobody can connect to port 8081 in a sandbox's network: .*refused/);
    await expect(networks.connect(process.pid, 8080)).rejects.toThrow("it is the network of the machine");
  });

  it("waits for nobody who does not take a connection, and forgets it when nobody wants it any more", async () => {
    const networks = createListener();
    const pid = await startNetwork();
    // One in its queue, one more: the kernel leaves those that follow without an answer.
    await startIn(pid, `
server = socket.create_server(("127.0.0.1", 8080), backlog=0)
held = [socket.socket() for _ in range(4)]
for line in held: line.setblocking(False); line.connect_ex(("127.0.0.1", 8080))
print("up"); time.sleep(1000)`);
    const ending = new AbortController();
    const connecting = networks.connect(pid, 8080, ending.signal);
    for (const server of (await networks.listen(pid, [9001])).values()) server.close();
    const [helper] = helpers();
    const open = () => readdirSync(`/proc/${helper}/fd`).length;
    const before = open();
    ending.abort(new Error("it is over"));
    await expect(connecting).rejects.toThrow("it is over");
    await eventually("its descriptor is closed", () => open() === before - 1);
  });
});

describe.runIf(canRun)("listening in other networks (skipped where the tests are not root, or there is no python3 or unshare)", () => {
  it("hands out listeners of each network, many at a time", async () => {
    const listener = createListener();
    const pids = await Promise.all([startNetwork(), startNetwork(), startNetwork()]);
    const all = await Promise.all(pids.map((pid) => listener.listen(pid, [9001, 4566])));
    for (const [index, servers] of all.entries()) {
      for (const [port, server] of servers) {
        expect(server.address()).toMatchObject({ address: "127.0.0.1", port });
        server.on("connection", (socket) => socket.end(`network ${index}, port ${port}`));
        onTestFinished(() => void server.close());
      }
    }
    // In a process of its own: this one has to answer.
    for (const [index, pid] of pids.entries()) {
      const child = spawn("nsenter", [`--net=/proc/${pid}/ns/net`, "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9001; cat <&3"], { stdio: ["ignore", "pipe", "ignore"] });
      const [heard] = (await once(child.stdout, "data")) as [Buffer];
      expect(heard.toString()).toBe(`network ${index}, port 9001`);
    }
  });

  it("never listens in the machine's own network, and tells why it cannot", async () => {
    const listener = createListener();
    await expect(listener.listen(process.pid, [9001])).rejects.toThrow("nobody can listen in a sandbox's network: it is the network of the machine");
    await expect(listener.listen(2 ** 22 + 1, [9001])).rejects.toThrow("No such file");
    const pid = await startNetwork();
    const [first] = (await listener.listen(pid, [9001])).values();
    await expect(listener.listen(pid, [9002, 9001])).rejects.toThrow("Address already in use");
    first!.close();
    for (const server of (await listener.listen(pid, [9002])).values()) server.close();
    expect(() => ask(pid, 9003)).toThrow();
  });

  it("begins anew when its process was killed, and leaves none", async () => {
    const listener = createListener();
    const pid = await startNetwork();
    for (const server of (await listener.listen(pid, [9001])).values()) server.close();
    const [helper] = helpers();
    process.kill(helper!, "SIGKILL");
    for (const server of (await listener.listen(pid, [9002])).values()) server.close();
    await listener.close();
    expect(helpers()).toEqual([]);
    await expect(createListener("/no/such/python").listen(pid, [9003])).rejects.toThrow("nobody can listen in a sandbox's network");
  });
});
