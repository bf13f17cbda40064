import type { Readable } from "node:stream";
import { LOG_BYTES_PER_INVOCATION_MAX, LOG_LINES_PER_INVOCATION_MAX, LOG_TAIL_BYTES } from "../kit/limits/runtime.ts";
import type { LogBatch, LogDestination } from "./executor.ts";
import { createFrameReader } from "./log-frames.ts";
import { createLineReader, type Line } from "./log-lines.ts";

export type LogSource = "function" | "extension";

/** The log stream of one environment: the platform's lines and the handler's, in the order they came. */
export interface LogStream {
  /** Of the platform; its break stands at the end. */
  system(text: string | undefined): void;
  /** Everything a process writes, line by line or frame by frame, while it writes it. It has to wait when the log does not keep up. */
  follow(output: Readable, source?: LogSource, format?: "lines" | "frames"): void;
  /** Resolves when what the processes wrote so far is in the log. */
  settle(turns?: number): Promise<void>;
  /** From here on lines belong to the next invocation, which has this lineage. */
  beginTail(lineage?: string): void;
  /** The last 4 KiB since. */
  tail(): Buffer;
}

interface Needs {
  destination: LogDestination;
  about: Omit<LogBatch, "lines" | "lineage">;
  now: () => number;
  /** Which lines of the handler are kept; all of them by default. */
  isKept?: (line: Line) => boolean;
  /** Every line that is kept, with its break. */
  onLine?: (source: LogSource, text: string) => void;
}

/** Of the event loop, which read what is in the pipes already. Behind an answer, which came by a descriptor of its own, one is enough. */
const TURNS = 2;
const TRUNCATED = "[lambdad: the output of this invocation is truncated here]\n";

/** The end of what was written, in as few pieces as hold it. */
const createTail = () => {
  let parts: string[] = [];
  let characters = 0;
  return {
    add(text: string) {
      parts.push(text.length > LOG_TAIL_BYTES ? text.slice(-LOG_TAIL_BYTES) : text);
      characters += parts.at(-1)!.length;
      while (characters - parts[0]!.length > LOG_TAIL_BYTES) characters -= parts.shift()!.length;
    },
    clear() {
      parts = [];
      characters = 0;
    },
    bytes: () => Buffer.from(parts.join("")).subarray(-LOG_TAIL_BYTES),
  };
};

export const createLogStream = ({ destination, about, now, isKept = () => true, onLine = () => {} }: Needs): LogStream => {
  const tail = createTail();
  const readers = new Set<{ flush(): void }>();
  const waiting = new Set<Promise<void>>();
  let lines = 0;
  let bytes = 0;
  let batch: LogBatch["lines"] = [];
  let passed: Pick<LogBatch, "lineage"> = {};

  const isFull = () => lines > LOG_LINES_PER_INVOCATION_MAX || bytes > LOG_BYTES_PER_INVOCATION_MAX;
  const add = (message: string) => {
    tail.add(message);
    batch.push({ timestamp: now(), message });
  };
  const send = (): Promise<void> | undefined => {
    if (batch.length === 0) return undefined;
    const sent = destination.write({ ...about, ...passed, lines: batch });
    batch = [];
    return sent;
  };
  const addUser = (line: Line, source: LogSource) => {
    if (isFull() || (source === "function" && !isKept(line))) return;
    lines++;
    bytes += line.text.length;
    if (isFull()) return add(TRUNCATED);
    add(`${line.text}\n`);
    onLine(source, `${line.text}\n`);
  };
  const waitFor = (room: Promise<void>, output: Readable) => {
    output.pause();
    const waited = room.finally(() => {
      waiting.delete(waited);
      output.resume();
    });
    waiting.add(waited);
  };
  /** What was written before now is in the pipes already: the event loop reads all that is there before it comes to what is planned for the end of its turn. */
  const readPipes = () => new Promise(setImmediate);

  return {
    system(text) {
      if (text === undefined) return;
      add(text);
      void send();
    },
    follow(output, source = "function", format = "lines") {
      const onLine = (line: Line) => addUser(line, source);
      const reader = format === "lines" ? createLineReader(onLine) : createFrameReader(onLine, () => !isFull());
      readers.add(reader);
      output.on("data", (chunk: Buffer) => {
        // Beyond the limit nothing is even looked at, so that a flood costs nearly nothing; but a frame has to be followed to its end.
        if (isFull() && format === "lines") return;
        reader.read(chunk);
        const room = send();
        if (room !== undefined) waitFor(room, output);
      });
      output.on("end", () => {
        readers.delete(reader);
        reader.end();
        void send();
      });
    },
    async settle(turns = TURNS) {
      for (let turn = 0; turn < turns; turn++) await readPipes();
      while (waiting.size > 0) {
        await Promise.all(waiting);
        await readPipes();
      }
      for (const reader of readers) reader.flush();
      void send();
    },
    beginTail(lineage) {
      tail.clear();
      passed = lineage === undefined ? {} : { lineage };
      lines = bytes = 0;
    },
    tail: tail.bytes,
  };
};
