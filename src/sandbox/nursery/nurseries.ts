import { join } from "node:path";
import { assert } from "../../kit/assert.ts";
import type { Timer } from "../../kit/clock.ts";
import { NURSERY_IDLE_MS } from "../../kit/limits/runtime.ts";
import { removeFolder } from "../remove-folder.ts";
import type { Mount, SandboxSpec } from "../sandbox.ts";
import { kindOf, type Kind } from "./kind.ts";
import { createNursery, type Nursery, type NurseryNeeds } from "./nursery.ts";
import type { PreparedSandbox } from "./prepared.ts";

/** Sandboxes that are made in advance, of each kind that was asked for of late. */
export interface Nurseries {
  /** One that is nobody else's; undefined where none can be prepared, and one has to be made as ever. */
  take(spec: SandboxSpec): Promise<{ prepared: PreparedSandbox; own: Mount[] } | undefined>;
  /** It will be asked for soon. */
  prepare(spec: SandboxSpec): void;
  prepared(): { ready: number; wanted: number };
  close(): Promise<void>;
}

interface Needs extends NurseryNeeds {
  /** Holds a folder for each. */
  directory: string;
}

interface Kept {
  nursery: Nursery;
  /** Looks whether anybody has asked for it since. */
  retiring: Timer;
}

/** Behind the start that asked: it shall not have to share the CPU. */
const REFILL_MS = 20;
const OPEN_MS = 500;

export const createNurseries = ({ directory, ...needs }: Needs): Nurseries => {
  const { packages, wall, log } = needs;
  // Of a server that was killed.
  removeFolder(directory, log);
  const kept = new Map<string, Kept>();
  const leaving = new Set<Promise<void>>();
  let folders = 0;
  let sandboxes = 0;
  let isClosed = false;

  const open = (key: string, kind: Kind): Nursery =>
    createNursery({
      ...needs, kind,
      folder: join(directory, `nursery-${folders++}`),
      sandboxId: () => `prepared-${sandboxes++}`,
      onEnded: () => forget(key),
    });
  const forget = (key: string): Nursery | undefined => {
    const one = kept.get(key);
    one?.retiring.cancel();
    kept.delete(key);
    return one?.nursery;
  };
  /** Who is not asked for, and has nothing that is somebody's, goes: it holds an interpreter, and what waits. */
  const retireLater = (key: string, nursery: Nursery): Timer =>
    wall.at(wall.now() + NURSERY_IDLE_MS, "idle nursery", () => {
      if (!nursery.isIdle) return void keep(key, nursery);
      forget(key);
      const left = nursery.close().finally(() => leaving.delete(left));
      leaving.add(left);
    });
  const keep = (key: string, nursery: Nursery): Nursery => {
    kept.get(key)?.retiring.cancel();
    kept.set(key, { nursery, retiring: retireLater(key, nursery) });
    return nursery;
  };
  const known = (kind: Kind, key = JSON.stringify(kind)): Nursery | undefined => {
    const one = kept.get(key);
    return one === undefined ? undefined : keep(key, one.nursery);
  };
  const nurseryOf = (kind: Kind): Nursery => {
    const key = JSON.stringify(kind);
    return known(kind, key) ?? keep(key, open(key, kind));
  };

  const prepare = (spec: SandboxSpec): void => {
    const found = kindOf(spec, packages);
    if (found !== undefined && !isClosed) void nurseryOf(found.kind).refill();
  };
  /** A nursery takes longer to open than a sandbox to be made. */
  const openLater = (spec: SandboxSpec): undefined => void wall.at(wall.now() + OPEN_MS, "nursery", () => prepare(spec));

  return {
    async take(spec) {
      assert(!isClosed, "nothing is made by a driver that is closed");
      const found = kindOf(spec, packages);
      if (found === undefined) return undefined;
      const nursery = known(found.kind);
      if (nursery === undefined) return openLater(spec);
      wall.at(wall.now() + REFILL_MS, "nursery", () => void nursery.refill());
      const prepared = await nursery.take();
      return prepared === undefined ? undefined : { prepared, own: found.own };
    },
    prepare,
    prepared() {
      const all = [...kept.values()].map(({ nursery }) => nursery);
      return { ready: all.reduce((sum, { ready }) => sum + ready, 0), wanted: all.reduce((sum, { wanted }) => sum + wanted, 0) };
    },
    async close() {
      isClosed = true;
      await Promise.all([...leaving, ...[...kept.keys()].map((key) => forget(key)!.close())]);
    },
  };
};
