import type { SandboxProcess } from "./sandbox.ts";

/** Folders of the host's that hold what is somebody's. */
const PRIVATE = ["/root", "/home", "/var/lib"];

/** What leads to these places from a folder, as `ls` tells it. */
const entriesIn = (folder: string, places: readonly string[]): string =>
  [...new Set(places.filter((place) => place.startsWith(`${folder}/`)).map((place) => place.slice(folder.length + 1).split("/")[0]!))].toSorted().map((name) => `${name}/`).join("");

/** Each line that it prints but the last is something that it could do and must not. */
const canaryScript = (directory: string, isNetworkIsolated: boolean, mounted: readonly string[]): string => `
[ "$(id -u)" != 0 ] || echo "a program is root in its sandbox"
[ ! -e '${directory}' ] || echo "the server's data can be seen"
${PRIVATE.map((folder) => `[ "$(ls -A ${folder} 2>/dev/null | tr '\\n' /)" = '${entriesIn(folder, mounted)}' ] || echo "the host's files can be seen"`).join("\n")}
(: > /lambdad-canary) 2>/dev/null && echo "the root can be written"
(: > /usr/lambdad-canary) 2>/dev/null && echo "/usr can be written"
(: > /tmp/lambdad-canary) 2>/dev/null || echo "/tmp cannot be written"
tr '\\0' '\\n' < /proc/1/environ 2>/dev/null | grep -q -v '^PWD=/$' && echo "the first process has an environment of the server's"
grep -q '^CapEff:.*[1-9a-f]' /proc/self/status && echo "a program has capabilities"
grep -q '^NoNewPrivs:.*1' /proc/self/status || echo "a program may gain privileges"
grep -q '^Seccomp:.*2' /proc/self/status || echo "system calls are not filtered"
unshare --user true 2>/dev/null && echo "a program can make namespaces"
${isNetworkIsolated ? `[ "$(grep -c : /proc/net/dev)" = 1 ] || echo "a network of the host's can be seen"` : ""}
echo locked in`;

/** A program that tries to get out of its sandbox. `directory` is the server's, and must not be seen; what is `mounted` may be, and nothing beside it. */
export const canaryProgram = (directory: string, isNetworkIsolated: boolean, mounted: readonly string[] = []): SandboxProcess => ({ command: "/bin/sh", args: ["-c", canaryScript(directory, isNetworkIsolated, mounted)], env: { PATH: "/usr/bin:/bin" }, directory: "/" });

/** What it could do, by what it said; empty when it was locked in. */
export const faultsOf = (said: string, errors: string): string[] => {
  const lines = said.trimEnd().split("\n");
  return lines.at(-1) === "locked in" ? lines.slice(0, -1) : [`a canary did not come back from its sandbox: ${errors.trim() || said}`];
};
