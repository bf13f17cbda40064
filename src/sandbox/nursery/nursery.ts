import { mkdirSync } from "node:fs";
import { text } from "node:stream/consumers";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { BubblewrapHost } from "../bubblewrap.ts";
import { canaryProgram, faultsOf } from "../canary.ts";
import type { Internet } from "../internet.ts";
import { removeFolder } from "../remove-folder.ts";
import { writeUserFiles } from "../run-script.ts";
import { openCage, type Cage } from "./cage.ts";
import { findCopying } from "./copying.ts";
import type { Kind } from "./kind.ts";
import { prepareSandbox, type PreparedSandbox } from "./prepared.ts";

/** Makes sandboxes of one kind, and keeps some that wait. */
export interface Nursery {
  /** One that waited, or was made for this; undefined where none can be made, or not yet. */
  take(): Promise<PreparedSandbox | undefined>;
  /** Makes as many as shall wait, one after the other. */
  refill(): Promise<void>;
  readonly ready: number;
  /** How many shall wait: none where none can be made. */
  readonly wanted: number;
  /** Nothing that it made is anybody's. */
  readonly isIdle: boolean;
  close(): Promise<void>;
}

export interface NurseryNeeds {
  host: BubblewrapHost;
  /** The system's own Python, below /usr. */
  python: string;
  /** A folder that holds every function's packages. */
  packages: string;
  /** A folder of the server's that must not be seen. */
  secrets: string;
  /** How many wait. */
  count: number;
  wall: Clock;
  log: Log;
}

interface Facts extends NurseryNeeds {
  kind: Kind;
  /** For what it needs of the host's files: made here, and removed at its end. */
  folder: string;
  sandboxId: () => string;
  /** It ended by itself: what it made is gone. */
  onEnded: () => void;
}

const NO_INTERNET: Internet = { connect: async () => ({ close: async () => {} }) };

/** What fails at first fails always: it is told once, and `take` has none. */
export const createNursery = ({ kind, host, python, packages, secrets, count, folder, sandboxId, onEnded, wall, log }: Facts): Nursery => {
  const { bwrap, cgroups, internet, networks, filter, isNetworkIsolated } = host;
  const ready: PreparedSandbox[] = [];
  const making = new Set<Promise<PreparedSandbox>>();
  let taken = 0;
  let isUp = true;
  let isClosed = false;

  const make = (cage: Cage, way = internet): Promise<PreparedSandbox> => prepareSandbox({ id: sandboxId(), kind, cage, cgroups, internet: way, networks, wall, log });
  /** The first that it makes is nobody's: a canary tries to get out of it. */
  const tryCanary = async (cage: Cage) => {
    // It would see the device of a way out.
    const prepared = await make(cage, NO_INTERNET);
    try {
      const opened = await (await prepared.hold.get()).open("canary", canaryProgram(secrets, isNetworkIsolated, kind.mounts.map(({ target }) => target)));
      opened.start();
      const faults = faultsOf(...(await Promise.all([text(opened.stdout), text(opened.stderr)])));
      if (faults.length > 0) throw new Error(faults.join("; "));
    } finally {
      await prepared.destroy();
    }
  };
  const open = async (): Promise<Cage | undefined> => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    let cage: Cage | undefined;
    try {
      cage = await openCage(kind, { bwrap, python, etc: { ...host.etc, ...writeUserFiles(folder, "root", kind.account) }, filter, packages, copying: findCopying(folder), isNetworkIsolated });
      await tryCanary(cage);
      void cage.ended.then(end);
      return cage;
    } catch (error) {
      isUp = false;
      if (!isClosed) log.warn("sandboxes of a kind cannot be made in advance: each start takes longer", { error: String(error) });
      await cage?.close();
      removeFolder(folder, log);
      return undefined;
    }
  };
  const end = () => {
    isUp = false;
    opened = undefined;
    for (const prepared of ready.splice(0)) void prepared.destroy();
    removeFolder(folder, log);
    if (isClosed) return;
    log.warn("a nursery ended: the sandboxes that it made are gone, and are made anew when they are needed");
    onEnded();
  };
  const complain = (error: unknown) => {
    if (!isClosed) log.warn("a sandbox could not be made in advance", { error: String(error) });
    return undefined;
  };
  const takeReady = (): PreparedSandbox | undefined => {
    while (ready.length > 0) {
      const prepared = ready.pop()!;
      if (!prepared.isOver) return prepared;
      void prepared.destroy();
    }
    return undefined;
  };
  let opened: Cage | undefined;
  const opening = open().then((cage) => (opened = cage));

  return {
    async take() {
      taken++;
      const prepared = takeReady() ?? (opened === undefined ? undefined : await make(opened).catch(complain));
      if (prepared === undefined) taken--;
      else void prepared.gone.then(() => taken--);
      return prepared;
    },
    async refill() {
      const cage = await opening;
      while (cage !== undefined && isUp && !isClosed && ready.length + making.size < count) {
        const one = make(cage);
        making.add(one);
        const prepared = await one.catch(complain);
        making.delete(one);
        if (prepared === undefined) return;
        ready.push(prepared);
      }
    },
    get ready() { return ready.length; },
    get wanted() { return isUp ? count : 0; },
    get isIdle() { return taken === 0; },
    async close() {
      isClosed = true;
      const cage = await opening;
      await Promise.allSettled(making);
      await Promise.all(ready.splice(0).map((prepared) => prepared.destroy()));
      await cage?.close();
    },
  };
};
