import { connect, type Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createWaitingMessages } from "../../../src/gateway/front-doors/websocket/waiting-messages.ts";
import { ask } from "../ask.ts";
import { sha256, signHeaders } from "../../gateway/support.ts";
import { eventually } from "../../support/temporary.ts";
import { openSockets, STAGE, type Sockets } from "./ground.ts";

const yes = () => ({ statusCode: 200, body: "ok" });
const KIB = 1024;

/** A client that writes its own bytes: it does what it wants, and answers nothing. */
const dialRaw = (on: Sockets, fields: Record<string, string> = {}, method = "GET"): Promise<{ socket: Socket; head: string }> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(on.endpoint).port), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    const headers = { Host: on.host(), Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", ...fields };
    let head = "";
    socket.on("error", reject).on("data", (chunk: Buffer) => {
      head += chunk.toString("latin1");
      if (head.includes("\r\n\r\n")) resolve({ socket, head });
    });
    socket.write(`${method} /${STAGE} HTTP/1.1\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
  });
const ended = (on: Sockets) => on.events("DISCONNECT").map(({ requestContext }) => [requestContext["disconnectStatusCode"], requestContext["disconnectReason"]]);
const opened = async (behind: NonNullable<Parameters<typeof openSockets>[0]>["behind"] = yes) => {
  const on = await openSockets({ behind });
  await on.save({ answered: ["$default"] });
  return on;
};

describe("a client that floods", () => {
  it("has so many messages under way, in their order, and is not read on meanwhile", async () => {
    const begun: string[] = [];
    const held: (() => void)[] = [];
    const told: string[] = [];
    const messages = createWaitingMessages({
      runningMax: 2, bytesMax: 10, pause: () => void told.push("pause"), resume: () => void told.push("resume"),
      run(text) {
        begun.push(text);
        return new Promise((done) => held.push(done));
      },
    });
    const release = async () => {
      held.shift()!();
      await Promise.resolve().then(() => {}).then(() => {}).then(() => {});
    };
    for (const text of ["a", "b", "c", "large, more than ten", "d"]) messages.take(text);
    expect([begun, told]).toEqual([["a", "b"], ["pause"]]);
    await release();
    expect(begun).toEqual(["a", "b", "c"]);
    await release();
    // Beside another one it goes, as there was room when it began; then nothing goes beside it.
    expect(begun).toEqual(["a", "b", "c", "large, more than ten"]);
    await release();
    expect([begun.length, told]).toEqual([4, ["pause"]]);
    await release();
    expect([begun.at(-1), told]).toEqual(["d", ["pause", "resume"]]);
  });

  it("waits in its own memory, not the server's", async () => {
    let isHeld = true;
    const held: (() => void)[] = [];
    const on = await opened(async (event) => {
      if (isHeld && event["body"] !== undefined) await new Promise<void>((done) => held.push(done));
      return { statusCode: 200, body: String(event["body"]).slice(0, 4) };
    });
    const { socket, next } = await on.dial();
    const COUNT = 256;
    for (let index = 0; index < COUNT; index++) socket.send(String(index).padEnd(64 * KIB, " "));
    await eventually("as many are under way as may be", () => held.length === 4);
    // What the kernel does not hold is still here: 16 MiB are more than that.
    expect(socket.bufferedAmount).toBeGreaterThan(0);
    const other = await on.dial();
    expect(on.events("MESSAGE")).toHaveLength(4);
    other.socket.close();
    isHeld = false;
    held.forEach((done) => done());
    const answers = new Set<number>();
    for (let index = 0; index < COUNT; index++) answers.add(Number(await next()));
    expect(answers.size).toBe(COUNT);
  });

  it("of small messages has sixteen of them under way", async () => {
    let isHeld = true;
    const held: (() => void)[] = [];
    const on = await opened(async (event) => {
      if (isHeld && event["body"] !== undefined) await new Promise<void>((done) => held.push(done));
      return yes();
    });
    const { socket } = await on.dial();
    for (let index = 0; index < 1_000; index++) socket.send("x");
    await eventually("as many are under way as may be", () => held.length === 16);
    // All that came in one piece has been looked at by now: another connection was made after it.
    await on.dial();
    expect(held).toHaveLength(16);
    socket.terminate();
    isHeld = false;
    held.forEach((done) => done());
    await eventually("its end is told", () => ended(on).length === 1);
  });

  it("or does not read makes a backend's messages gone, and the server keeps little of them", async () => {
    const on = await opened();
    const { socket } = await dialRaw(on);
    socket.pause();
    const id = String(on.events("CONNECT")[0]!.requestContext["connectionId"]);
    const path = `/${STAGE}/@connections/${encodeURIComponent(id)}`;
    const body = "a".repeat(128 * KIB);
    const post = async () => (await ask(on.endpoint, on.host(), { method: "POST", path, body, headers: signHeaders({ method: "POST", path: path.split("/").map(encodeURIComponent).join("/"), headers: { host: on.host() }, payload: sha256(body), service: "execute-api" }).headers })).status;
    let taken = 0;
    while ((await post()) === 200) expect(++taken * 128 * KIB).toBeLessThan(64 * KIB * KIB);
    expect(taken).toBeGreaterThan(8);
  });
});

describe("what a client sends", () => {
  it("may come in pieces, with pings between them, and is never compressed", async () => {
    const on = await opened((event) => ({ statusCode: 200, body: String(event["body"]) }));
    const { socket, next } = await on.dial("", { perMessageDeflate: true });
    expect(socket.extensions).toBe("");
    const pong = new Promise((came) => socket.once("pong", came));
    socket.send("in ", { fin: false });
    socket.ping("alive");
    socket.send("three ", { fin: false });
    socket.send("pieces é", { fin: true });
    expect(String(await pong)).toBe("alive");
    expect(await next()).toBe("in three pieces é");
  });

  it.each<[string, number, Buffer]>([
    ["without a mask", 1002, Buffer.from([0x81, 1, 0x61])],
    ["of no known kind", 1002, Buffer.from([0x83, 0x80, 0, 0, 0, 0])],
    ["compressed though nobody agreed to it", 1002, Buffer.from([0xc1, 0x81, 0, 0, 0, 0, 0x61])],
    ["a continuation of nothing", 1002, Buffer.from([0x80, 0x80, 0, 0, 0, 0])],
    ["no UTF-8", 1007, Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff])],
    ["a length beyond all bounds", 1009, Buffer.from([0x81, 0xff, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])],
    ["bytes", 1003, Buffer.from([0x82, 0x81, 0, 0, 0, 0, 1])],
  ])("ends the connection with RFC 6455's code where it is %s: %i", async (_what, code, bytes) => {
    const on = await opened();
    const { socket } = await dialRaw(on);
    const answered = new Promise<Buffer>((came) => socket.once("data", came));
    socket.write(bytes);
    const frame = await answered;
    expect([frame[0], frame.readUInt16BE(2)]).toEqual([0x88, code]);
    await eventually("the end is told", () => ended(on).length === 1);
    expect(ended(on)[0]![0]).toBe(code);
    expect(on.events("MESSAGE")).toEqual([]);
  });

  it("as a handshake that is none asks nobody", async () => {
    const on = await opened();
    const status = async (fields: Record<string, string>, method?: string) => (await dialRaw(on, fields, method)).head.split(" ")[1];
    for (const fields of [{ "Sec-WebSocket-Key": "short" }, { "Sec-WebSocket-Version": "8" }, { "Sec-WebSocket-Protocol": "a b" }, { "Sec-WebSocket-Protocol": "a, a" }]) expect(await status(fields)).toBe("400");
    expect(await status({}, "POST")).toBe("400");
    expect(on.invocations).toEqual([]);
  });

  it("may have headers of any name", async () => {
    const on = await opened();
    await dialRaw(on, { ["__proto__"]: "p", constructor: "c" });
    const headers = on.events("CONNECT")[0]!["headers"] as Record<string, string>;
    expect([Object.hasOwn(headers, "__proto__"), headers["constructor"]]).toEqual([true, "c"]);
  });
});

describe("a subprotocol", () => {
  const answering = (headers: Record<string, unknown>) => opened(() => ({ statusCode: 200, headers }));

  it("is the one that $connect's answer names", async () => {
    const on = await answering({ "Sec-WebSocket-Protocol": "second" });
    const { socket } = await on.dial("", { protocols: ["first", "second"] });
    expect(socket.protocol).toBe("second");
    expect(on.events("CONNECT")[0]!["headers"]).toMatchObject({ "Sec-WebSocket-Protocol": "first,second" });
  });

  it("is none where $connect names none, and a client that wants one goes", async () => {
    const on = await answering({});
    await expect(on.dial("", { protocols: ["first"] })).rejects.toThrow("Server sent no subprotocol");
    expect((await on.dial()).socket.protocol).toBe("");
  });

  it("writes no header of its own", async () => {
    const on = await answering({ "sec-websocket-protocol": "a\r\nX-Evil: 1" });
    const { head } = await dialRaw(on, { "Sec-WebSocket-Protocol": "a" });
    expect(head).toMatch(/^HTTP\/1.1 101 /);
    expect(head).not.toMatch(/evil|sec-websocket-protocol/i);
  });
});

describe("an end", () => {
  it("is told of a client that went away while its $connect was asked", async () => {
    const held = Promise.withResolvers<void>();
    const on = await opened(async (event) => {
      if ((event["requestContext"] as { eventType: string }).eventType === "CONNECT") await held.promise;
      return yes();
    });
    const socket = connect(Number(new URL(on.endpoint).port), "127.0.0.1");
    socket.write(`GET /${STAGE} HTTP/1.1\r\nHost: ${on.host()}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    await eventually("the function is asked", () => on.events("CONNECT").length === 1);
    socket.resetAndDestroy();
    await new Promise((gone) => socket.once("close", gone));
    expect(ended(on)).toEqual([]);
    held.resolve();
    await eventually("the end is told", () => ended(on).length === 1);
    expect(on.events("DISCONNECT")[0]!.requestContext["connectionId"]).toBe(on.events("CONNECT")[0]!.requestContext["connectionId"]);
    expect(ended(on)[0]![0]).toBe(1006);
  });

  it("is not told where $connect said no", async () => {
    const on = await opened(() => ({ statusCode: 403 }));
    expect((await on.refused()).body).toEqual({ message: "Forbidden", connectionId: expect.any(String), requestId: expect.any(String) });
    await on.closeDoors();
    expect(ended(on)).toEqual([]);
  });

  it("of the server is told to clients and to their APIs, also where a client says nothing", async () => {
    const on = await opened();
    const { closed } = await on.dial();
    const { socket } = await dialRaw(on);
    const heard = new Promise<Buffer>((came) => socket.once("data", came));
    const done = on.closeDoors();
    expect(await closed).toEqual({ code: 1001, reason: "Going away" });
    expect((await heard).readUInt16BE(2)).toBe(1001);
    // Before the silent one has agreed, which it never does.
    await eventually("both ends are told", () => ended(on).length === 2);
    expect(ended(on)).toEqual([[1001, "Going away"], [1001, "Going away"]]);
    socket.destroy();
    await done;
  });

  it("comes by idleness to who does not answer, too", async () => {
    const on = await opened();
    await dialRaw(on);
    await on.clock.advance(10 * 60_000);
    await eventually("the end is told", () => ended(on).length === 1);
    expect(ended(on)).toEqual([[1001, "Going away"]]);
  });
});

it("a thousand idle connections cost nobody else anything", async () => {
  const on = await openSockets({ behind: yes });
  await on.save({ routes: { $default: {} }, answered: ["$default"] });
  await Promise.all(Array.from({ length: 1_000 }, () => dialRaw(on)));
  const { socket, next } = await on.dial();
  socket.send("x");
  expect(await next()).toBe("ok");
});
