// What app.py does, as far as Node can: every trace that is left has a secret in it.
import { spawn } from "node:child_process";
import { randomBytes, randomInt, randomUUID, webcrypto } from "node:crypto";
import { openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const SECRET = /LAMBDAD-SECRET-[0-9a-f]{32}/g;
const KEY = /ASIA[A-Z2-7]{16}/g;
const traces = [];
const kept = [];

const draw = () => ({
  "Math.random": Math.random(),
  "Math.random again": Math.random(),
  randomUUID: randomUUID(),
  "webcrypto.randomUUID": webcrypto.randomUUID(),
  randomBytes: randomBytes(16).toString("hex"),
  "webcrypto.getRandomValues": Buffer.from(webcrypto.getRandomValues(new Uint8Array(16))).toString("hex"),
  randomInt: randomInt(2 ** 47),
});
const atInit = draw();

const inText = (text) => text.match(SECRET) ?? [];
const tried = (work, otherwise) => {
  try {
    return work();
  } catch {
    return otherwise;
  }
};
const read = (path) => tried(() => readFileSync(path, "latin1"), "");
const listed = (folder) => tried(() => readdirSync(folder).join("\n"), "");

const leave = (secret) => {
  traces.push(secret);
  globalThis.tracesOfAHandler = [...(globalThis.tracesOfAHandler ?? []), secret];
  process.env.TRACE_OF_A_HANDLER = secret;
  for (const folder of [tmpdir(), "/dev/shm"]) kept.push(tried(() => openSync(join(folder, secret), "w+")));
  kept.push(createServer().on("error", () => {}).listen(`\0${secret}`));
  kept.push(spawn("/bin/sleep", ["600"], { argv0: secret, stdio: "ignore" }));
};

/** Of what this process may write, and of what has no file behind it. */
const inMemory = () => {
  const [found, keys] = [new Set(), new Set()];
  const memory = openSync("/proc/self/mem", "r");
  const chunk = Buffer.alloc(2 ** 20);
  let size = 0;
  for (const line of readFileSync("/proc/self/maps", "utf8").split("\n")) {
    const [, from, to, permissions, path] = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)$/.exec(line) ?? [];
    if (from === undefined || permissions[0] !== "r" || (permissions[1] !== "w" && path.startsWith("/")) || /^\[(vvar|vsyscall)/.test(path)) continue;
    let tail = "";
    for (let at = BigInt(`0x${from}`), end = BigInt(`0x${to}`); at < end; ) {
      const want = Number(end - at < 2n ** 20n ? end - at : 2n ** 20n);
      const bytes = tried(() => readSync(memory, chunk, 0, want, at), 0);
      if (bytes === 0) break;
      at += BigInt(bytes);
      size += bytes;
      const text = tail + chunk.latin1Slice(0, bytes);
      for (const one of inText(text)) found.add(one);
      for (const one of text.match(KEY) ?? []) keys.add(one);
      tail = text.slice(-64);
    }
  }
  return { found: [...found], keys: [...keys], bytes: size };
};

const look = () => {
  const memory = inMemory();
  const descriptors = readdirSync("/proc/self/fd").map((name) => tried(() => readlinkSync(`/proc/self/fd/${name}`), ""));
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return {
    seen: {
      globals: inText(JSON.stringify([traces, globalThis.tracesOfAHandler])),
      "environment variables": inText(Object.values(process.env).join("\n") + read("/proc/self/environ")),
      "temporary files": inText(listed(tmpdir())),
      "files in /dev/shm": inText(listed("/dev/shm")),
      "abstract sockets": inText(read("/proc/net/unix")),
      descriptors: inText(descriptors.join("\n")),
      processes: inText(pids.map((pid) => read(`/proc/${pid}/cmdline`)).join("\n")),
      memory: memory.found,
    },
    keys: memory.keys,
    memoryBytes: memory.bytes,
    pipes: descriptors.filter((link) => /^(pipe|socket):/.test(link)),
  };
};

/** The test's presigned requests, by the way that a handler has to the server. */
const ask = (signedUrl, method) =>
  new Promise((resolve, reject) => {
    const signed = new URL(signedUrl);
    request(process.env.AWS_ENDPOINT_URL + signed.pathname + signed.search, { method, headers: { host: signed.host, "content-length": 0 }, agent: false }, (answer) => answer.resume().on("end", () => resolve(answer.statusCode))).on("error", reject).end();
  });

const meet = async ({ here, go }) => {
  const status = await ask(here, "PUT");
  if (status !== 200) throw new Error(`${status} for what says that this one is here`);
  for (;;) {
    const answer = await ask(go, "GET");
    if (answer === 200) return;
    if (answer !== 404) throw new Error(`${answer} for what says that all are here`);
    await pause(50);
  }
};

export const handler = async (event) => {
  const drawn = draw();
  leave(event.secret);
  await meet(event.urls);
  return {
    ...look(),
    drawn: [atInit, drawn],
    pid: { told: process.pid, real: Number(readlinkSync("/proc/self")) },
    namespaces: Object.fromEntries(["mnt", "pid", "ipc", "uts", "net"].map((name) => [name, readlinkSync(`/proc/self/ns/${name}`)])),
    credentials: [process.env.AWS_ACCESS_KEY_ID, process.env.AWS_SECRET_ACCESS_KEY, process.env.AWS_SESSION_TOKEN],
    variables: { ...process.env },
  };
};
