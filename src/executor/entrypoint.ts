import { closeSync, existsSync, openSync, readSync, statSync, type Stats } from "node:fs";
import type { Mount } from "../sandbox/sandbox.ts";
import type { Failure } from "./failures.ts";

const HEAD_BYTES = 256;
const ELF = Buffer.from("\x7fELF", "latin1");
/** Where ELF says for which machine it is, and how. */
const MACHINE_AT = 18;
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };

/** Where a path of the sandbox lies on this machine: what is no mount is the machine's own. */
const onHost = (path: string, mounts: readonly Mount[]): string => {
  const mount = mounts.filter(({ target }) => path.startsWith(`${target}/`)).toSorted((a, b) => b.target.length - a.target.length)[0];
  return mount === undefined ? path : mount.source + path.slice(mount.target.length);
};

const statOf = (path: string): Stats | undefined => {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
};

const headOf = (path: string): Buffer => {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    return head.subarray(0, readSync(file, head, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(file);
  }
};

/** What the kernel says when it is asked to run the file, in Go's words: AWS's agent is written in it. Shells would run what has no first line. */
const refusalOf = (path: string, stats: Stats, mounts: readonly Mount[]): string | undefined => {
  // The file is another user's for who runs it, as on AWS. What is no file, a folder that a link leads to, is never opened: it could be waited for.
  if (!stats.isFile() || (stats.mode & 0o001) === 0) return "permission denied";
  const head = headOf(path);
  if (head.subarray(0, ELF.length).equals(ELF)) {
    const isOurs = head.length > MACHINE_AT + 1 && head.readUInt16LE(MACHINE_AT) === MACHINES[process.arch];
    return isOurs ? undefined : "exec format error";
  }
  const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(head.toString("latin1"))?.[1];
  if (interpreter === undefined) return "exec format error";
  return existsSync(onHost(interpreter, mounts)) ? undefined : "no such file or directory";
};

const invalid = (message: string): { failure: Failure } => ({ failure: { kind: "not-started", errorType: "Runtime.InvalidEntrypoint", message } });

/** The same of one program. Undefined when the kernel would run it. */
export const programRefusal = (path: string, mounts: readonly Mount[]): string | undefined => {
  const host = onHost(path, mounts);
  const stats = statOf(host);
  const refusal = stats === undefined ? "no such file or directory" : refusalOf(host, stats, mounts);
  return refusal === undefined ? undefined : `fork/exec ${path}: ${refusal}`;
};

/**
 * The first of these paths that holds a file, folders left out; or how AWS says that there is none, or that it cannot be run.
 * Looked at before it is started: what stands between (a shell, `env`) words it otherwise.
 */
export const findEntrypoint = (paths: readonly string[], mounts: readonly Mount[]): { path: string } | { failure: Failure } => {
  for (const path of paths) {
    const host = onHost(path, mounts);
    const stats = host === path ? undefined : statOf(host);
    if (stats === undefined || stats.isDirectory()) continue;
    const refusal = refusalOf(host, stats, mounts);
    return refusal === undefined ? { path } : invalid(`fork/exec ${path}: ${refusal}`);
  }
  return invalid(`Couldn't find valid bootstrap(s): [${paths.join(" ")}]`);
};
