import { createServer, type Server } from "node:http";
import { connect, createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createTelemetry, type Telemetry } from "../../src/executor/telemetry.ts";
import type { Subscription } from "../../src/executor/subscription.ts";
import { createClock } from "../../src/kit/clock.ts";
import { TELEMETRY_BUFFERING } from "../../src/kit/limits/runtime.ts";
import { eventually } from "../support/temporary.ts";

const open = async (server: Server | TcpServer): Promise<number> => {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};
const connectTo = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket)).once("error", reject);
  });

const subscription = (port: number, protocol: "HTTP" | "TCP" = "HTTP"): Subscription => ({
  api: "telemetry", schemaVersion: "2022-12-13", types: ["platform", "function"], maxItems: 1_000, maxBytes: TELEMETRY_BUFFERING.maxBytes.least, timeoutMs: 25,
  destination: protocol === "HTTP" ? { protocol, port, path: "/", method: "POST" } : { protocol, port },
});
const start = (isJson = false) => {
  const wall = createClock();
  const telemetry = createTelemetry({ connect: connectTo, wall, nowMs: wall.now, isJson });
  onTestFinished(() => telemetry.end());
  return { telemetry, wall };
};
const fill = (telemetry: Telemetry, lines: number, text = "x".repeat(100)) => {
  for (let i = 0; i < lines; i++) telemetry.line("function", `${i} ${text}\n`);
};
interface Event {
  type: string;
  record: { droppedRecords: number; droppedBytes: number; reason: string } | string;
}

describe("a subscriber of telemetry", () => {
  it("that does not answer gets what fits, and is told how much did not", async () => {
    const { telemetry, wall } = start();
    const bodies: string[] = [];
    let answer: (() => void) | undefined;
    const port = await open(createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk)).on("end", () => {
        bodies.push(body);
        const reply = () => response.writeHead(200).end();
        if (bodies.length === 1) answer = reply;
        else reply();
      });
    }));
    telemetry.subscribe("slow", subscription(port));
    telemetry.closeSubscriptions();
    fill(telemetry, 10_000);
    await eventually("a batch is under way", () => answer !== undefined);
    fill(telemetry, 10_000);
    answer!();
    await eventually("the rest arrives", async () => (await wall.advance(100), telemetry.isDelivered));
    const events = bodies.flatMap((body) => JSON.parse(body) as Event[]);
    const dropped = events.filter(({ type }) => type === "platform.logsDropped").map(({ record }) => record as { droppedRecords: number; droppedBytes: number; reason: string });
    expect(events.filter(({ type }) => type === "function").length + dropped.reduce((sum, { droppedRecords }) => sum + droppedRecords, 0)).toBe(20_000);
    expect(dropped[0]).toEqual({ droppedRecords: expect.any(Number), droppedBytes: expect.any(Number), reason: "Consumer seems to have fallen behind as it has not acknowledged receipt of logs." });
    for (const body of bodies) {
      expect((JSON.parse(body) as unknown[]).length).toBeLessThanOrEqual(1_001);
      expect(body.length).toBeLessThanOrEqual(2 * TELEMETRY_BUFFERING.maxBytes.least);
    }
  });

  it.each([
    ["never answers", () => {}],
    ["answers without an end", (socket: Socket) => { socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"); const more = () => { if (!socket.destroyed && socket.write("10000\r\n" + "y".repeat(65_536) + "\r\n")) setImmediate(more); }; socket.on("drain", more); more(); }],
    ["answers with rubbish", (socket: Socket) => void socket.write("\u0000\u0001rubbish\r\n\r\n")],
    ["speaks another protocol from there on", (socket: Socket) => void socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n")],
    ["hangs up", (socket: Socket) => void socket.destroy()],
    ["sends headers without an end", (socket: Socket) => { socket.write("HTTP/1.1 200 OK\r\n"); const more = () => { if (!socket.destroyed && socket.write(`h: ${"z".repeat(60_000)}\r\n`)) setImmediate(more); }; socket.on("drain", more); more(); }],
  ])("that %s is tried again, and costs no more than two batches", async (_name, behave) => {
    const { telemetry, wall } = start();
    let connections = 0;
    const port = await open(createTcpServer((socket) => {
      connections++;
      socket.on("error", () => {}).once("data", () => behave(socket)).resume();
    }));
    telemetry.subscribe("hostile", subscription(port));
    telemetry.closeSubscriptions();
    fill(telemetry, 100);
    await eventually("it is tried again and again", async () => (await wall.advance(1_000), connections >= 3));
    const before = process.memoryUsage().heapUsed;
    fill(telemetry, 50_000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 2 ** 20);
    expect(telemetry.isDelivered).toBe(false);
    await wall.advance(600);
    telemetry.end();
    expect(telemetry.isDelivered).toBe(true);
  });

  it("gets a line as text that is nested deeper than can be written again, and the next one as an object", async () => {
    const { telemetry, wall } = start(true);
    const bodies: string[] = [];
    const port = await open(createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += chunk)).on("end", () => (bodies.push(body), response.writeHead(200).end()));
    }));
    telemetry.subscribe("curious", subscription(port));
    telemetry.closeSubscriptions();
    const deep = `${'{"a":'.repeat(30_000)}1${"}".repeat(30_000)}\n`;
    telemetry.line("function", deep);
    telemetry.line("function", '{ "a": 1 }\n');
    await eventually("they arrive", async () => (await wall.advance(100), telemetry.isDelivered));
    expect(bodies.flatMap((body) => JSON.parse(body) as Event[])).toMatchObject([{ type: "function", record: deep }, { type: "function", record: { a: 1 } }]);
  });

  it("over TCP that does not read holds nobody up", async () => {
    const { telemetry, wall } = start();
    const port = await open(createTcpServer((socket) => void socket.on("error", () => {}).pause()));
    telemetry.subscribe("deaf", subscription(port, "TCP"));
    telemetry.closeSubscriptions();
    const wide = "w".repeat(10_000);
    await eventually("the kernel takes no more", async () => {
      fill(telemetry, 1_000, wide);
      await wall.advance(50);
      return !telemetry.isDelivered;
    });
    fill(telemetry, 10_000, wide);
    const began = wall.now();
    const delivered = telemetry.deliver(100);
    await wall.advance(100);
    await delivered;
    expect(wall.now() - began).toBeGreaterThanOrEqual(100);
  });

  it("is not asked while the environment is frozen", async () => {
    const { telemetry, wall } = start();
    let requests = 0;
    const port = await open(createServer((request, response) => {
      requests++;
      request.resume().on("end", () => response.writeHead(500).end());
    }));
    telemetry.subscribe("frozen", subscription(port));
    fill(telemetry, 1);
    telemetry.flush();
    await eventually("it is asked again", async () => (await wall.advance(100)).some(({ name }) => name === "telemetry retry") && requests > 0);
    telemetry.pause();
    const before = requests;
    await wall.advance(60_000);
    expect(requests).toBe(before);
    telemetry.resume();
    await eventually("it is asked again", () => requests > before);
  });
});
