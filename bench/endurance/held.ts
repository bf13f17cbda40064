import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { allPids, nameOf, treeOf } from "../process-tree.ts";

/** What a server holds of the machine: by kind, one text for each thing. */
export type Held = Record<"processes" | "processes elsewhere" | "descriptors" | "cgroups" | "mounts" | "namespaces" | "sandbox files", readonly string[]>;

interface About {
  pid: number;
  directory: string;
  /** In the environment of every process of a handler, whoever its parent is. */
  mark: string;
}

const tried = <T>(work: () => T, otherwise: T): T => {
  try {
    return work();
  } catch {
    return otherwise;
  }
};
const read = (path: string): string => tried(() => readFileSync(path, "utf8"), "");
const listed = (folder: string): string[] => tried(() => readdirSync(folder), []);

export const heldBy = ({ pid, directory, mark }: About): Held => {
  const tree = treeOf(pid);
  // The server's own, and those of sandboxes in them.
  const isOwn = new RegExp(`/lambdad-[^/]*-${pid}-`);
  return {
    processes: tree.map(nameOf),
    "processes elsewhere": allPids().filter((one) => !tree.includes(one) && read(`/proc/${one}/environ`).includes(mark)).map(nameOf),
    // The numbers of pipes and sockets say nothing: what counts is how many of a kind there are.
    descriptors: descriptorsOf(pid).map((link) => link.replace(/:\[\d+\]$/, "").replaceAll(/[0-9a-f]{16,}/g, "…")),
    cgroups: foldersBelow("/sys/fs/cgroup").filter((folder) => isOwn.test(folder)).map((folder) => folder.replaceAll(/[0-9a-f]{16,}/g, "…")),
    mounts: read(`/proc/${pid}/mountinfo`).split("\n").filter((line) => line.includes(directory) || line.includes(" nsfs ")).map((line) => line.split(" ")[4]!),
    namespaces: [...new Set(tree.flatMap((one) => [...listed(`/proc/${one}/ns`).map((name) => linkOf(`/proc/${one}/ns/${name}`)), ...descriptorsOf(one).filter((link) => /^(net|mnt|pid|user|ipc|uts|cgroup):\[/.test(link))]))].filter((link) => link !== "").map((link) => link.replace(/:\[\d+\]$/, "")),
    "sandbox files": listed(join(directory, "sandboxes/live")).concat(listed(join(directory, "sandboxes")).filter((name) => /^[0-9a-f]{16}$/.test(name))),
  };
};

const linkOf = (path: string): string => tried(() => readlinkSync(path), "");
const descriptorsOf = (pid: number): string[] => listed(`/proc/${pid}/fd`).map((name) => linkOf(`/proc/${pid}/fd/${name}`)).filter((link) => link !== "");

const foldersBelow = (root: string): string[] =>
  tried(() => readdirSync(root, { withFileTypes: true }), []).filter((entry) => entry.isDirectory()).flatMap(({ name }) => [join(root, name), ...foldersBelow(join(root, name))]);

/** What is held now and was not before: each text as often as there is more of it. */
export const leftOver = (before: readonly string[], now: readonly string[]): string[] => {
  const left = before.map(kindOf);
  return now.filter((one) => {
    const at = left.indexOf(kindOf(one));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
};

/** Sandboxes that are made in advance are taken and made anew: one is as good as another. */
const kindOf = (name: string): string => name.replace(/\/prepared-\d+$/, "/prepared");
