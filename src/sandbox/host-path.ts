import type { SandboxSpec } from "./sandbox.ts";

/** There are no mounts: a target is where its source is, and /tmp is a folder of the sandbox's own. */
export const hostPath = (spec: Pick<SandboxSpec, "mounts">, tmp: string, target: string): string => {
  if (target === "/tmp" || target.startsWith("/tmp/")) return tmp + target.slice("/tmp".length);
  const mount = spec.mounts
    .filter((one) => target === one.target || target.startsWith(`${one.target}/`))
    .toSorted((a, b) => b.target.length - a.target.length)[0];
  return mount === undefined ? target : mount.source + target.slice(mount.target.length);
};
