import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Mount } from "../sandbox/sandbox.ts";
import type { createCodeCache, UnpackedCode } from "./code.ts";
import type { FunctionTarget } from "./executor.ts";

/** A function's layers, merged and unpacked for as long as they are held. */
export interface UnpackedLayers {
  mounts: Mount[];
  /** What its log must say of them. */
  notes: string[];
  release(): void;
}

/** Where layers lie in the sandbox. */
const OPT = "/opt";

const noteOnExtensions = (folder: string): string[] => {
  const extensions = join(folder, "extensions");
  if (lstatSync(extensions, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  const names = readdirSync(extensions, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [] : [entry.name]));
  return names.length === 0 ? [] : [`extensions are not built in this version of lambdad: what the layers have in ${OPT}/extensions (${names.toSorted().join(", ")}) is not run`];
};

const acquireLayers = async (code: ReturnType<typeof createCodeCache>, { layers }: FunctionTarget): Promise<UnpackedLayers> => {
  if (layers.length === 0) return { mounts: [], notes: [], release() {} };
  const { folder, release } = await code.acquire(...layers);
  return { mounts: [{ source: folder, target: OPT }], notes: noteOnExtensions(folder), release };
};

/** A function's code and its layers, held together for as long as an environment has them. */
export interface Packages {
  task: UnpackedCode;
  layers: UnpackedLayers;
  release(): void;
}

export const acquirePackages = async (code: ReturnType<typeof createCodeCache>, target: FunctionTarget): Promise<Packages> => {
  const task = await code.acquire(target.code);
  try {
    const layers = await acquireLayers(code, target);
    return {
      task,
      layers,
      release() {
        task.release();
        layers.release();
      },
    };
  } catch (error) {
    task.release();
    throw error;
  }
};
