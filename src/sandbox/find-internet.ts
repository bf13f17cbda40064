import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Rank } from "./bubblewrap-arguments.ts";
import { findProgram } from "./find-program.ts";
import { createInternetOnFirstUse, tryFirstUse } from "./first-use.ts";
import type { Connection, Internet } from "./internet.ts";
import type { Networks } from "./networks.ts";
import { createInternet, createPasta } from "./pasta.ts";

export interface Way {
  internet?: Internet;
  warnings: string[];
}

interface Needs {
  searchPath: string;
  rank: Rank;
  networks: Networks | undefined;
  wall: Clock;
  log: Log;
}

/** pasta, tried in a sandbox that `tryIn` makes and ends: with the first packet that leaves it, else from its beginning. */
export const findInternet = async ({ searchPath, rank, networks, wall, log }: Needs, tryIn: (internet: Internet) => Promise<void>): Promise<Way> => {
  const none = (why: string) => ({ warnings: [`functions have no way to the internet: ${why}. They still reach lambdad; --network host gives them this machine's network`] });
  const path = findProgram("pasta", searchPath);
  if (path === undefined) return none("pasta is not installed (apt install passt)");
  const isRoot = rank === "root";
  const pasta = createPasta({ path, isRoot, wall });
  const always = createInternet(pasta, isRoot);
  let isOnFirstUse = false;
  let failure: string | undefined;
  await tryIn({
    async connect(pid): Promise<Connection> {
      isOnFirstUse = networks !== undefined && (await tryFirstUse(pid, { pasta, networks, wall })) === undefined;
      if (isOnFirstUse) return { close: async () => {} };
      const connection = await always.connect(pid);
      failure = connection.failure;
      return connection;
    },
  });
  if (failure !== undefined) return none(failure);
  return { internet: isOnFirstUse && networks !== undefined ? createInternetOnFirstUse({ pasta, networks, otherwise: always, log }) : always, warnings: [] };
};
