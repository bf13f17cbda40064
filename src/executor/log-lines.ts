import { StringDecoder } from "node:string_decoder";
import { LOG_LINE_CHARACTERS_MAX } from "../kit/limits/runtime.ts";

/** A line that our runtime clients write begins with RS (their part is in runtimes/): one message, its own line breaks escaped. */
const FRAME = "\x1e";
const ESCAPED: Readonly<Record<string, string>> = { n: "\n", 0: FRAME, 1: "\x1f" };
const unescape = (text: string): string => (text.includes("\x1f") ? text.replace(/\x1f([n01])/g, (_, code: string) => ESCAPED[code]!) : text);

export interface Line {
  text: string;
  /** A message that our runtime client wrote, and has filtered by its level already. */
  isFrame: boolean;
}

/** Cuts what a process writes into lines. What is no UTF-8 becomes U+FFFD; a line that is too long becomes several. */
export const createLineReader = (onLine: (line: Line) => void) => {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let isFrame = false;

  const give = (text: string) => onLine({ text: isFrame ? unescape(text) : text, isFrame });
  /** Pieces of a line that is not over, or is; a frame may follow a line that was begun without its end. */
  const take = (text: string, isEnd: boolean) => {
    const start = isFrame ? -1 : text.indexOf(FRAME);
    if (start > 0) give(text.slice(0, start));
    if (start >= 0) isFrame = true;
    rest = start >= 0 ? text.slice(start + 1) : text;
    while (rest.length > LOG_LINE_CHARACTERS_MAX) {
      // Not between the two halves of an escape or of a character.
      const at = LOG_LINE_CHARACTERS_MAX - (/[\x1f\ud800-\udbff]/.test(rest[LOG_LINE_CHARACTERS_MAX - 1]!) ? 1 : 0);
      give(rest.slice(0, at));
      rest = rest.slice(at);
    }
    if (!isEnd) return;
    give(rest);
    rest = "";
    isFrame = false;
  };
  const read = (text: string) => {
    const parts = (rest + text).split("\n");
    const last = parts.pop()!;
    for (const part of parts) take(part, true);
    rest = "";
    take(last, false);
  };

  return {
    read: (chunk: Buffer) => read(decoder.write(chunk)),
    /** A line without its end is one all the same; but a message of which the end is on its way is waited for. */
    flush() {
      if (rest !== "" && !isFrame) take(rest, true);
    },
    end() {
      read(decoder.end());
      if (rest !== "") take(rest, true);
    },
  };
};
