import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SANDBOX_GID, SANDBOX_UID, type Rank } from "./bubblewrap-arguments.ts";
import type { Environment } from "./sandbox.ts";

interface Program {
  command: string;
  args: readonly string[];
  env: Environment;
  directory: string;
  rank: Rank;
  account: string;
  limits: { files: number; processes?: number };
}

/** Users that no system gives to anybody: each account's programs run as one of them where the server is root. */
const FIRST_UID = 0x4000_0000;
const UIDS = 0x1000_0000;

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** An account's own user: the same at every start, another for another account but for a rare collision. */
export const uidOf = (account: string): number => FIRST_UID + [...account].reduce((hash, letter) => (hash * 31 + letter.codePointAt(0)!) % UIDS, 7);

/** The identity of a program, with no way to get another one. In a user namespace it has it from the start. */
const become = ({ rank, account }: Program): string[] => {
  if (rank === "user") return [];
  const uid = String(uidOf(account));
  return ["setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all"];
};

/** What the first process of a sandbox runs for one program: its limits, directory, identity and exact environment. */
export const runScript = (program: Program): string => {
  const { command, args, env, directory, limits } = program;
  const line = [...become(program), "env", "-i", ...Object.entries(env).map(([name, value]) => `${name}=${value}`), command, ...args];
  // bash's name for it, and dash's.
  const processes = limits.processes === undefined ? [] : [`ulimit -u ${limits.processes} 2>/dev/null || ulimit -p ${limits.processes}`];
  return [`ulimit -c 0`, `ulimit -n ${limits.files}`, ...processes, `cd ${quote(directory)} || exit 127`, `exec ${line.map(quote).join(" ")}`, ""].join("\n");
};

/** /etc/passwd and /etc/group of a sandbox: a home and a name for whoever a program is. */
export const userFiles = (rank: Rank, account: string): { passwd: string; group: string } => {
  const [uid, gid] = rank === "user" ? [SANDBOX_UID, SANDBOX_GID] : [uidOf(account), uidOf(account)];
  return { passwd: `root:x:0:0:root:/:/sbin/nologin\nsbx_user1051:x:${uid}:${gid}::/home/sbx_user1051:/sbin/nologin\n`, group: `root:x:0:\nsbx_user1051:x:${gid}:\n` };
};

/** The same, written into a folder of the host: where each lies, by its name. */
export const writeUserFiles = (directory: string, rank: Rank, account: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(userFiles(rank, account)).map(([name, content]) => {
      writeFileSync(join(directory, name), content);
      return [name, join(directory, name)];
    }),
  );
