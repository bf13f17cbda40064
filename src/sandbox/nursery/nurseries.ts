import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { assert } from "../../kit/assert.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { BubblewrapHost } from "../bubblewrap.ts";
import { canaryProgram, faultsOf } from "../canary.ts";
import type { Internet } from "../internet.ts";
import { removeFolder } from "../remove-folder.ts";
import { userFiles } from "../run-script.ts";
import type { Mount, SandboxSpec } from "../sandbox.ts";
import { openCage, type Cage } from "./cage.ts";
import { findCopying } from "./copying.ts";
import { kindOf, type Kind } from "./kind.ts";
import { prepareSandbox, type PreparedSandbox } from "./prepared.ts";

/** Sandboxes that are made in advance, of each kind that was asked for so far. */
export interface Nurseries {
  /** One that is nobody else's; undefined where none can be prepared, and one has to be made as ever. */
  take(spec: SandboxSpec): Promise<{ prepared: PreparedSandbox; own: Mount[] } | undefined>;
  /** It will be asked for soon. */
  prepare(spec: SandboxSpec): void;
  prepared(): { ready: number; wanted: number };
  close(): Promise<void>;
}

interface Needs {
  host: BubblewrapHost;
  /** The system's own Python, below /usr. */
  python: string;
  /** A folder that holds every function's packages. */
  packages: string;
  /** For what nurseries need of the host's files. */
  directory: string;
  /** A folder of the server's that must not be seen. */
  secrets: string;
  /** How many of each kind wait. */
  count: number;
  wall: Clock;
  log: Log;
}

interface Nursery {
  kind: Kind;
  cage: Promise<Cage | undefined>;
  ready: PreparedSandbox[];
  making: Set<Promise<unknown>>;
}

const NO_INTERNET: Internet = { connect: async () => ({ close: async () => {} }) };
/** Behind the start that took one: it shall not have to share the CPU. */
const REFILL_MS = 20;

export const createNurseries = ({ host, python, packages, directory, secrets, count, wall, log }: Needs): Nurseries => {
  const { bwrap, cgroups, internet, networks, filter, isNetworkIsolated } = host;
  // Of a server that was killed.
  removeFolder(directory, log);
  const nurseries = new Map<string, Nursery>();
  let cages = 0;
  let sandboxes = 0;
  let isClosed = false;

  const open = async (key: string, kind: Kind): Promise<Cage | undefined> => {
    const folder = join(directory, `nursery-${cages++}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const etc = { ...host.etc };
    for (const [name, content] of Object.entries(userFiles("root", kind.account))) {
      etc[name] = join(folder, name);
      writeFileSync(etc[name], content);
    }
    try {
      const cage = await openCage(kind, { bwrap, python, etc, filter, packages, copying: findCopying(folder), isNetworkIsolated });
      await tryCanary(kind, cage);
      void cage.ended.then(() => forget(key, folder));
      return cage;
    } catch (error) {
      log.warn("sandboxes of a kind cannot be made in advance: each start takes longer", { error: String(error) });
      removeFolder(folder, log);
      return undefined;
    }
  };
  const forget = (key: string, folder: string) => {
    if (!isClosed) log.warn("a nursery ended: the sandboxes that it made are gone, and are made anew when they are needed");
    const nursery = nurseries.get(key);
    nurseries.delete(key);
    for (const prepared of nursery?.ready.splice(0) ?? []) void prepared.destroy();
    removeFolder(folder, log);
  };
  const nurseryOf = (kind: Kind): Nursery => {
    const key = JSON.stringify(kind);
    const known = nurseries.get(key);
    if (known !== undefined) return known;
    const opened: Nursery = { kind, cage: open(key, kind), ready: [], making: new Set() };
    nurseries.set(key, opened);
    return opened;
  };
  const make = async (kind: Kind, cage: Cage, way = internet): Promise<PreparedSandbox> => {
    const listen = networks === undefined || kind.ports.length === 0 ? undefined : (pid: number) => networks.listen(pid, kind.ports);
    return prepareSandbox({ id: `prepared-${sandboxes++}`, kind, cage, cgroups, internet: way, listen, wall, log });
  };
  /** The first sandbox that a nursery makes is nobody's: a canary tries to get out of it. */
  const tryCanary = async (kind: Kind, cage: Cage) => {
    // It would see the device of a way out.
    const prepared = await make(kind, cage, NO_INTERNET);
    try {
      const opened = await (await prepared.hold.get()).open("canary", canaryProgram(secrets, isNetworkIsolated, kind.mounts.map(({ target }) => target)));
      opened.start();
      const faults = faultsOf(...(await Promise.all([text(opened.stdout), text(opened.stderr)])));
      if (faults.length === 0) return;
      await cage.close();
      throw new Error(faults.join("; "));
    } finally {
      await prepared.destroy();
    }
  };
  const refill = async (nursery: Nursery) => {
    const cage = await nursery.cage;
    while (cage !== undefined && !isClosed && nursery.ready.length + nursery.making.size < count) {
      const making = make(nursery.kind, cage);
      nursery.making.add(making);
      const prepared = await making.catch(complain);
      nursery.making.delete(making);
      if (prepared === undefined) return;
      nursery.ready.push(prepared);
    }
  };
  const complain = (error: unknown) => {
    if (!isClosed) log.warn("a sandbox could not be made in advance", { error: String(error) });
    return undefined;
  };
  const takeReady = (nursery: Nursery): PreparedSandbox | undefined => {
    while (nursery.ready.length > 0) {
      const prepared = nursery.ready.pop()!;
      if (!prepared.isOver) return prepared;
      void prepared.destroy();
    }
    return undefined;
  };

  return {
    async take(spec) {
      assert(!isClosed, "nothing is made by a driver that is closed");
      const { kind, own } = kindOf(spec, packages) ?? {};
      if (kind === undefined) return undefined;
      const nursery = nurseryOf(kind);
      wall.at(wall.now() + REFILL_MS, "nursery", () => void refill(nursery));
      const prepared = takeReady(nursery);
      if (prepared !== undefined) return { prepared, own: own! };
      const cage = await nursery.cage;
      const made = cage === undefined ? undefined : await make(nursery.kind, cage).catch(complain);
      return made === undefined ? undefined : { prepared: made, own: own! };
    },
    prepare(spec) {
      const { kind } = kindOf(spec, packages) ?? {};
      if (kind !== undefined) void refill(nurseryOf(kind));
    },
    prepared: () => ({ ready: [...nurseries.values()].reduce((sum, { ready }) => sum + ready.length, 0), wanted: nurseries.size * count }),
    async close() {
      isClosed = true;
      await Promise.all(
        [...nurseries.values()].map(async (nursery) => {
          const cage = await nursery.cage;
          await Promise.allSettled(nursery.making);
          await Promise.all(nursery.ready.splice(0).map((prepared) => prepared.destroy()));
          await cage?.close();
        }),
      );
    },
  };
};
