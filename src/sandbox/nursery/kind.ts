import { sep } from "node:path";
import type { Mount, SandboxSpec, WaitingProgram } from "../sandbox.ts";

/** What sandboxes must have in common to be made by the same nursery: all that a function itself does not choose. */
export interface Kind {
  account: string;
  /** Of the runtime; nothing of a function. */
  mounts: readonly Mount[];
  ports: readonly number[];
  openFilesMax: number;
  waiting?: WaitingProgram;
}

/** Where the packages of a function go. */
export const PACKAGE_TARGETS = ["/var/task", "/opt"];

/** The kind that a sandbox is of, and what is mounted for its function alone; undefined when it is like no other. */
export const kindOf = ({ account, mounts, ports, openFilesMax, waiting }: SandboxSpec, packages: string): { kind: Kind; own: Mount[] } | undefined => {
  const isPackage = ({ source }: Mount) => source.startsWith(packages + sep);
  const own = mounts.filter(isPackage);
  const others = mounts.filter((mount) => !isPackage(mount));
  const isKnown = own.every(({ target }) => PACKAGE_TARGETS.includes(target)) && others.every(({ target }) => !PACKAGE_TARGETS.some((place) => `${target}/`.startsWith(`${place}/`)));
  if (!isKnown) return undefined;
  return { kind: { account, mounts: others, ports, openFilesMax, ...(waiting === undefined ? {} : { waiting }) }, own };
};
