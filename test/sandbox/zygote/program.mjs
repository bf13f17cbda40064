// What copies run in tests: a script that they are sent on their channel.
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { readSync, writeSync } from "node:fs";
import { createRequire } from "node:module";

const CHANNEL = 4;
/** What was drawn before a copy is made, where that is wanted. */
globalThis.before = process.env.DRAWS === "all" ? [Math.random(), randomUUID(), randomInt(2 ** 40), randomBytes(8), crypto.randomUUID()] : process.env.DRAWS === "uuids" ? [randomUUID()] : [randomBytes(8)];
const AsyncFunction = (async () => {}).constructor;

const readScript = () => {
  const buffer = Buffer.alloc(1 << 16);
  let text = "";
  while (!text.endsWith("\n")) text += buffer.toString("utf8", 0, readSync(CHANNEL, buffer));
  return JSON.parse(text);
};

export const begin = () => {
  const answer = (value) => writeSync(CHANNEL, JSON.stringify(value));
  void new AsyncFunction("answer", "require", "load", readScript())(answer, createRequire(import.meta.url), (specifier) => import(specifier));
};
