import { describe, expect, it } from "vitest";
import type { LocalRequest } from "../../../src/executor/local-http/request.ts";
import { eventually } from "../../support/temporary.ts";
import { answersOf, countOf, get, keeping, open, post, startHolding, startLocal, statusesOf, type Seen } from "./ground.ts";

describe("a connection", () => {
  it("carries one request after the other: who sends ahead is heard when the one before is answered", async () => {
    const { held, client, next } = await startHolding();
    const { socket, hears } = await client();
    socket.write(get("/1") + post("body") + get("/3"));
    for (const count of [1, 2, 3]) {
      const { response } = await next(count);
      expect(held).toHaveLength(count);
      response.writeHead(200, { N: count }).end();
      await hears(answersOf(count));
    }
    expect(held.map(({ request }) => request.url)).toEqual(["/1", "/", "/3"]);
    socket.write(get("/4"));
    await next(4);
  });

  it("is answered with what was given, its length and a date", async () => {
    const { client, next } = await startHolding();
    const { socket, hears } = await client();
    socket.write(get("/"));
    (await next(1)).response.writeHead(403, { "Content-Type": "text/plain", A: 1 }).end("é");
    const date = /Date: (.*)\r\n/.exec(await hears((heard) => heard.endsWith("\xc3\xa9")))![1]!;
    expect(Math.abs(Date.parse(date) - Date.now())).toBeLessThan(10_000);
    socket.write(get("/"));
    const large = Buffer.alloc(1_000_000, "b");
    (await next(2)).response.writeHead(200, { "Content-Length": large.length }).end(large);
    expect((await hears((heard) => heard.length >= 1_000_000 && heard.endsWith("b"))).replaceAll(/Date: .*\r\n/g, "")).toBe(
      `HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nA: 1\r\nContent-Length: 2\r\n\r\n\xc3\xa9HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n${large.toString()}`,
    );
  });

  it("is not told a field that would break the head of an answer", async () => {
    const { client, next } = await startHolding();
    (await client()).socket.write(get("/"));
    const { response } = await next(1);
    expect(() => response.writeHead(200, { A: "b\r\nC: d" })).toThrow("the value of A would break the head");
    expect(() => response.end()).toThrow("an answer has a head");
  });

  it("hears no body behind HEAD", async () => {
    const { client, next } = await startHolding();
    const { socket, hears } = await client();
    socket.write(get("/").replace("GET", "HEAD") + get("/"));
    (await next(1)).response.writeHead(200, { "Content-Length": 4 }).end("body");
    (await next(2)).response.writeHead(204).end();
    expect(await hears(answersOf(2))).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Length: 4\r\nDate: .*\r\n\r\nHTTP\/1\.1 204 No Content\r\n/);
  });

  it.each([
    ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "Connection: close\r\n", true],
    ["HTTP/1.0 that is kept alive", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "Connection: keep-alive\r\n", false],
    ["Connection: close", get("/", "Connection: close\r\n"), "Connection: close\r\n", true],
  ])("ends as %s has it", async (_what, text, said, isClosed) => {
    const { client, next } = await startHolding();
    const { socket, ended, hears } = await client();
    socket.write(text + text);
    (await next(1)).response.writeHead(200).end("1");
    if (!isClosed) (await next(2)).response.writeHead(200).end("2");
    const heard = isClosed ? await ended : await hears(answersOf(2));
    expect(countOf(heard, said)).toBe(isClosed ? 1 : 2);
  });

  it("asks for a body that waits to be asked for", async () => {
    const seen: Seen[] = [];
    const { socket, hears } = await open((await startLocal(keeping(seen))).port);
    socket.write(post("", "Expect: 100-continue\r\n", 4));
    expect(await hears((heard) => heard !== "")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    socket.write("body");
    expect(statusesOf(await hears((heard) => heard.endsWith("ok")))).toEqual([100, 200]);
    expect(seen[0]!.body).toBe("body");
  });

  it("is answered before the body has come, whose rest is read and forgotten", async () => {
    const { client, next } = await startHolding();
    const { socket, hears, ended } = await client();
    for (const [count, fields] of [[1, ""], [2, "Connection: close\r\n"]] as const) {
      socket.write(post("", fields, 3_000_000));
      (await next(count)).response.writeHead(413).end();
      await hears(answersOf(count));
      await new Promise<void>((resolve) => socket.write(Buffer.alloc(3_000_000), () => resolve()));
    }
    expect(statusesOf(await ended)).toEqual([413, 413]);
  });
});

describe("a client that ends", () => {
  it("its own half only is still answered, all that it asked", async () => {
    const { client, next, sockets } = await startHolding();
    const { socket, ended } = await client();
    socket.end(post("1") + post("2"));
    await eventually("its end is seen", () => sockets[0]?.readableEnded);
    for (const count of [1, 2]) {
      const { request, response } = await next(count);
      expect((await request.body(10))!.toString()).toBe(String(count));
      response.writeHead(200).end();
    }
    expect(statusesOf(await ended)).toEqual([200, 200]);
  });

  it("in the middle is refused, and its body breaks off", async () => {
    const { client, next } = await startHolding();
    const { socket, ended } = await client();
    socket.end(post("half", "", 10));
    const { request } = await next(1);
    await expect(request.body(100)).rejects.toThrow("the request's body broke off: the client ended in the middle of a request");
    expect(statusesOf(await ended)).toEqual([400]);
    const other = await client();
    other.socket.end("GET / HT");
    expect(statusesOf(await other.ended)).toEqual([400]);
  });

  it.each([["its half", "end"], ["all", "destroy"]] as const)("%s is told to who watches, once, and its answer is dropped", async (_what, end) => {
    const { client, next } = await startHolding();
    const { socket, ended } = await client();
    socket.write(get("/"));
    const { response } = await next(1);
    let told = 0;
    response.once("close", () => told++);
    socket[end]();
    await eventually("it is told", () => told === 1);
    expect(await ended).toBe("");
    response.writeHead(200).end("late");
    // Who watches too late is told at once.
    const [second, third] = [await client(), await client()];
    second.socket.end(get("/"));
    const late = await next(2);
    third.socket.write(get("/"));
    await next(3);
    await eventually("its end is seen", () => (late.response.once("close", () => told++), told === 2));
    expect(await second.ended).toBe("");
  });

  it("all in the middle of a body breaks it off, also where it is read while it comes", async () => {
    const { client, next } = await startHolding();
    for (const [count, read] of [[1, (request: LocalRequest) => request.body(10)], [2, async (request: LocalRequest) => { for await (const piece of request) expect(piece.toString()).toBe("half"); }]] as const) {
      const { socket } = await client();
      socket.write(post("half", "", 10));
      const reading = read((await next(count)).request);
      socket.resetAndDestroy();
      await expect(reading).rejects.toThrow("the request's body broke off");
    }
  });
});
