import { ApiError } from "./kit/api-error.ts";
import { createClockAhead, type AdvanceableClock, type FiredTimer } from "./kit/clock.ts";
import { createRest, type Worker } from "./kit/patience.ts";
import { sql, sqlOne, type Operation, type Store } from "./store/store.ts";

export interface PlatformTime {
  /** Moves it forward by milliseconds, waiting at each moment until what is due in it is done. Rejects with ApiError when it cannot stand there, or the server ends. */
  advance(ms: number): Promise<FiredTimer[]>;
  /** The next start begins with the wall's time: what runs must not see time go back. */
  reset(): Promise<void>;
  /** Moves that have not ended. */
  readonly moves: number;
}

/** AWS writes years with four digits. */
const LATEST = Date.UTC(10_000, 0) - 1;

function* readAhead(): Operation<number> {
  return ((yield* sqlOne("select ahead_ms from platform_clock"))?.["ahead_ms"] as number | undefined) ?? 0;
}

function* writeAhead(ms: number): Operation<void> {
  yield* sql("insert into platform_clock (one, ahead_ms) values (1, ?) on conflict (one) do update set ahead_ms = excluded.ahead_ms", ms);
}

/** The platform's clock, as far ahead as an earlier process has moved it: time never goes back, or what is on the disk would be due in the future. */
export const loadClock = async (store: Store): Promise<AdvanceableClock> => createClockAhead(await store.read(readAhead));

interface Needs {
  store: Store;
  clock: AdvanceableClock;
  /** What has work that falls due. */
  workers: readonly Worker[];
}

export const createPlatformTime = ({ store, clock, workers }: Needs): PlatformTime => {
  let moves = 0;
  let last: Promise<unknown> = Promise.resolve();

  /** One at a time: two at once would move time under each other's feet. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
  const move = async (ms: number): Promise<FiredTimer[]> => {
    const target = clock.now() + ms;
    if (target > LATEST) throw new ApiError("ValidationException", "the clock would stand beyond the year 9999: lambdad clock reset and a new start bring it back to the wall's time", { status: 400 });
    // Before anything is written in the time to come: a crash may leave the clock further on than what is written, never behind it.
    await store.run(() => writeAhead(clock.aheadMs + ms));
    const fired = await clock.advance(ms, createRest(workers)).finally(() => store.run(() => writeAhead(clock.aheadMs)));
    if (clock.now() < target) throw new ApiError("ServiceUnavailableException", `the server ends: its clock was moved to ${new Date(clock.now()).toISOString()}, and no further`, { status: 503 });
    return fired;
  };

  return {
    async advance(ms) {
      moves++;
      try {
        return await inTurn(() => move(ms));
      } finally {
        moves--;
      }
    },
    reset: () => inTurn(() => store.run(() => sql("delete from platform_clock"))).then(() => undefined),
    get moves() { return moves; },
  };
};
