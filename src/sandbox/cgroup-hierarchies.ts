/** One tree of cgroups that is mounted here, and where in it this process stands. */
export interface Hierarchy {
  version: 1 | 2;
  /** v1: what the tree controls. v2: empty, because its files tell. */
  controllers: readonly string[];
  mountPoint: string;
  /** This process's own group, as a path of this machine. */
  directory: string;
  isReadOnly: boolean;
}

/**
 * The hierarchies that are mounted, from the texts of /proc/self/cgroup and /proc/self/mountinfo. One whose mount does not show this
 * process's group (a container that sees a part of the tree) is left out. Where one is mounted twice, the writable mount counts.
 */
export const parseHierarchies = ({ cgroup, mountinfo }: { cgroup: string; mountinfo: string }): Hierarchy[] => {
  const mounts = mountinfo.split("\n").flatMap((line) => parseMount(line) ?? []);
  return lines(cgroup).flatMap((line) => {
    const [, names = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === "" || names.includes("name=")) return [];
    const version = names === "" ? 2 : 1;
    const controllers = names === "" ? [] : names.split(",");
    const found = mounts
      .filter((mount) => mount.version === version && controllers.every((name) => mount.options.includes(name)))
      .flatMap(({ root, mountPoint, isReadOnly }): Hierarchy[] => {
        const directory = below(mountPoint, root, path);
        return directory === undefined ? [] : [{ version, controllers, mountPoint, directory, isReadOnly }];
      });
    return found.find((one) => !one.isReadOnly) ?? found[0] ?? [];
  });
};

interface CgroupMount {
  version: 1 | 2;
  /** The group that the mount shows as its top. */
  root: string;
  mountPoint: string;
  options: readonly string[];
  isReadOnly: boolean;
}

/** `31 23 0:28 /root /mount/point rw,relatime shared:5 - cgroup cgroup rw,memory` (proc_pid_mountinfo(5)). */
const parseMount = (line: string): CgroupMount | undefined => {
  const [mount = "", fileSystem = ""] = line.split(" - ");
  const [, , , root, mountPoint, mountOptions] = mount.split(" ");
  const [type, , superOptions = ""] = fileSystem.split(" ");
  if ((type !== "cgroup" && type !== "cgroup2") || root === undefined || mountPoint === undefined) return undefined;
  const options = superOptions.split(",");
  return {
    version: type === "cgroup2" ? 2 : 1,
    root: unescapeOctal(root),
    mountPoint: unescapeOctal(mountPoint),
    options,
    isReadOnly: options.includes("ro") || (mountOptions ?? "").split(",").includes("ro"),
  };
};

/** Blanks and backslashes are written as `\040` and the like. */
const unescapeOctal = (text: string): string => text.replace(/\\([0-7]{3})/g, (_match, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

const below = (mountPoint: string, root: string, path: string): string | undefined => {
  const top = root === "/" ? "" : root;
  if (path !== top && !path.startsWith(`${top}/`)) return undefined;
  const rest = path.slice(top.length).replace(/\/$/, "");
  // A group outside of this cgroup namespace is shown as `/..`.
  return rest.split("/").includes("..") ? undefined : mountPoint + rest;
};

const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");
