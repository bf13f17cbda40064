import { createDueRows } from "../kit/due-rows.ts";
import { createHandover } from "../kit/handover.ts";
import { ASYNC_HANDED_OVER_BYTES_MAX, ASYNC_HANDED_OVER_MAX, ASYNC_HANDED_OVER_PER_FUNCTION_MAX, ASYNC_IN_FLIGHT_MAX, ASYNC_IN_FLIGHT_PER_FUNCTION_MAX } from "../kit/limits/lambda.ts";
import { createTally, type Tally } from "../kit/tally.ts";
import type { Store } from "../store/store.ts";
import { claimFairly, functionKey, nextEventAt, type Leased } from "./event-rows.ts";
import type { QueuedInvocation } from "./scheduler.ts";

/** Which events run next. One that comes when nothing is waiting goes from memory to its run; the others wait on the disk, and are leased by many at a time. */
export interface EventSupply {
  /** Keeps a place for one that is about to be written. Undefined where there is none: when it is written, `onDisk` is to be called. */
  reserve(event: QueuedInvocation): Place | undefined;
  /** It waits on the disk, and is due at once. */
  onDisk(event: QueuedInvocation): void;
  /** Something falls due later. */
  later(): void;
  /** At most `room` events, whose functions have room for them. Where ASYNC_IN_FLIGHT_MAX run already, the first one of functions that have none running. */
  next(now: number, room: number): Promise<Leased[]>;
  nextDueAt(now: number): Promise<number | undefined>;
}

/** To be given up, or taken. */
export interface Place {
  giveUp(): void;
  handOver(event: Leased): void;
}

interface Needs {
  store: Store;
  /** How many run, by function. */
  running: Tally<string>;
  leaseToken: string;
}

export const createEventSupply = ({ store, running, leaseToken }: Needs): EventSupply => {
  const handover = createHandover<Leased>({ keyOf: functionKey, bytesOf: ({ payload }) => payload.length, countMax: ASYNC_HANDED_OVER_MAX, bytesMax: ASYNC_HANDED_OVER_BYTES_MAX });
  const rows = createDueRows((now) => store.read(() => nextEventAt(now)));
  /** Places that are kept, by function, and bytes of those who are to have them: many may be written at once. */
  const reserved = createTally<string>();
  let reservedBytes = 0;
  /** A function without anything in memory has something on the disk: those that have would go on by turns without it. */
  let isAbsentWaiting = false;
  /** Functions that may have more on the disk than they have room for. */
  const full = new Set<string>();

  const inMemory = (key: string): number => running.of(key) + handover.of(key) + reserved.of(key);
  const roomToRun = (key: string): number => ASYNC_IN_FLIGHT_PER_FUNCTION_MAX - running.of(key);
  const take = (room: number): Leased[] => {
    const taken = handover.take(Math.min(room, ASYNC_IN_FLIGHT_MAX - running.total), roomToRun);
    return taken.length > 0 ? taken : handover.take(room, (key) => (running.of(key) === 0 ? 1 : 0));
  };
  const bytesLeft = (): number => Math.max(0, ASYNC_HANDED_OVER_BYTES_MAX - handover.bytes - reservedBytes);
  /** None before half of what waited has begun: so many are leased in one commit. Where there are no bytes left, one for those that have none. */
  const roomToWait = (key: string): number => {
    if (bytesLeft() === 0 && handover.of(key) > 0) return 0;
    const room = ASYNC_HANDED_OVER_PER_FUNCTION_MAX - inMemory(key);
    return room * 4 < ASYNC_HANDED_OVER_PER_FUNCTION_MAX ? 0 : room;
  };
  const isOpenTo = (key: string, bytes: number): boolean =>
    !rows.mayBe && !full.has(key) && inMemory(key) < ASYNC_HANDED_OVER_PER_FUNCTION_MAX && handover.count + reserved.total < ASYNC_HANDED_OVER_MAX && handover.hasRoom(reservedBytes + bytes);

  const claim = async (now: number) => {
    for (const key of full) {
      if (roomToWait(key) === 0) continue;
      full.delete(key);
      rows.now();
    }
    const events = await rows.read(now, async () => {
      const claimed = await store.run(() => claimFairly(now, { count: ASYNC_HANDED_OVER_MAX - handover.count - reserved.total, bytes: bytesLeft(), of: roomToWait, isAbsent: (key) => inMemory(key) === 0 }, leaseToken));
      for (const key of claimed.full) full.add(key);
      return { rows: claimed.events, isAll: claimed.isAll };
    });
    for (const event of events) handover.put(event);
  };

  return {
    reserve(event) {
      const [key, bytes] = [functionKey(event), event.payload.length];
      if (!isOpenTo(key, bytes)) return undefined;
      reserved.add(key);
      reservedBytes += bytes;
      const giveUp = () => {
        reserved.remove(key);
        reservedBytes -= bytes;
      };
      return {
        giveUp,
        handOver(leased) {
          giveUp();
          handover.put(leased);
        },
      };
    },
    onDisk(event) {
      const key = functionKey(event);
      if (inMemory(key) === 0) isAbsentWaiting = true;
      if (!full.has(key)) rows.now();
    },
    later: () => rows.later(),
    async next(now, room) {
      if (isAbsentWaiting || rows.isOverdue(now)) {
        isAbsentWaiting = false;
        await claim(now);
      }
      const waiting = take(room);
      if (waiting.length > 0) return waiting;
      await claim(now);
      return take(room);
    },
    nextDueAt: (now) => rows.nextAt(now),
  };
};
