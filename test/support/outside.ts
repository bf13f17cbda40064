import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

/** A machine of the test's own, in a network namespace: it stands for the internet. */
export interface Outside {
  IPv4: string;
  IPv6: string;
  /** Answers a connection with "from outside" and then with what it is sent, and a datagram with itself. */
  port: number;
}

/** It has this address too, where it is given, and this machine finds it there. */
export const openOutside = async ({ also }: { also?: string } = {}): Promise<Outside> => {
  const name = `lambdad-test-${process.pid}`;
  const link = `lt${process.pid}`;
  // Others may test at the same time.
  const block = process.pid % 16_384;
  const network = { IPv4: `10.213.${block >> 6}.`, IPv6: `fd00:213:${block.toString(16)}::` };
  const first = (block & 63) << 2;
  const here = [`${network.IPv4}${first + 1}/30`, `${network.IPv6}1/64`];
  const there = [`${network.IPv4}${first + 2}/30`, `${network.IPv6}2/64`];
  const ip = (...args: string[]) => execFileSync("ip", args);
  const isIPv6 = (address: string) => (address.includes(":") ? ["nodad"] : []);
  ip("netns", "add", name);
  // The link by itself: the end of a network takes its links along only later.
  onTestFinished(() => {
    ip("link", "delete", link);
    ip("netns", "delete", name);
  });
  ip("link", "add", link, "type", "veth", "peer", "name", `${link}o`, "netns", name);
  for (const address of here) ip("addr", "add", address, "dev", link, ...isIPv6(address));
  ip("link", "set", link, "up");
  for (const address of there) ip("-n", name, "addr", "add", address, "dev", `${link}o`, ...isIPv6(address));
  ip("-n", name, "link", "set", `${link}o`, "up");
  if (also !== undefined) {
    ip("-n", name, "addr", "add", `${also}/32`, "dev", `${link}o`);
    ip("route", "add", `${also}/32`, "dev", link);
  }
  const port = 8_000;
  const server = spawn("ip", ["netns", "exec", name, process.execPath, "-e", program(port)], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void server.kill("SIGKILL"));
  await once(server.stdout, "data");
  const [IPv4, IPv6] = there.map((address) => address.split("/")[0]!) as [string, string];
  return { IPv4, IPv6, port };
};

const program = (port: number): string => `
const datagrams = require("node:dgram").createSocket("udp6");
datagrams.on("message", (message, from) => datagrams.send(message, from.port, from.address)).bind(${port}, () =>
  require("node:net").createServer((socket) => {
    socket.on("error", () => {}).write("from outside\\n");
    socket.pipe(socket);
  }).listen(${port}, "::", () => console.log("up")));
`;
