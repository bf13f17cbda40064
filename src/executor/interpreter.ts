import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { assert } from "../kit/assert.ts";
import type { Mount } from "../sandbox/sandbox.ts";
import type { Interpreter } from "./discover.ts";
import type { Runtime } from "./runtimes.ts";

export const interpreterOf = ({ name, interpreter }: Runtime): Interpreter => {
  assert(interpreter !== undefined, `${name} is run by an interpreter`);
  return interpreter;
};

/** What lies there is in every sandbox. */
export const isOfSystem = (path: string): boolean => path === "/usr" || path.startsWith("/usr/");

/** The interpreter with its libraries, at its own path; what lies under /usr is in every sandbox. */
export const interpreterMounts = ({ path }: Interpreter): Mount[] => {
  const real = realpathSync(path);
  const [prefix, named] = [dirname(dirname(real)), dirname(dirname(path))];
  const own = isOfSystem(prefix) ? [] : [{ source: prefix, target: prefix }];
  if (isOfSystem(realpathSync(dirname(path))) || path.startsWith(`${prefix}/`)) return own;
  // A virtual environment has its packages beside its link; of another link there is nothing but itself.
  return [...own, existsSync(join(named, "pyvenv.cfg")) ? { source: named, target: named } : { source: real, target: path }];
};
