import type { MessageAttribute } from "./delivery.ts";

const CHARACTERS_MAX = 4_096;

/** An attribute of a message that holds a text of anybody's: queues take no empty one, and no control characters, and would lose the message with it. */
export const text = (value: string): MessageAttribute => {
  const clean = value.slice(0, CHARACTERS_MAX).replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "?");
  return { DataType: "String", StringValue: clean === "" ? "-" : clean };
};
