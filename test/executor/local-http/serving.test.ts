import { describe, expect, it } from "vitest";
import type { LocalRequest } from "../../../src/executor/local-http/request.ts";
import { answersOf, get, post, startHolding, statusesOf } from "./ground.ts";

describe("who is served", () => {
  it("may end a connection whose body has not come, by itself or by reading no further; a whole request's goes on", async () => {
    const { client, next } = await startHolding();
    const ends = [(request: LocalRequest) => request.destroy(), async (request: LocalRequest) => { for await (const piece of request) return piece; return undefined; }];
    for (const [index, end] of ends.entries()) {
      const { socket, ended } = await client();
      socket.write(post("half", "", 10));
      void end((await next(index + 1)).request);
      expect(await ended).toBe("");
    }
    const { socket, hears } = await client();
    socket.write(post("all"));
    const { request, response } = await next(3);
    expect((await request.body(10))!.toString()).toBe("all");
    request.destroy();
    response.writeHead(200).end();
    // What is done with a request after its answer is no business of the next one's.
    response.destroy();
    socket.write(get("/"));
    (await next(4)).response.writeHead(200).end();
    expect(statusesOf(await hears(answersOf(2)))).toEqual([200, 200]);
    socket.write(get("/"));
    (await next(5)).response.destroy();
    await hears(() => false);
  });

  it("gets a body whole in however small pieces, and none that is too long", async () => {
    const { client, next } = await startHolding();
    const { socket } = await client();
    const text = "0123456789".repeat(100);
    const chunks = `POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${[...text].map((letter) => `1\r\n${letter}\r\n`).join("")}0\r\n\r\n`;
    for (const [count, sent, bytesMax, isTaken] of [[1, post(text), 1_000, true], [2, chunks, 1_000, true], [3, post(text), 999, false], [4, chunks, 999, false]] as const) {
      const sending = (async () => {
        for (let at = 0; at < sent.length; at += 7) await new Promise<void>((resolve) => socket.write(sent.slice(at, at + 7), () => resolve()));
      })();
      const { request, response } = await next(count);
      expect((await request.body(bytesMax))?.toString()).toBe(isTaken ? text : undefined);
      response.writeHead(200).end();
      await sending;
    }
  });
});

describe("a server that closes", () => {
  it("ends what is open and what still comes", async () => {
    const { client, next, server } = await startHolding();
    const clients = [await client(), await client(), await client()];
    clients[0]!.socket.write(get("/"));
    const watched = await next(1);
    let isTold = false;
    watched.response.once("close", () => (isTold = true));
    clients[1]!.socket.write(post("half", "", 10));
    const reading = (await next(2)).request.body(10);
    server.close();
    await expect(reading).rejects.toThrow("the request's body broke off");
    expect(isTold).toBe(true);
    expect(await Promise.all([...clients, await client()].map(({ ended }) => ended))).toEqual(["", "", "", ""]);
  });
});
