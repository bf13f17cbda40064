import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Mount } from "../sandbox/sandbox.ts";
import type { createCodeCache, UnpackedCode } from "./code.ts";
import type { FunctionTarget } from "./executor.ts";

/** A function's layers, merged and unpacked for as long as they are held. */
export interface UnpackedLayers {
  mounts: Mount[];
  /** Names of external extensions. */
  extensions: string[];
  release(): void;
}

/** Where layers lie in the sandbox. */
const OPT = "/opt";

/** The names of the programs that lie in /opt/extensions, in the order they are started. What is a folder there belongs to one of them. */
const extensionsIn = (folder: string): string[] => {
  const extensions = join(folder, "extensions");
  if (lstatSync(extensions, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(extensions, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])).toSorted();
};

const acquireLayers = async (code: ReturnType<typeof createCodeCache>, { layers }: FunctionTarget): Promise<UnpackedLayers> => {
  if (layers.length === 0) return { mounts: [], extensions: [], release() {} };
  const { folder, release } = await code.acquire(...layers);
  return { mounts: [{ source: folder, target: OPT }], extensions: extensionsIn(folder), release };
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
