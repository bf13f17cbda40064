import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Bootstrap {
  writtenIn: "C" | "Python";
  program: Buffer;
}

/** In C where there is a compiler, since the bench is about the platform; else in Python. A text of why when there is neither. */
export const makeBootstrap = (): Bootstrap | string => {
  const compiled = compile(join(import.meta.dirname, "bootstrap.c"));
  if (compiled !== undefined) return { writtenIn: "C", program: compiled };
  if (spawnSync("python3", ["--version"]).status !== 0) return "a custom runtime: there is neither a C compiler (cc) nor a python3";
  return { writtenIn: "Python", program: readFileSync(join(import.meta.dirname, "bootstrap.py")) };
};

/** With its library inside: a sandbox need not have the one that it was linked with. */
const compile = (source: string): Buffer | undefined => {
  const directory = mkdtempSync(join(tmpdir(), "lambdad-bench-"));
  const program = join(directory, "bootstrap");
  try {
    return spawnSync("cc", ["-O2", "-static", "-o", program, source]).status === 0 ? readFileSync(program) : undefined;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
