import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Mount } from "./sandbox.ts";

/** Who runs inside. `root`: the server is root, and each program is given a user of its own; `user`: a user namespace of ours. */
export type Rank = "root" | "user";

interface Facts {
  rank: Rank;
  /** A network of its own, or the host's. */
  isNetworkIsolated: boolean;
  mounts: readonly Mount[];
  /** Bytes of /tmp. */
  storageBytes: number;
  /** Files of the host that stand in for the machine's own, by name: passwd, hosts, resolv.conf … */
  etc: Readonly<Record<string, string>>;
  /** Of the first process, beside those that each has. */
  capabilities?: readonly string[];
  /** A folder that can be taken away again with all that is mounted in it. */
  place?: string;
  /** Empty ones. */
  folders?: readonly string[];
}

/** AWS's: sbx_user1051, as `id` shows it in a function. */
export const SANDBOX_UID = 993;
export const SANDBOX_GID = 990;

const DEVICES = ["null", "zero", "full", "random", "urandom", "tty"];
/** The host's, where it has them: certificates, and what its programs need to find each other. */
const HOST_ETC = ["ssl", "pki", "ca-certificates", "alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime"];
/** What the first process needs to give a program its user, and to end what a program left. */
const ROOT_CAPABILITIES = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL"];

/**
 * bubblewrap's arguments: namespaces, no capabilities, a root of nothing but the host's /usr, what is mounted by name, and a /tmp of
 * bounded size; everything but /tmp is read-only. There is no /dev/shm, as on AWS, and no devpts: with one, bubblewrap would make
 * a second user namespace, whose network nobody else could be let into.
 */
export const bubblewrapArguments = ({ rank, isNetworkIsolated, mounts, storageBytes, etc, capabilities = [], place, folders = [] }: Facts): string[] => [
  "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", ...(isNetworkIsolated ? ["--unshare-net"] : []),
  ...(rank === "user" ? ["--unshare-user", "--uid", String(SANDBOX_UID), "--gid", String(SANDBOX_GID)] : []),
  "--hostname", "lambdad",
  "--as-pid-1", "--die-with-parent", "--new-session", "--clearenv", "--chdir", "/",
  "--cap-drop", "ALL", ...(rank === "root" ? [...ROOT_CAPABILITIES, ...capabilities].flatMap((name) => ["--cap-add", name]) : []),
  "--ro-bind", "/usr", "/usr", ...topFolders(),
  "--proc", "/proc",
  // Before the folders: what is mounted may lie in it, as the Node of a lambdad that was installed there does.
  "--perms", "1777", "--size", String(storageBytes), "--tmpfs", "/tmp",
  // /opt is there, and empty, without layers too.
  ...foldersAbove(["/dev/null", "/etc/passwd", "/opt/bin", ...mounts.map(({ target }) => target)]),
  ...(place === undefined ? [] : ["--perms", "0755", "--tmpfs", place]), ...foldersAbove(folders.map((folder) => `${folder}/.`)),
  ...DEVICES.flatMap((name) => ["--dev-bind", `/dev/${name}`, `/dev/${name}`]),
  "--symlink", "/proc/self/fd", "/dev/fd", "--symlink", "/proc/self/fd/0", "/dev/stdin", "--symlink", "/proc/self/fd/1", "/dev/stdout", "--symlink", "/proc/self/fd/2", "/dev/stderr",
  ...HOST_ETC.flatMap((name) => ["--ro-bind-try", `/etc/${name}`, `/etc/${name}`]),
  ...Object.entries(etc).flatMap(([name, source]) => ["--ro-bind", source, `/etc/${name}`]),
  ...mounts.flatMap((mount) => bind(mount, mounts)),
  "--remount-ro", "/",
];

/** /bin, /lib and their like: links into /usr on most systems, folders of their own on the others. */
const topFolders = (): string[] =>
  ["bin", "sbin", "lib", "lib32", "lib64", "libx32"].flatMap((name) => {
    const stat = lstatSync(`/${name}`, { throwIfNoEntry: false });
    if (stat === undefined) return [];
    return stat.isSymbolicLink() ? ["--symlink", readlinkSync(`/${name}`), `/${name}`] : ["--ro-bind", `/${name}`, `/${name}`];
  });

/** Folders that must be there for a mount, made so that everybody may pass: bubblewrap would make them for its own user only. */
const foldersAbove = (targets: readonly string[]): string[] => {
  const folders = new Set<string>();
  for (const target of targets) for (let folder = dirname(target); folder !== "/"; folder = dirname(folder)) folders.add(folder);
  return [...folders].toSorted().flatMap((folder) => ["--perms", "0755", "--dir", folder]);
};

/** A folder that another mount stands in is mounted entry by entry: in a read-only folder no place could be made for it. */
const bind = ({ source, target }: Mount, all: readonly Mount[]): string[] => {
  if (!all.some((other) => other.target.startsWith(`${target}/`))) return ["--ro-bind", source, target];
  return readdirSync(source, { withFileTypes: true }).flatMap((entry) => {
    const [from, to] = [join(source, entry.name), join(target, entry.name)];
    // A link stays one: a mount would follow it, out of a layer and into this machine.
    return entry.isSymbolicLink() ? ["--symlink", readlinkSync(from), to] : bind({ source: from, target: to }, all);
  });
};
