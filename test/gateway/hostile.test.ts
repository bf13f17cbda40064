import { once } from "node:events";
import { connect as connectHttp2, constants, type ClientHttp2Session, type ClientSessionOptions } from "node:http2";
import { request as httpRequest } from "node:http";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { CreateBucketCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { GatewayLimits } from "../../src/gateway/connections.ts";
import { createGateway } from "../../src/gateway/server.ts";
import { silentLog } from "../../src/kit/log.ts";
import { createClock } from "../../src/kit/clock.ts";
import { systemRandom } from "../../src/kit/random.ts";
import type { LazyService } from "../../src/services/index.ts";
import { createIdentities } from "../../src/services/iam/identities.ts";
import { clientsOf } from "../support/clients.ts";
import { eventually } from "../support/temporary.ts";
import { openS3 } from "../s3/support.ts";
import { openPlatform, type OpenPlatform } from "../support/platform.ts";
import { dial, queryOf, send, sendRaw, sha256, signHeaders } from "./support.ts";

/** The gateway with S3 behind it and bounds of the test's choice. */
const openGateway = async (limits: Partial<GatewayLimits>) => {
  const { service, store, ledger, clock } = openS3();
  const wall = createClock();
  const sessionKey = systemRandom.bytes(32);
  const platform = { health: () => Promise.resolve({ services: {}, version: "test" }) };
  const gateway = createGateway({
    frontDoors: { isCustomDomain: async () => false, answer: async () => undefined, mayUpgrade: () => false, upgrade: async () => undefined, close: async () => undefined },
    services: { s3: (() => Promise.resolve(service)) as unknown as LazyService },
    identities: createIdentities({ store, clock, sessionKey }), clock, wall, ledger, random: systemRandom, log: silentLog, sessionKey,
    settings: { iam: "enforce", anyCredentials: false, allowedHosts: [], defaultRegion: "us-east-1" },
    platform: platform as never,
    limits,
  });
  const { endpoint } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => gateway.close(0));
  onTestFinished(() => wall.stop());
  const { s3 } = clientsOf(endpoint);
  await s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
  await s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "k", Body: "body" }));
  return { endpoint, host: new URL(endpoint).host, s3, handleConnection: gateway.handleConnection };
};

/** A good client, on a connection of its own. */
const isAnswered = async ({ endpoint, host }: { endpoint: string; host: string }) => {
  const { headers } = signHeaders({ method: "GET", path: "/bucket/k", headers: { host }, payload: sha256("") });
  const { status, text } = await send(endpoint, { method: "GET", path: "/bucket/k", headers });
  return [status, text];
};
const GOOD = [200, "body"];

/** What a connection was told until it was closed. */
const untilClosed = async (socket: Socket): Promise<string> => {
  let heard = "";
  socket.on("data", (chunk) => (heard += chunk));
  if (!socket.closed) await once(socket, "close");
  return heard;
};

describe("slow clients", () => {
  const SMALL = { headersTimeoutMs: 400, requestTimeoutMs: 800, keepAliveMs: 400 };

  it.each<[string, string, RegExp]>([
    ["say nothing", "", /^$/],
    ["begin a method", "GE", /^HTTP\/1\.1 408 /],
    ["never end their headers", "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n", /^HTTP\/1\.1 408 /],
    ["never end their body", "PUT /bucket/slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhello", /^HTTP\/1\.1 403 [^]*|^HTTP\/1\.1 408 /],
    ["never end a chunk", "POST /bucket?delete HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", /^HTTP\/1\.1 408 |^HTTP\/1\.1 400 /],
    ["begin the preface of HTTP/2", "PRI * HT", /^$|^HTTP\/1\.1 408 /],
    ["say no more after the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", /^/],
    ["keep a connection that they do not use", "GET /_localstack/health HTTP/1.1\r\nHost: localhost\r\n\r\n", /^HTTP\/1\.1 200 /],
  ])("that %s are cut off, and others answered meanwhile", async (_name, bytes, told) => {
    const gateway = await openGateway(SMALL);
    const slow = Array.from({ length: 20 }, () => dial(gateway.endpoint));
    for (const socket of slow) if (bytes !== "") socket.write(bytes);
    const heard = slow.map(untilClosed);
    expect(await isAnswered(gateway)).toEqual(GOOD);
    for (const text of await Promise.all(heard)) expect(text).toMatch(told);
    expect(await isAnswered(gateway)).toEqual(GOOD);
  });

  it("that send a byte now and then do not gain time", async () => {
    const gateway = await openGateway(SMALL);
    const socket = dial(gateway.endpoint);
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
    const closed = untilClosed(socket);
    const drip = setInterval(() => socket.write("X-A: b\r\n"), 50);
    onTestFinished(() => clearInterval(drip));
    expect(await closed).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("with a signed body that stops are cut off, and leave nothing", async () => {
    const gateway = await openGateway(SMALL);
    const { headers } = signHeaders({ method: "PUT", path: "/bucket/slow", headers: { host: gateway.host }, payload: "UNSIGNED-PAYLOAD" });
    const socket = dial(gateway.endpoint);
    socket.write(`PUT /bucket/slow HTTP/1.1\r\n${Object.entries({ ...headers, "content-length": "100" }).map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\nhello`);
    await untilClosed(socket);
    await expect(gateway.s3.send(new HeadObjectCommand({ Bucket: "bucket", Key: "slow" }))).rejects.toMatchObject({ name: "NotFound" });
  });
});

describe("many connections", () => {
  it("beyond the bound are closed at once, and room is made by those that say nothing", async () => {
    const gateway = await openGateway({ connectionsMax: 30, headersTimeoutMs: 1_000, keepAliveMs: 1_000 });
    gateway.s3.destroy();
    const idle = Array.from({ length: 60 }, () => dial(gateway.endpoint));
    const closed = idle.map(untilClosed);
    await eventually("those beyond the bound are closed", () => idle.filter((socket) => socket.closed).length >= 30);
    await Promise.all(closed);
    expect(await isAnswered(gateway)).toEqual(GOOD);
  });

  it("of environments are counted by themselves: they shut nobody else out", async () => {
    const gateway = await openGateway({ connectionsMax: 30, headersTimeoutMs: 5_000 });
    gateway.s3.destroy();
    const inside = createServer(gateway.handleConnection);
    await new Promise<void>((resolve) => inside.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void inside.close());
    const idle = Array.from({ length: 60 }, () => dial(`http://127.0.0.1:${(inside.address() as AddressInfo).port}`));
    await eventually("those beyond the bound are closed", () => idle.filter((socket) => socket.closed).length >= 30);
    expect(await isAnswered(gateway)).toEqual(GOOD);
    idle.forEach((socket) => socket.destroy());
  });

  it("two thousand that say nothing leave others their answers", async () => {
    const gateway = await openGateway({ headersTimeoutMs: 3_000 });
    const idle: Socket[] = [];
    // Not all at once: what overflows the queue of the kernel is on no side's account.
    while (idle.length < 2_000) {
      const some = Array.from({ length: 200 }, () => dial(gateway.endpoint));
      await Promise.all(some.map((socket) => once(socket, "connect")));
      idle.push(...some);
    }
    expect(await isAnswered(gateway)).toEqual(GOOD);
    await Promise.all(idle.map(untilClosed));
    expect(await isAnswered(gateway)).toEqual(GOOD);
  });
});

describe("requests that are none", () => {
  let opened: OpenPlatform;
  const good = () => isAnswered(opened);
  beforeAll(async () => {
    opened = await openPlatform();
    await opened.clients.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
    await opened.clients.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "k", Body: "body" }));
    return opened.close;
  });
  afterEach(async () => expect(await good()).toEqual(GOOD));

  it.each<[string, string]>([
    ["both lengths", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["both lengths, the other way round", "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"],
    ["two lengths", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"],
    ["one length of two", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5, 6\r\n\r\nhello!"],
    ["a negative length", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\nhello"],
    ["a length with a plus", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: +5\r\n\r\nhello"],
    ["a transfer encoding that does not end chunked", "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"],
    ["a transfer encoding that looks like one", "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
    ["a space before a colon", "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n"],
    ["a header folded over two lines", "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\n\r\n"],
    ["lines that end with a bare LF", "GET / HTTP/1.1\nHost: localhost\nX-A: b\n\n"],
    ["a bare LF in a header", "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\nX-B: c\r\n\r\n"],
    ["a bare CR in a header", "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\rX-B: c\r\n\r\n"],
    ["a NUL in a header", "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\0c\r\n\r\n"],
    ["two hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"],
    ["the same host twice", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"],
    ["no host", "GET / HTTP/1.1\r\nX-A: b\r\n\r\n"],
    ["an empty host", "GET / HTTP/1.1\r\nHost: \r\n\r\n"],
    ["a host that is none", "GET / HTTP/1.1\r\nHost: local host\r\n\r\n"],
    ["a host with a user", "GET / HTTP/1.1\r\nHost: localhost@evil.example\r\n\r\n"],
    ["a chunk whose size is no number", "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"],
    ["a version that is none", "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"],
    ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
  ])("are answered 400 and closed: %s", async (_name, bytes) => {
    expect(await sendRaw(opened.endpoint, Buffer.from(bytes, "latin1"))).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each<[string, string]>([
    ["one header that is too long", `X-A: ${"x".repeat(70_000)}\r\n`],
    ["many headers that are too long", Array.from({ length: 100 }, (_, index) => `X-${index}: ${"x".repeat(1_000)}\r\n`).join("")],
    ["too many headers", Array.from({ length: 201 }, (_, index) => `X-${index}: x\r\n`).join("")],
  ])("are answered 431: %s", async (_name, headers) => {
    expect(await sendRaw(opened.endpoint, `GET /_localstack/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it("are not begun by what follows a request", async () => {
    const heard = await sendRaw(opened.endpoint, "GET /_localstack/health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\nnonsense\r\n\r\n");
    expect(heard.match(/HTTP\/1\.1 \d+/g)!.at(-1)).toBe("HTTP/1.1 400");
  });

  it("do not leave half of one behind", async () => {
    const { headers } = signHeaders({ method: "PUT", path: "/bucket/half", headers: { host: opened.host }, payload: "UNSIGNED-PAYLOAD" });
    const socket = dial(opened.endpoint);
    socket.end(`PUT /bucket/half HTTP/1.1\r\n${Object.entries({ ...headers, "content-length": "100" }).map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\nhello`);
    await untilClosed(socket);
    await expect(opened.clients.s3.send(new HeadObjectCommand({ Bucket: "bucket", Key: "half" }))).rejects.toMatchObject({ name: "NotFound" });
  });

  it("do not become a WebSocket", async () => {
    const heard = await sendRaw(opened.endpoint, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n");
    expect(heard).not.toMatch(/ 101 /);
    expect(heard).toMatch(/^HTTP\/1\.1 403 /);
  });

  it("have an id in their answer, whoever refuses them", async () => {
    for (const host of ["evil.example", "localhost"]) {
      const heard = await sendRaw(opened.endpoint, `GET /_lambdad/clock HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(heard).toMatch(/\r\nx-amzn-requestid: [0-9a-f-]{36}\r\n/i);
    }
  });
});

describe("bodies", () => {
  let opened: OpenPlatform;
  beforeAll(async () => {
    opened = await openPlatform();
    await opened.clients.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
    return opened.close;
  });
  const put = (Key: string, over: Record<string, string> = {}) => signHeaders({ method: "PUT", path: `/bucket/${Key}`, headers: { host: opened.host }, payload: "UNSIGNED-PAYLOAD", ...over }).headers;
  const lines = (headers: Record<string, string>) => Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");

  it("are asked for when the client waits to be told, and only if they are wanted", async () => {
    const wanted = await sendRaw(opened.endpoint, `PUT /bucket/told HTTP/1.1\r\n${lines({ ...put("told"), "content-length": "4", expect: "100-continue", connection: "close" })}\r\nbody`);
    expect(wanted.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 100", "HTTP/1.1 200"]);
    const refused = await sendRaw(opened.endpoint, `PUT /bucket/told HTTP/1.1\r\n${lines({ ...put("told", { secretAccessKey: "wrong" }), "content-length": "4000000", expect: "100-continue" })}\r\n`);
    expect(refused.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 403"]);
    expect(refused).toMatch(/\r\nconnection: close\r\n/i);
    const odd = await sendRaw(opened.endpoint, `PUT /bucket/told HTTP/1.1\r\n${lines({ ...put("told"), "content-length": "4", expect: "a cake", connection: "close" })}\r\nbody`);
    expect(odd).toMatch(/^HTTP\/1\.1 417 /);
  });

  it("of an upload have a length, or come in chunks that S3 knows", async () => {
    const none = await sendRaw(opened.endpoint, `PUT /bucket/none HTTP/1.1\r\n${lines({ ...put("none"), connection: "close" })}\r\n`);
    expect(none).toMatch(/^HTTP\/1\.1 411 [^]*<Code>MissingContentLength<\/Code><Message>You must provide the Content-Length HTTP header\.<\/Message>/);
    const chunked = await sendRaw(opened.endpoint, `PUT /bucket/none HTTP/1.1\r\n${lines({ ...put("none"), "transfer-encoding": "chunked", connection: "close" })}\r\n4\r\nbody\r\n0\r\n\r\n`);
    expect(chunked).toMatch(/^HTTP\/1\.1 501 [^]*<Code>NotImplemented<\/Code><Message>A header you provided implies functionality that is not implemented<\/Message><Header>Transfer-Encoding<\/Header>/);
    const empty = await sendRaw(opened.endpoint, `PUT /bucket/empty HTTP/1.1\r\n${lines({ ...put("empty"), "content-length": "0", connection: "close" })}\r\n`);
    expect(empty).toMatch(/^HTTP\/1\.1 200 /);
  });

  /** Sends until it is told off; how much the server took. */
  const flood = (path: string, headers: Record<string, string>) =>
    new Promise<{ status: number; text: string; sent: number }>((resolve, reject) => {
      const { hostname, port } = new URL(opened.endpoint);
      const block = Buffer.alloc(1024 * 1024);
      let sent = 0;
      let isOver = false;
      const outgoing = httpRequest({ hostname, port, method: "POST", path, headers, agent: false }, (response) => {
        isOver = true;
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve({ status: response.statusCode!, text, sent }));
      });
      outgoing.on("error", (error) => (isOver ? undefined : reject(error)));
      const pump = () => {
        while (!isOver && sent < 512 * block.length) {
          sent += block.length;
          if (!outgoing.write(block)) return void outgoing.once("drain", pump);
        }
        if (!isOver) outgoing.end();
      };
      pump();
    });

  it("that are decoded as a whole are bounded, told or not how long they are", async () => {
    const headers = signHeaders({ method: "POST", path: "/bucket", query: { delete: "" }, headers: { host: opened.host }, payload: "UNSIGNED-PAYLOAD" }).headers;
    const MIB = 1024 * 1024;
    for (const length of [{ "content-length": String(512 * MIB) }, { "transfer-encoding": "chunked" }]) {
      const answer = await flood("/bucket?delete=", { ...headers, ...length });
      expect([answer.status, answer.text]).toEqual([400, expect.stringContaining("<Code>MaxMessageLengthExceeded</Code><Message>Your request was too large.</Message>")]);
      expect(answer.sent).toBeLessThan(64 * MIB);
    }
  });

  it("of other services are refused in their own words", async () => {
    const { headers } = signHeaders({ method: "POST", path: "/", headers: { host: opened.host, "x-amz-target": "Logs_20140328.DescribeLogGroups", "content-type": "application/x-amz-json-1.1" }, payload: sha256(""), service: "logs" });
    const answer = await flood("/", { ...headers, "transfer-encoding": "chunked" });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([413, expect.objectContaining({ __type: expect.stringContaining("RequestEntityTooLargeException") })]);
    expect(answer.sent).toBeLessThan(64 * 1024 * 1024);
  });
});

describe("HTTP/2 without TLS", () => {
  let opened: OpenPlatform;
  beforeAll(async () => {
    opened = await openPlatform();
    await opened.clients.s3.send(new CreateBucketCommand({ Bucket: "bucket" }));
    await opened.clients.s3.send(new PutObjectCommand({ Bucket: "bucket", Key: "k", Body: "body" }));
    return opened.close;
  });
  const session = (options: ClientSessionOptions = {}): ClientHttp2Session => {
    const client = connectHttp2(opened.endpoint, options);
    client.on("error", () => {});
    onTestFinished(() => client.destroy());
    return client;
  };
  const call = async (client: ClientHttp2Session, method: string, path: string, body = "", query: Record<string, string> = {}) => {
    const { headers } = signHeaders({ method, path, query, headers: { host: opened.host }, payload: sha256(body) });
    const { host: _host, ...sent } = headers;
    const suffix = queryOf(query);
    const stream = client.request({ ":method": method, ":path": suffix === "" ? path : `${path}?${suffix}`, ":authority": opened.host, ...sent, ...(body === "" ? {} : { "content-length": String(Buffer.byteLength(body)) }) }, { endStream: body === "" });
    let text = "";
    stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    if (body !== "") stream.end(body);
    const [answer] = (await once(stream, "response")) as [Record<string, string | number>];
    if (!stream.closed) await once(stream, "close");
    return { status: answer[":status"], headers: answer, text };
  };

  it("is spoken on the same port, many requests at once", async () => {
    const client = session();
    expect((await call(client, "PUT", "/bucket/two", "zwei")).status).toBe(200);
    const answers = await Promise.all(Array.from({ length: 100 }, () => call(client, "GET", "/bucket/two")));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(["200 zwei"]));
    const missing = await call(client, "GET", "/bucket/missing");
    expect([missing.status, missing.text]).toEqual([404, expect.stringContaining("<Code>NoSuchKey</Code>")]);
    expect(missing.headers["x-amz-request-id"]).toBeDefined();
    expect(await call(client, "HEAD", "/bucket/two")).toMatchObject({ status: 200, text: "" });
    expect((await call(client, "GET", "/bucket", "", { "list-type": "2" })).text).toContain("<Key>two</Key>");
  });

  it("is held to the same hosts and origins", async () => {
    const client = session();
    for (const headers of [{ ":authority": "evil.example" }, { ":authority": opened.host, origin: "https://evil.example" }]) {
      const stream = client.request({ ":path": "/_lambdad/health", ...headers });
      const [answer] = (await once(stream, "response")) as [Record<string, number>];
      expect(answer[":status"]).toBe(403);
      stream.close();
    }
  });

  it.each<[string, () => Promise<void>]>([
    ["frames that are none", async () => void (await sendRaw(opened.endpoint, Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Buffer.alloc(100, 0xff)])))],
    ["a preface that breaks off", async () => {
      const socket = dial(opened.endpoint);
      socket.end("PRI * HTTP/2.0\r\n\r\nXX");
      await untilClosed(socket);
    }],
    ["more headers than fit", async () => {
      const client = session({ maxSendHeaderBlockLength: 500_000 });
      const stream = client.request({ ":path": "/", ":authority": opened.host, ...Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`x-${index}`, "x".repeat(20_000)])) });
      stream.on("error", () => {});
      await new Promise((resolve) => stream.once("close", resolve));
    }],
    ["a thousand requests that are taken back", async () => {
      const client = session();
      for (let count = 0; count < 1_000 && !client.destroyed; count++) {
        const stream = client.request({ ":path": "/bucket/k", ":authority": opened.host });
        stream.on("error", () => {});
        stream.close(constants.NGHTTP2_CANCEL);
      }
      client.close();
      if (!client.destroyed) await once(client, "close");
    }],
    ["a body that is given up", async () => {
      const client = session();
      const { headers } = signHeaders({ method: "PUT", path: "/bucket/given-up", headers: { host: opened.host }, payload: "UNSIGNED-PAYLOAD" });
      const { host: _host, ...sent } = headers;
      const stream = client.request({ ":method": "PUT", ":path": "/bucket/given-up", ":authority": opened.host, ...sent, "content-length": "1000" });
      stream.on("error", () => {});
      stream.write("hello");
      await new Promise((resolve) => stream.write("hello", resolve));
      client.destroy();
      await expect(opened.clients.s3.send(new HeadObjectCommand({ Bucket: "bucket", Key: "given-up" }))).rejects.toMatchObject({ name: "NotFound" });
    }],
  ])("survives %s", async (_name, attack) => {
    await attack();
    expect(await call(session(), "GET", "/bucket/k")).toMatchObject({ status: 200, text: "body" });
    expect(await (await opened.clients.s3.send(new GetObjectCommand({ Bucket: "bucket", Key: "k" }))).Body!.transformToString()).toBe("body");
  });

  it("does not wait for a body that never ends, nor for a session without requests", async () => {
    const gateway = await openGateway({ headersTimeoutMs: 500, requestTimeoutMs: 500, keepAliveMs: 500 });
    const client = connectHttp2(gateway.endpoint);
    client.on("error", () => {});
    const { headers } = signHeaders({ method: "PUT", path: "/bucket/slow", headers: { host: gateway.host }, payload: "UNSIGNED-PAYLOAD" });
    const { host: _host, ...sent } = headers;
    const stream = client.request({ ":method": "PUT", ":path": "/bucket/slow", ":authority": gateway.host, ...sent, "content-length": "1000" });
    stream.on("error", () => {});
    stream.write("hello");
    await once(stream, "close");
    expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL);
    if (!client.closed) await once(client, "close");
    expect(await isAnswered(gateway)).toEqual(GOOD);
  });
});
