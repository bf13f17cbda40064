import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createFrameReader } from "../../src/executor/log-frames.ts";
import type { Line } from "../../src/executor/log-lines.ts";
import { createLogStream } from "../../src/executor/log-stream.ts";
import { LOG_BYTES_PER_INVOCATION_MAX, LOG_LINE_CHARACTERS_MAX } from "../../src/kit/limits/runtime.ts";

/** As AWS's runtime clients write it. */
const frame = (text: string, type = 0xa55a0003): Buffer => {
  const message = Buffer.from(text);
  const header = Buffer.alloc(16);
  header.writeUInt32BE(type, 0);
  header.writeUInt32BE(message.length, 4);
  header.writeBigInt64BE(1_700_000_000_000_000n, 8);
  return Buffer.concat([header, message]);
};

const readAll = (bytes: Buffer, step = bytes.length) => {
  const lines: Line[] = [];
  const reader = createFrameReader((line) => lines.push(line));
  for (let at = 0; at < bytes.length; at += step) {
    reader.read(bytes.subarray(at, at + step));
    reader.flush();
  }
  reader.end();
  return lines;
};

describe("L13 the pipe for logs", () => {
  it.each([1, 7, 16, 1_000])("gives one message for a frame, however it arrives: %i bytes at a time", (step) => {
    const bytes = Buffer.concat([frame("one line\n"), frame("Traceback:\n  at ü\n  at b\n"), frame(""), frame('{"level":"ERROR"}', 0xa55a0016)]);
    expect(readAll(bytes, step)).toEqual(["one line", "Traceback:\n  at ü\n  at b", "", '{"level":"ERROR"}'].map((text) => ({ text, isFrame: true })));
  });

  it("cuts what is too long, and reads as lines what is no frame", () => {
    const long = readAll(frame("x".repeat(LOG_LINE_CHARACTERS_MAX + 5)), 10_000);
    expect(long.map(({ text }) => text.length)).toEqual([LOG_LINE_CHARACTERS_MAX, 5]);
    expect(readAll(Buffer.concat([frame("framed"), Buffer.from("plain text, and more\nof it")])).map(({ text }) => text)).toEqual(["framed", "plain text, and more", "of it"]);
  });

  it("gives what there is of a message whose writer has ended", () => {
    expect(readAll(frame("cut off in the middle").subarray(0, 23)).map(({ text }) => text)).toEqual(["cut off"]);
    expect(readAll(Buffer.from("short"))).toEqual([{ text: "short", isFrame: true }]);
  });

  it("is in step again after an invocation that wrote more than is kept", async () => {
    const messages: string[] = [];
    const about = { as: { kind: "root", account: "1", arn: "a" } as never, region: "r", group: "g", stream: "s", functionName: "f" };
    const logs = createLogStream({ about, now: () => 0, destination: { write: ({ lines }) => void messages.push(...lines.map(({ message }) => message)), forget() {}, flush: async () => {} } });
    const pipe = new PassThrough();
    logs.follow(pipe, "function", "frames");
    const flood = frame("x".repeat(100_000));
    const middle = 70_001;
    pipe.write(flood.subarray(0, middle));
    for (let bytes = 0; bytes < LOG_BYTES_PER_INVOCATION_MAX + 3 * flood.length; bytes += flood.length) pipe.write(Buffer.concat([flood.subarray(middle), flood.subarray(0, middle)]));
    await logs.settle();
    expect(messages.at(-1)).toContain("truncated");
    pipe.write(Buffer.concat([flood.subarray(middle), frame("between")]));
    await logs.settle();
    logs.beginTail();
    pipe.write(frame("of the next invocation"));
    await logs.settle();
    expect(messages.at(-1)).toBe("of the next invocation\n");
  });
});
