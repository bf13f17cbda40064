import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Serve } from "../../../src/executor/local-http/connection.ts";
import { connectFake, keeping, latin1, type Seen } from "./ground.ts";
import { anyTraffic, correctRequest, cut, cuts } from "./requests.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));
const withoutDates = (written: string) => written.replaceAll(/Date: .*\r\n/g, "");

/** What a server makes of bytes that come in these pieces, and then end. */
const outcomeOf = async (pieces: readonly Buffer[]) => {
  const seen: Seen[] = [];
  const socket = connectFake(keeping(seen));
  for (const piece of pieces) {
    if (!socket.writableEnded) socket.send(piece);
    await settled();
  }
  socket.emit("end");
  await settled();
  return { seen, written: withoutDates(socket.written), isEnded: socket.writableEnded || socket.destroyed };
};

/** Reads the body piece by piece. */
const streaming = (heard: { text: string; isBroken: boolean }): Serve => (request, response) => {
  const read = async () => {
    for await (const piece of request) heard.text += piece.toString("latin1");
    heard.text += `|${JSON.stringify(request.trailers)}`;
    response.writeHead(200).end();
  };
  read().catch(() => (heard.isBroken = true));
};

describe("the pieces that bytes come in", () => {
  it("make no difference to what is understood, answered and refused", async () => {
    let [understood, refused] = [0, 0];
    await fc.assert(fc.asyncProperty(anyTraffic, cuts, async (text, at) => {
      const bytes = latin1(text);
      const whole = await outcomeOf([Buffer.from(bytes)]);
      expect(await outcomeOf(cut(bytes, at))).toEqual(whole);
      expect(whole.isEnded).toBe(true);
      understood += whole.seen.length;
      refused += /HTTP\/1\.1 [45]/.test(whole.written) ? 1 : 0;
    }), { numRuns: 600 });
    // Neither kind was missing.
    expect(Math.min(understood, refused)).toBeGreaterThan(50);
  });

  it("make no difference to a body that is read while it comes", async () => {
    const read = async (pieces: readonly Buffer[]) => {
      const heard = { text: "", isBroken: false };
      const socket = connectFake(streaming(heard));
      for (const piece of pieces) {
        if (!socket.writableEnded) socket.send(piece);
        await settled();
      }
      socket.emit("end");
      await settled();
      return heard;
    };
    await fc.assert(fc.asyncProperty(correctRequest, fc.nat({ max: 30 }), cuts, async (text, missing, at) => {
      const bytes = latin1(text.slice(0, text.length - missing));
      expect(await read(cut(bytes, at))).toEqual(await read([Buffer.from(bytes)]));
    }), { numRuns: 300 });
  });

  it("never hurt the server, whatever is in them", async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 }), async (pieces) => {
      const { seen, isEnded } = await outcomeOf(pieces.map((piece) => Buffer.from(piece)));
      expect([seen, isEnded]).toEqual([[], true]);
    }), { numRuns: 300 });
  });

  it("of many small chunks are one piece, which is all that an object is made for", async () => {
    const pieces: number[] = [];
    const socket = connectFake((request, response) => {
      void (async () => {
        for await (const piece of request) pieces.push(piece.length);
        response.writeHead(200).end();
      })();
    });
    socket.send(latin1(`POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${"1\r\na\r\n".repeat(10_000)}`));
    socket.send(latin1("3\r\nbcd\r\n0\r\n\r\n"));
    await settled();
    expect([pieces, socket.written.startsWith("HTTP/1.1 200 OK\r\n")]).toEqual([[10_000, 3], true]);
  });
});
