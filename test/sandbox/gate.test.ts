import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { createNetworks } from "../../src/sandbox/networks.ts";
import { isThere } from "../support/commands.ts";
import { eventually } from "../support/temporary.ts";

const PYTHON = "/usr/bin/python3";
const canRun = process.getuid?.() === 0 && existsSync("/dev/net/tun") && isThere(PYTHON, "--version") && isThere("unshare", "--net", "true") && isThere("ip", "route", "get", "203.0.113.1");

/** A process with a network of its own. */
const startNetwork = async (): Promise<number> => {
  const child = spawn("unshare", ["--net", "sh", "-c", "ip link set lo up; echo up; exec sleep 1000"], { stdio: ["ignore", "pipe", "ignore"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child.pid!;
};
const inside = (pid: number, ...command: string[]): string => execFileSync("nsenter", [`--net=/proc/${pid}/ns/net`, ...command], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const python = (pid: number, code: string): string => inside(pid, PYTHON, "-c", `import socket\n${code}`);
const openNetworks = () => {
  const networks = createNetworks(PYTHON);
  onTestFinished(() => networks.close());
  return networks;
};
/** Of the gate's device: what was taken from it, and what the kernel dropped. Undefined where there is none. */
const packetsOf = (pid: number): { taken: number; dropped: number } | undefined => {
  const fields = readFileSync(`/proc/${pid}/net/dev`, "utf8").split("\n").find((line) => line.trim().startsWith("lambdad:"))?.split(":")[1]?.trim().split(/\s+/);
  return fields && { taken: Number(fields[9]), dropped: Number(fields[11]) };
};
const send = (pid: number, count: number, address: string) =>
  python(pid, `s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\nfor i in range(${count}): s.sendto(b"x", ("${address}", 9))`);

describe.runIf(canRun)("a gate (skipped where the tests are not root, or there is no /dev/net/tun, python3, unshare or way to the internet)", () => {
  it("never stands in the machine's own network", async () => {
    await expect(openNetworks().hold(process.pid, () => {})).rejects.toThrow("nothing can be held in a sandbox's network: it is the network of the machine");
  });

  it("has an address of this machine's, and the last default route of all", async () => {
    const pid = await startNetwork();
    await openNetworks().hold(pid, () => {});
    const [, own] = /src (\S+)/.exec(execFileSync("ip", ["route", "get", "203.0.113.1"], { encoding: "utf8" }))!;
    expect(inside(pid, "ip", "route", "get", "203.0.113.1")).toContain(`dev lambdad src ${own}`);
    expect(inside(pid, "ip", "route", "show", "default")).toContain("metric 1073741824");
    expect(inside(pid, "ip", "route", "show", "type", "blackhole")).toContain("169.254.169.254");
  });

  it("wants no way out for what is sent to nobody, as long as that is little", async () => {
    const pid = await startNetwork();
    let wanted = 0;
    await openNetworks().hold(pid, () => void wanted++);
    send(pid, 31, "224.0.0.251");
    await eventually("all were looked at", () => packetsOf(pid)?.taken === 31);
    expect(wanted).toBe(0);
    send(pid, 1, "224.0.0.251");
    await eventually("the way out is wanted", () => wanted === 1);
  });

  it("looks at nothing more once the way out is wanted, and holds so much and no more", async () => {
    const pid = await startNetwork();
    let wanted = 0;
    const gate = await openNetworks().hold(pid, () => void wanted++);
    send(pid, 1, "203.0.113.1");
    await eventually("the way out is wanted", () => wanted === 1);
    send(pid, 300, "203.0.113.1");
    const { taken, dropped } = packetsOf(pid)!;
    expect(taken).toBe(1);
    expect(dropped).toBeGreaterThanOrEqual(300 - 64);
    expect(dropped).toBeLessThan(300);
    gate.remove();
    await eventually("the gate has gone", () => packetsOf(pid) === undefined);
    expect(wanted).toBe(1);
  });

  it("lets what it held leave by whatever way there is then, and a connection go on from an address that nobody has any more", async () => {
    const pid = await startNetwork();
    const outside = await startNetwork();
    let wanted = 0;
    const gate = await openNetworks().hold(pid, () => void wanted++);
    const listening = spawn("nsenter", [`--net=/proc/${outside}/ns/net`, PYTHON, "-uc", `
import socket
server = socket.create_server(("0.0.0.0", 7))
print("up")
while True:
    line, _ = server.accept()
    while words := line.recv(100): line.sendall(words)
`], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void listening.kill("SIGKILL"));
    await once(listening.stdout, "data");
    const client = spawn("nsenter", [`--net=/proc/${pid}/ns/net`, PYTHON, "-uc", `
import socket
line = socket.create_connection(("198.51.100.1", 7))
while words := input(): line.sendall(words.encode()); print(line.recv(100).decode(), line.getsockname()[0])
`], { stdio: ["pipe", "pipe", "inherit"] });
    onTestFinished(() => void client.kill("SIGKILL"));
    await eventually("the way out is wanted", () => wanted === 1);
    const [, own] = /src (\S+)/.exec(inside(pid, "ip", "route", "get", "198.51.100.1"))!;
    inside(pid, "ip", "link", "add", "way", "type", "veth", "peer", "name", "way", "netns", String(outside));
    inside(pid, "ip", "addr", "add", "10.1.1.2/24", "dev", "way");
    inside(pid, "ip", "link", "set", "way", "up");
    for (const address of ["10.1.1.1/24", "198.51.100.1/32"]) inside(outside, "ip", "addr", "add", address, "dev", "way");
    inside(outside, "ip", "link", "set", "way", "up");
    inside(outside, "ip", "route", "add", own!, "via", "10.1.1.2");
    inside(pid, "ip", "route", "add", "default", "via", "10.1.1.1");
    // More than one where all of this took longer than a second, after which a sender tries again.
    expect(await gate.open()).toBeGreaterThanOrEqual(1);
    await eventually("the gate has gone", () => packetsOf(pid) === undefined);
    client.stdin.write("still there\n");
    const [heard] = (await once(client.stdout, "data")) as [Buffer];
    expect(heard.toString()).toBe(`still there ${own}\n`);
    // Who begins now begins from the new address.
    expect(inside(pid, "ip", "route", "get", "198.51.100.1")).toContain("src 10.1.1.2");
  });

  it("is lost with its process, and then the way out is wanted at once", async () => {
    const pid = await startNetwork();
    let wanted = 0;
    const networks = createNetworks(PYTHON);
    const gate = await networks.hold(pid, () => void wanted++);
    await networks.close();
    expect(wanted).toBe(1);
    await expect(gate.open()).rejects.toThrow();
    gate.close();
  });
});
