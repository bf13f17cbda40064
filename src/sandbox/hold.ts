import { assert } from "../kit/assert.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Holder } from "./holder.ts";
import type { Connection, Internet } from "./internet.ts";
import type { Networks } from "./networks.ts";
import { descendantsOf } from "./process-table.ts";

/** Keeps a sandbox up: its first process, and its way to the internet. */
export interface Hold {
  /** The first process, made anew when it has ended. Rejects with why no sandbox can be made. */
  get(): Promise<Holder>;
  /** Its pid on the host; 0 while there is none. */
  readonly firstPid: number;
  /** All below it, by their pids on the host. */
  processes(): number[];
  /** Kills what it runs, or itself when it does not obey. */
  reset(): Promise<void>;
  /** Everything in the sandbox is killed, and nothing is made any more. */
  end(): Promise<void>;
}

interface Needs {
  id: string;
  launch: () => Holder;
  /** Listens on the ports in its network, where nobody inside does it. */
  networks: Pick<Networks, "listen"> | undefined;
  ports: readonly number[];
  internet: Internet | undefined;
  wall: Clock;
  log: Log;
}

interface Up {
  holder: Holder;
  /** The holder has ended, and its connection is closed. */
  gone: Promise<void>;
}

/** bubblewrap 0.8 now and then takes the kernel's answer for an error while it brings the loopback up: "Failed RTM_NEWADDR: No child processes". */
const PASSING = /loopback: Failed RTM_/;
const ATTEMPTS = 5;
/** A first process that has not ended its programs after this time never will: a handler has taken it over, or it hangs. */
const RESET_TIMEOUT_MS = 10_000;

export const createHold = ({ id, launch, networks, ports, internet, wall, log }: Needs): Hold => {
  let up: Promise<Up> | undefined;
  let firstPid = 0;
  let isOver = false;

  const connect = async (holder: Holder): Promise<Connection | undefined> => {
    const connection = await internet?.connect(await holder.pid);
    if (connection?.failure !== undefined) log.warn("a sandbox has no way to the internet", { sandbox: id, error: connection.failure });
    return connection;
  };
  const listen = async (holder: Holder) => {
    if (holder.listens || networks === undefined || ports.length === 0) return;
    holder.adopt(await networks.listen(await holder.pid, ports));
  };
  const make = async (attempt = 1): Promise<Up> => {
    const holder = launch();
    const connecting = connect(holder);
    const gone = holder.ended.then(async () => {
      await connecting.then((connection) => connection?.close(), () => {});
    });
    try {
      // The loopback is up when the first process is.
      await Promise.all([connecting, holder.ready.then(() => listen(holder))]);
      firstPid = await holder.pid;
    } catch (error) {
      await holder.kill();
      if (attempt < ATTEMPTS && PASSING.test(String(error))) return make(attempt + 1);
      throw error;
    }
    void holder.ended.then(() => ([up, firstPid] = [undefined, 0]));
    return { holder, gone };
  };

  return {
    async get() {
      assert(!isOver, "nothing is run in a sandbox that is destroyed");
      up ??= make().catch((error: unknown) => {
        up = undefined;
        throw error;
      });
      return (await up).holder;
    },
    get firstPid() { return firstPid; },
    processes: () => (firstPid === 0 ? [] : descendantsOf(firstPid)),
    async reset() {
      const current = (await up?.catch(() => undefined))?.holder;
      if (current === undefined) return;
      const tooLate = wall.at(wall.now() + RESET_TIMEOUT_MS, "reset of a sandbox", () => current.kill());
      await current.reset();
      tooLate.cancel();
    },
    async end() {
      isOver = true;
      const last = await up?.catch(() => undefined);
      await last?.holder.kill();
      await last?.gone;
    },
  };
};
