// The Node.js runtime client before it knows its function: loaded, with nothing of an environment read, until the channel brings one. Nothing here may need
// another thread or the event loop: the process may be copied while it waits.
import { readSync } from "node:fs";
import { Module } from "node:module";
import { fileURLToPath } from "node:url";
import { run } from "./client.mjs";
import { HEAD_BYTES } from "./frames.mjs";

const CHANNEL = 4;

/** Undefined when there will be nothing any more. */
const read = (bytes) => {
  const buffer = Buffer.allocUnsafe(bytes);
  for (let at = 0; at < bytes; ) {
    const count = readSync(CHANNEL, buffer, at, bytes - at);
    if (count === 0) return undefined;
    at += count;
  }
  return buffer;
};

/** `NAME=value`, one after the other; undefined when there will be none. */
const readEnvironment = () => {
  const head = read(HEAD_BYTES);
  return head === undefined ? undefined : read(head.readUInt32BE(0))?.toString("utf8").split("\0").slice(0, -1);
};

/** What is read from the environment when Node.js starts, and what a program that was started has. */
const become = (variables) => {
  for (const name of Object.keys(process.env)) delete process.env[name];
  for (const variable of variables) {
    const at = variable.indexOf("=");
    process.env[variable.slice(0, at)] = variable.slice(at + 1);
  }
  process.chdir(process.env.LAMBDA_TASK_ROOT);
  process.argv[1] = fileURLToPath(new URL("bootstrap.mjs", import.meta.url));
  // NODE_PATH.
  Module._initPaths();
};

export const begin = () => {
  const variables = readEnvironment();
  if (variables === undefined) return;
  become(variables);
  void run();
};
