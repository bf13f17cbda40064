import { describe, expect, it } from "vitest";
import type { Serve } from "../../../src/executor/local-http/connection.ts";
import type { LocalRequest } from "../../../src/executor/local-http/request.ts";
import { createLocalServer } from "../../../src/executor/local-http/server.ts";
import { eventually } from "../../support/temporary.ts";
import { connectFake, latin1, open, startLocal, type FakeSocket } from "./ground.ts";

const KIB = 1_024;
const silent: Serve = () => {};
const HEAD = "POST / HTTP/1.1\r\nHost: x\r\n";
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;

describe("what comes without an end", () => {
  it.each([
    ["a request line", "", "A"],
    ["a field", HEAD, "A"],
    ["fields", HEAD, "A: b\r\n"],
    ["empty lines", "", "\r\n"],
    ["requests, none of which is answered", "", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["a body that nobody reads", `${HEAD}Content-Length: 999999999\r\n\r\n`, "x"],
    ["chunks that nobody reads", CHUNKED, "1\r\nx\r\n"],
    ["a chunk that nobody reads", `${CHUNKED}ffffffffff\r\n`, "x"],
    ["the size of a chunk", CHUNKED, "0"],
    ["an extension", `${CHUNKED}1;a=`, "x"],
    ["extensions of chunks", CHUNKED, "1;a=bcdefghij\r\nx\r\n"],
    ["trailers", `${CHUNKED}0\r\n`, "A: b\r\n"],
  ])("is taken within bounds: %s", (_what, before, repeated) => {
    for (const pieceBytes of [1, 100, 16 * KIB]) {
      const socket = connectFake(silent);
      const piece = latin1(repeated.repeat(Math.max(1, Math.floor(pieceBytes / repeated.length))));
      socket.send(latin1(before));
      let taken = 0;
      for (; socket.isTaken && taken < 1_000 * KIB; taken += piece.length) socket.send(Buffer.from(piece));
      // A paused one may hold what one piece has brought above the bound.
      expect(taken).toBeLessThanOrEqual(200 * KIB);
    }
  });

  it("comes no faster than it is read", async () => {
    let request!: LocalRequest;
    const socket = connectFake((given) => (request = given));
    socket.send(latin1(`${HEAD}Content-Length: 999999999\r\n\r\n`));
    const fill = () => {
      let taken = 0;
      for (; socket.isTaken && taken < 1_000; taken++) socket.send(Buffer.alloc(KIB));
      return taken;
    };
    const pieces = request[Symbol.asyncIterator]();
    expect(fill()).toBeLessThan(100);
    for (let round = 0; round < 100; round++) {
      await pieces.next();
      expect(fill()).toBeLessThanOrEqual(1);
    }
  });

  it.each<[string, Serve]>([
    ["refuses it", (request) => request.resume()],
    ["has answered", (_request, response) => response.writeHead(404).end()],
    ["will not take so much", (request) => void request.body(100_000)],
  ])("is read to its end by who %s", (_who, serve) => {
    const socket = connectFake(serve);
    socket.send(latin1(`${HEAD}Content-Length: 999999999\r\n\r\n`));
    for (let i = 0; i < 1_000; i++) {
      socket.send(Buffer.alloc(KIB));
      expect(socket.isTaken).toBe(true);
    }
  });
});

describe("a client that does not read", () => {
  it("is served no more than it could read soon", async () => {
    let served = 0;
    const { port } = await startLocal((_request, response) => {
      served++;
      response.writeHead(200).end(Buffer.alloc(100_000));
    });
    const { socket, hears } = await open(port);
    socket.pause();
    let isWritten = false;
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1_000), () => (isWritten = true));
    await eventually("all was sent", () => isWritten);
    const before = await settledOf(() => served);
    expect(before).toBeLessThan(500);
    socket.resume();
    await hears((heard) => heard.length > 100_000_000);
    expect(served).toBe(1_000);
  });

  it("is given up when the answers of many would fill the memory, the oldest first", () => {
    const server = createLocalServer((_request, response) => void response.writeHead(200).end(Buffer.alloc(6_000_000)));
    const sockets: FakeSocket[] = [];
    for (let count = 1; count <= 12; count++) {
      const socket = connectFake(server);
      socket.isDeaf = true;
      socket.send(latin1("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
      sockets.push(socket);
      expect(sockets.filter(({ destroyed }) => !destroyed)).toEqual(sockets.slice(-2));
    }
  });
});

/** The value once it has not changed for a number of turns in which all that could change it was done. */
const settledOf = async (look: () => number): Promise<number> => {
  for (let [last, same] = [look(), 0]; ; ) {
    await new Promise((resolve) => setImmediate(resolve));
    same = look() === last ? same + 1 : 0;
    last = look();
    if (same === 2_000) return last;
  }
};
