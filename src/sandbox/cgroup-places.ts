import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { FREEZERS, limit, readFile, readPids, tryWrite, type Controller } from "./cgroup-controls.ts";
import { parseHierarchies, type Hierarchy } from "./cgroup-hierarchies.ts";
import { processesOf } from "./process-table.ts";

/** A group of this server in one hierarchy. The sandboxes' groups are made in it. */
export interface Place {
  version: 1 | 2;
  directory: string;
}

export interface Places {
  limits: Readonly<Partial<Record<Controller, Place>>>;
  freezer: Place | undefined;
  /** Where the time that was used can be read. */
  accounting: Place | undefined;
  /** Each of the above once. */
  all: readonly Place[];
  warnings: readonly string[];
}

const CONTROLLERS: readonly Controller[] = ["memory", "cpu", "pids"];
const PROBE = "probe";
const GENEROUS = { memoryBytes: 1 << 30, cpus: 1, processesMax: 1_024 };

/** Makes the server's groups wherever this kernel lets it, and tries every limit on one of them: what is told works. */
export const findPlaces = ({ proc, name, leaf }: { proc: string; name: string; leaf: string }): Places => {
  const hierarchies = readHierarchies(proc);
  const made: Place[] = [];
  const make = (version: 1 | 2, parent: string): Place | undefined => {
    const place = { version, directory: join(parent, name) };
    if (tryMake(place.directory) !== undefined) return undefined;
    made.push(place);
    return place;
  };

  const old = new Map<string, Place>();
  for (const { controllers, directory, isReadOnly } of hierarchies.filter(({ version, controllers }) => version === 1 && controllers.some((one) => USEFUL.includes(one)))) {
    const place = isReadOnly ? undefined : make(1, directory);
    for (const controller of controllers) if (place !== undefined) old.set(controller, place);
  }

  const unified = hierarchies.find(({ version }) => version === 2);
  const open = CONTROLLERS.filter((controller) => !old.has(controller));
  const parent = unified === undefined || unified.isReadOnly ? undefined : prepareUnified(unified, open, { name, leaf });
  const latest = parent === undefined ? undefined : make(2, parent);
  const enabled = latest === undefined ? [] : open.filter((controller) => enable(latest.directory, controller));

  const limits: Partial<Record<Controller, Place>> = {};
  const losses = new Map<string, string[]>();
  for (const controller of CONTROLLERS) {
    const place = old.get(controller) ?? (enabled.includes(controller) ? latest : undefined);
    const failure = place === undefined ? whyNot(controller, hierarchies) : tryLimit(controller, place);
    if (failure === undefined) limits[controller] = place!;
    else losses.set(failure, [...(losses.get(failure) ?? []), NAMES[controller]]);
  }
  const warnings = [...losses].map(([why, lost]) => `the kernel does not limit the ${lost.join(", the ")} of sandboxes: ${why}. Fix: ${FIX}`);
  const freezer = [latest, old.get("freezer")].find((place) => place !== undefined && canFreeze(place));
  const accounting = old.get("cpuacct") ?? latest;
  const used = new Set([...Object.values(limits), freezer, accounting].filter((place) => place !== undefined));
  for (const place of made) if (!used.has(place)) tryRemove(place.directory);
  return { limits, freezer, accounting, all: [...used], warnings };
};

/** The v1 controllers that are worth a group. */
const USEFUL: readonly string[] = ["memory", "cpu", "cpuacct", "pids", "freezer"];

const NAMES: Readonly<Record<Controller, string>> = { memory: "memory", cpu: "CPU time", pids: "number of processes" };

const FIX =
  "start lambdad as root, or in a group of its own (systemd-run --user --scope -p Delegate=yes lambdad start), or, in a container, with a writable /sys/fs/cgroup";

const whyNot = (controller: Controller, hierarchies: readonly Hierarchy[]): string => {
  const own = hierarchies.find((one) => (one.version === 2 ? words(one.mountPoint, "cgroup.controllers") : one.controllers).includes(controller));
  if (own === undefined) return hierarchies.length === 0 ? "no cgroups are mounted" : `no cgroups with "${controller}" are mounted`;
  if (own.isReadOnly) return `${own.mountPoint} is mounted read-only`;
  return own.version === 1 ? "groups cannot be made in the hierarchies of cgroup v1" : `groups with limits cannot be made in ${own.directory}, nor above it`;
};

const readHierarchies = (proc: string): Hierarchy[] => {
  const read = (name: string): string => {
    try {
      return readFileSync(join(proc, "self", name), "utf8");
    } catch {
      return "";
    }
  };
  return parseHierarchies({ cgroup: read("cgroup"), mountinfo: read("mountinfo") });
};

/**
 * The nearest group of cgroup v2, from this process's own upwards, in which groups with these controllers can be made; without
 * controllers to ask for, the nearest that is writable. A group that holds processes cannot limit its children: if they are all ours,
 * they move into a leaf, which is what a delegated unit is meant for; else the group above is asked.
 */
const prepareUnified = ({ directory, mountPoint }: Hierarchy, controllers: readonly Controller[], { name, leaf }: { name: string; leaf: string }): string | undefined => {
  const own = basename(directory) === leaf ? dirname(directory) : directory;
  let best: { directory: string; count: number } | undefined;
  for (let candidate = own; ; candidate = dirname(candidate)) {
    if (candidate === own && controllers.length > 0 && !mayDistribute(candidate)) moveToLeaf(candidate, leaf);
    const { length: count } = controllers.filter((controller) => enable(candidate, controller));
    if ((best === undefined || count > best.count) && canHold(candidate, name)) best = { directory: candidate, count };
    if (best?.count === controllers.length || candidate === mountPoint || candidate === "/") return best?.directory;
  }
};

/** True when groups in this one may be limited by it. */
const enable = (directory: string, controller: Controller): boolean =>
  words(directory, "cgroup.subtree_control").includes(controller) || (mayDistribute(directory) && tryWrite(directory, "cgroup.subtree_control", `+${controller}`));

/**
 * A group without processes, or the root of all, which alone has no type. To ask another one would do harm: it takes "cpu" and "pids",
 * becomes the root of threaded groups, and then no process may enter a group in it.
 */
const mayDistribute = (directory: string): boolean => readPids(directory).length === 0 || !existsSync(join(directory, "cgroup.type"));

/** To move a process, one must be allowed to write to the nearest group above its old and its new one, too. */
const canHold = (directory: string, name: string): boolean => {
  if (!canWrite(join(directory, "cgroup.procs")) || tryMake(join(directory, name)) !== undefined) return false;
  tryRemove(join(directory, name));
  return true;
};

const canWrite = (path: string): boolean => {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
};

/** Only this process, what it started, and a container's first process are moved: others have their place for a reason. */
const moveToLeaf = (directory: string, leaf: string): void => {
  const pids = readPids(directory);
  const ours = new Set([1, process.pid, ...processesOf(process.pid, NO_MARK)]);
  if (!pids.includes(process.pid) || !pids.every((pid) => ours.has(pid))) return;
  tryMake(join(directory, leaf));
  for (const pid of pids) tryWrite(join(directory, leaf), "cgroup.procs", pid);
};

/** No environment holds a variable without a name. */
const NO_MARK = "\0=\0";

/** What is wrong, or undefined when the kernel takes this limit. */
const tryLimit = (controller: Controller, place: Place): string | undefined => {
  const probe = join(place.directory, PROBE);
  try {
    mkdirSync(probe);
    limit[place.version][controller](probe, GENEROUS);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    tryRemove(probe);
  }
};

const canFreeze = ({ version, directory }: Place): boolean => {
  const probe = join(directory, PROBE);
  try {
    mkdirSync(probe);
    return tryWrite(probe, FREEZERS[version].file, FREEZERS[version].thaw);
  } catch {
    return false;
  } finally {
    tryRemove(probe);
  }
};

const words = (directory: string, name: string): string[] => readFile(directory, name).split(/\s+/);

const tryMake = (directory: string): Error | undefined => {
  try {
    mkdirSync(directory);
    return undefined;
  } catch (error) {
    return error as Error;
  }
};

const tryRemove = (directory: string): void => {
  try {
    rmdirSync(directory);
  } catch {
    // It was not made, or is in use.
  }
};
