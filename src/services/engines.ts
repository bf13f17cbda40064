import { once, type Once } from "../kit/once.ts";
import { restAll, type Worker } from "../kit/patience.ts";
import type { Store } from "../store/store.ts";
import type { Engine } from "../kit/engine.ts";
import { isEventsUsed } from "./events/is-used.ts";
import { isMonitoringUsed } from "./monitoring/alarms/is-used.ts";
import { isPipesUsed } from "./pipes/is-used.ts";
import { isSchedulerUsed } from "./scheduler/is-used.ts";
import { isSqsUsed } from "./sqs/is-used.ts";

type EngineNeeds = Parameters<typeof import("./sqs/parts.ts").createSqs>[0] &
  Parameters<typeof import("./events/parts.ts").createEvents>[0] &
  Parameters<typeof import("./scheduler/parts.ts").createSchedules>[0] &
  Parameters<typeof import("./sns/parts.ts").createSns>[0] &
  Parameters<typeof import("./monitoring/parts.ts").createMonitoring>[0] &
  Parameters<typeof import("./pipes/parts.ts").createPipes>[0] & { store: Store };

const started = <E extends Engine<unknown>>(load: () => Promise<E>): Once<E> =>
  once(async () => {
    const engine = await load();
    try {
      await engine.start();
    } catch (error) {
      // The next request makes another one.
      await engine.close();
      throw error;
    }
    return engine;
  });

/** The services that do something by themselves. What nobody has used yet is not loaded: its modules would be a good part of every start. */
export const createEngines = (needs: EngineNeeds) => {
  const engines = {
    sqs: started(async () => (await import("./sqs/parts.ts")).createSqs(needs)),
    events: started(async () => (await import("./events/parts.ts")).createEvents(needs)),
    scheduler: started(async () => (await import("./scheduler/parts.ts")).createSchedules(needs)),
    sns: started(async () => (await import("./sns/parts.ts")).createSns(needs)),
    monitoring: started(async () => (await import("./monitoring/parts.ts")).createMonitoring(needs)),
    pipes: started(async () => (await import("./pipes/parts.ts")).createPipes(needs)),
  };
  const used = { sqs: isSqsUsed, events: isEventsUsed, scheduler: isSchedulerUsed, monitoring: isMonitoringUsed, pipes: isPipesUsed };
  const loaded = async (): Promise<Engine<unknown>[]> => (await Promise.all(Object.values(engines).map((engine) => engine.asked()?.catch(() => undefined)))).filter((engine) => engine !== undefined);
  return {
    engines,
    /** Loads what has something to do. */
    async start() {
      for (const [name, isUsed] of Object.entries(used)) if (await needs.store.read(isUsed)) await engines[name as keyof typeof engines]();
    },
    async pending(): Promise<number> {
      const counts = await Promise.all((await loaded()).map(async (engine) => (await engine.pending?.()) ?? 0));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    rest: async (): Promise<boolean> => restAll((await loaded()).filter((engine): engine is Engine<unknown> & Worker => engine.rest !== undefined)),
    /** Pipes receive nothing more, and their batches at work have `graceMs`. */
    stopPipes: async (graceMs: number) => (await engines.pipes.asked())?.stop(graceMs),
    /** Whoever waits for messages is told that there are none. */
    endPolls: async () => (await engines.sqs.asked())?.endPolls(),
    async close() {
      for (const engine of (await loaded()).toReversed()) await engine.close();
    },
  };
};

export type Engines = ReturnType<typeof createEngines>["engines"];
