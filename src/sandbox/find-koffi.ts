import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/**
 * koffi's compiled file for this machine's glibc, by which a Node.js calls what it has no name for (runtimes/nodejs/zygote/libc.mjs). Undefined where it was not installed: it is an
 * optional dependency.
 */
export const findKoffi = (platform: string = process.platform, architecture: string = process.arch): string | undefined => {
  const own = createRequire(import.meta.url);
  try {
    // Its loader would try to load what it finds; only the place is asked for.
    const file = join(dirname(createRequire(own.resolve("koffi")).resolve(`@koromix/koffi-${platform}-${architecture}`)), `${platform}_${architecture}`, "koffi.node");
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
};
