import type { Clock, Timer } from "./clock.ts";
import { createPatience, type Worker } from "./patience.ts";

/** Starts what is due, again and again: when it is poked, when something falls due, when something that it started has ended. */
export interface DueLoop extends Worker {
  /** There may be something to start. Resolves when all that is due has been started. */
  poke(): Promise<void>;
  readonly inFlight: number;
  /** Resolves when what has just ended has its next timer set. */
  settled(): Promise<void>;
  /** Starts nothing more. Resolves with what still runs. */
  stop(): Promise<readonly Promise<void>[]>;
}

interface Needs {
  clock: Clock;
  /** Of the timers. */
  name: string;
  inFlightMax: number;
  /** Takes at most `room` of what is due at `now`, as work that has begun. */
  startDue(now: number, room: number): Promise<readonly Promise<void>[]>;
  /** When the next falls due after `now`; undefined when nothing does. */
  nextDueAt(now: number): Promise<number | undefined>;
  /** What is due could not be read: for how long to wait, in milliseconds. */
  onFailure(error: unknown): number;
}

export const createDueLoop = ({ clock, name, inFlightMax, startDue, nextDueAt, onFailure }: Needs): DueLoop => {
  const running = new Set<Promise<void>>();
  const patience = createPatience();
  let timer: Timer | undefined;
  let filling: Promise<void> | undefined;
  let isPoked = false;
  let isStopped = false;

  const setTimer = (at: number | undefined, fire: () => unknown) => {
    timer?.cancel();
    timer = at === undefined || isStopped ? undefined : clock.at(at, name, fire);
  };
  /** Resolves with the moment up to which what is due was looked for. */
  const startAll = async (): Promise<number> => {
    let now = clock.now();
    while (isPoked && !isStopped) {
      isPoked = false;
      now = clock.now();
      const room = inFlightMax - running.size;
      if (room <= 0) break;
      const started = await startDue(now, room);
      for (const work of started) {
        const one = work.finally(() => {
          running.delete(one);
          void poke();
        });
        running.add(one);
      }
      if (started.length > 0) isPoked = true;
    }
    return now;
  };
  const fill = async () => {
    try {
      const now = await startAll();
      // From that moment on, not from this one: what fell due between the two would wait for the next poke.
      const next = isStopped ? undefined : await nextDueAt(now);
      // The clock, when it is advanced, waits for what falls due to have been begun, and for the timer of what comes next; until it has run, whoever moves the clock (`rest`).
      setTimer(next, async () => {
        await poke();
        await filling;
      });
    } catch (error) {
      isPoked = false;
      setTimer(clock.now() + onFailure(error), poke);
    }
    filling = undefined;
    if (isPoked && !isStopped) return poke();
  };
  const poke = async (): Promise<void> => {
    if (isStopped) return;
    isPoked = true;
    return (filling ??= fill());
  };

  return {
    poke,
    get inFlight() { return running.size; },
    settled: async () => filling,
    async rest() {
      const wasFilling = await patience(filling === undefined ? [] : [filling]);
      return (await patience(running)) || wasFilling;
    },
    async stop() {
      isStopped = true;
      timer?.cancel();
      await filling;
      return [...running];
    },
  };
};
