import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { DOMAIN } from "../../src/plumber/apis/domain-names.ts";
import { saveItem } from "../../src/plumber/apis/rows.ts";
import { dial, sendRaw } from "../gateway/support.ts";
import { ACCOUNT } from "../support/context.ts";
import { eventually } from "../support/temporary.ts";
import { ask } from "./ask.ts";
import { openFrontDoors } from "./ground.ts";

const MIB = 1024 * 1024;

const untilClosed = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = "";
    socket.on("data", (chunk) => (text += chunk)).once("close", () => resolve(text));
  });

describe("a front door", () => {
  it("gives its function what came, and breaks on none of it: paths, queries, names and bytes that are none", async () => {
    const { endpoint, functionUrl } = await openFrontDoors();
    const host = await functionUrl();
    for (const path of ["//", "/../../etc/passwd", "/%2e%2e/%00", "/a//b/./c/", "/%ff%fe", "/a;b=c", "/é".replace("é", "%C3%A9"), "/_lambdad/health", "/a?%ff=%zz&a&&=", "/?" + "a=1&".repeat(1_000), "/__proto__?__proto__=1&constructor=2"]) {
      const answer = await ask(endpoint, host, { path });
      const at = path.indexOf("?");
      expect([answer.status, answer.json]).toEqual([200, expect.objectContaining({ rawPath: at < 0 ? path : path.slice(0, at), rawQueryString: at < 0 ? "" : path.slice(at + 1) })]);
    }
    const odd = await sendRaw(endpoint, Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nX-Latin: \xe9\xff\r\n__proto__: 1\r\n\r\n`, "latin1"));
    expect(odd).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each<[string, string, RegExp]>([
    ["two lengths that differ", "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", /^HTTP\/1\.1 400 /],
    ["a length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", /^HTTP\/1\.1 400 /],
    ["a header too long", `X-A: ${"x".repeat(70_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    ["too many headers", `${"X-A: b\r\n".repeat(201)}\r\n`, /^HTTP\/1\.1 431 /],
    ["a second host", "Host: evil.example\r\n\r\n", /^HTTP\/1\.1 400 /],
  ])("refuses what could be read two ways, and what is too much, before its function hears of it: %s", async (_what, rest, told) => {
    let invoked = 0;
    const { endpoint, functionUrl } = await openFrontDoors({ invoke: () => ++invoked });
    const host = await functionUrl();
    expect(await sendRaw(endpoint, `POST / HTTP/1.1\r\nHost: ${host}\r\n${rest}`)).toMatch(told);
    expect(invoked).toBe(0);
  });

  it("takes a body of unknown length up to what an invocation may have, keeps no more of it, and answers", async () => {
    let invoked = 0;
    const { endpoint, functionUrl } = await openFrontDoors({ invoke: () => ++invoked });
    const host = await functionUrl();
    const socket = dial(endpoint);
    const heard = untilClosed(socket);
    socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const chunk = `${MIB.toString(16)}\r\n${"a".repeat(MIB)}\r\n`;
    for (let count = 0; count < 64 && !socket.destroyed; count++) if (!socket.write(chunk)) await new Promise<void>((resolve) => void socket.once("drain", resolve).once("close", () => resolve()));
    expect(await heard).toMatch(/^HTTP\/1\.1 413 [^]*Request must be smaller than 6291456 bytes/);
    expect(invoked).toBe(0);
  });

  it("waits for no body that does not come, and answers others meanwhile", async () => {
    const { endpoint, functionUrl } = await openFrontDoors({ limits: { requestTimeoutMs: 800, headersTimeoutMs: 400 } });
    const host = await functionUrl();
    const slow = Array.from({ length: 20 }, () => dial(endpoint));
    for (const socket of slow) socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\n\r\nhello`);
    const heard = slow.map(untilClosed);
    expect((await ask(endpoint, host)).status).toBe(200);
    for (const text of await Promise.all(heard)) expect(text).toMatch(/^HTTP\/1\.1 408 |^$/);
  });

  it("has room beside a thousand idle connections", async () => {
    const { endpoint, functionUrl } = await openFrontDoors();
    const host = await functionUrl();
    const idle: Socket[] = [];
    while (idle.length < 1_000) {
      const some = Array.from({ length: 200 }, () => dial(endpoint));
      await Promise.all(some.map((socket) => once(socket, "connect")));
      idle.push(...some);
    }
    expect((await ask(endpoint, host)).status).toBe(200);
    for (const socket of idle) socket.destroy();
  });

  it("lets the function end when the client goes away", async () => {
    const gate = Promise.withResolvers<void>();
    let begun = 0;
    let ended = 0;
    const { endpoint, functionUrl } = await openFrontDoors({ invoke: async () => (begun++, await gate.promise, ++ended) });
    const host = await functionUrl();
    const socket = dial(endpoint);
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await eventually("the function has begun", () => begun === 1);
    socket.destroy();
    gate.resolve();
    await eventually("the function has ended", () => ended === 1);
    expect((await ask(endpoint, host)).status).toBe(200);
  });

  it("of a custom domain takes no name that is a service's, a bucket's or another front door's", async () => {
    const { endpoint, store } = await openFrontDoors();
    const names = ["sqs.us-east-1.amazonaws.com", "lambda.localhost", "bucket.s3.localhost", "abc.execute-api.us-east-1.localhost", "logs.example.com", "pets.localhost"];
    for (const name of names) await store.run(() => saveItem({ account: ACCOUNT, region: "us-east-1" }, DOMAIN, name, { name }));
    const isServed = async (name: string) => (await ask(endpoint, name, { path: "/pets" })).headers["x-amzn-errortype"] === "ForbiddenException";
    // Its mapping leads nowhere, which is API Gateway's answer to give.
    expect(await Promise.all(names.map(isServed))).toEqual([false, false, false, true, true, true]);
    expect((await ask(endpoint, "sqs.us-east-1.amazonaws.com", { path: "/pets" })).text).toContain("http://queue.amazonaws.com/doc/");
  });

  it("answers a host that is nobody's with nothing of anybody", async () => {
    const { endpoint, functionUrl } = await openFrontDoors();
    await functionUrl();
    expect((await ask(endpoint, "u.lambda-url.us-east-1.localhost")).status).toBe(403);
    expect((await ask(endpoint, "abc.execute-api.us-east-1.localhost")).json).toEqual({ message: "Forbidden" });
    expect((await ask(endpoint, "u.lambda-url.us-east-1.evil.example")).json).toMatchObject({ code: "Forbidden" });
  });
});
