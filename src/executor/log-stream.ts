import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { LOG_LINE_BYTES_MAX, LOG_LINES_PER_INVOCATION_MAX, LOG_TAIL_BYTES } from "../kit/limits.ts";
import type { LogBatch, LogDestination } from "./executor.ts";

/** The log stream of one environment: the platform's lines and the handler's, in the order they came. */
export interface LogStream {
  /** Of the platform; its break stands at the end. */
  system(text: string | undefined): void;
  /** Everything a process writes, line by line, while it writes it. */
  follow(output: Readable): void;
  /** From here on lines belong to the next invocation. */
  beginTail(): void;
  /** The last 4 KiB since. */
  tail(): Buffer;
}

const TRUNCATED = "[lambdad: the output of this invocation is truncated here]";

export const createLogStream = ({ destination, about, now }: { destination: LogDestination; about: Omit<LogBatch, "lines">; now: () => number }): LogStream => {
  let tail: string[] = [];
  let tailBytes = 0;
  let lines = 0;

  const write = (message: string) => {
    tail.push(message);
    tailBytes += message.length;
    while (tail.length > 1 && tailBytes - tail[0]!.length > LOG_TAIL_BYTES) tailBytes -= tail.shift()!.length;
    destination.write({ ...about, lines: [{ timestamp: now(), message }] });
  };
  const writeUser = (line: string) => {
    if (++lines > LOG_LINES_PER_INVOCATION_MAX) return lines === LOG_LINES_PER_INVOCATION_MAX + 1 ? write(`${TRUNCATED}\n`) : undefined;
    // Our runtimes write the breaks inside a message as carriage returns.
    write(`${line.slice(0, LOG_LINE_BYTES_MAX).replaceAll("\r", "\n")}\n`);
  };

  return {
    system: (text) => text !== undefined && write(text),
    follow(output) {
      const decoder = new StringDecoder("utf8");
      let rest = "";
      const take = (text: string, isEnd: boolean) => {
        const parts = (rest + text).split("\n");
        rest = isEnd ? "" : parts.pop()!;
        for (const part of parts) if (part !== "" || !isEnd) writeUser(part);
        if (rest.length > LOG_LINE_BYTES_MAX) {
          writeUser(rest);
          rest = "";
        }
      };
      output.on("data", (chunk: Buffer) => take(decoder.write(chunk), false));
      output.on("end", () => take(decoder.end(), true));
    },
    beginTail() {
      tail = [];
      tailBytes = 0;
      lines = 0;
    },
    tail() {
      const bytes = Buffer.from(tail.join(""));
      return bytes.subarray(Math.max(0, bytes.length - LOG_TAIL_BYTES));
    },
  };
};
