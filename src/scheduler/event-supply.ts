import { createDueRows } from "../kit/due-rows.ts";
import { createHandover } from "../kit/handover.ts";
import { ASYNC_HANDED_OVER_BYTES_MAX, ASYNC_HANDED_OVER_MAX, ASYNC_HANDED_OVER_PER_FUNCTION_MAX, ASYNC_IN_FLIGHT_PER_FUNCTION_MAX } from "../kit/limits/lambda.ts";
import type { Tally } from "../kit/tally.ts";
import type { Store } from "../store/store.ts";
import { claimFairly, functionKey, nextEventAt, type Leased } from "./event-rows.ts";
import type { QueuedInvocation } from "./scheduler.ts";

/** Which events run next. One that comes when nothing is waiting goes from memory to its run; the others wait on the disk, and are leased by many at a time. */
export interface EventSupply {
  /** Whether this one, which is about to be written, shall be handed over when it is. Else `onDisk` is to be called. */
  isOpenTo(event: QueuedInvocation): boolean;
  handOver(event: Leased): void;
  /** It waits on the disk, and is due at once. */
  onDisk(event: QueuedInvocation): void;
  /** Something falls due later. */
  later(): void;
  /** At most `room` events, whose functions have room for them. */
  next(now: number, room: number): Promise<Leased[]>;
  nextDueAt(now: number): Promise<number | undefined>;
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
  /** Functions that may have more on the disk than they have room for. */
  const full = new Set<string>();

  const roomToRun = (key: string): number => ASYNC_IN_FLIGHT_PER_FUNCTION_MAX - running.of(key);
  /** None before half of what waited has begun: so many are leased in one commit. */
  const roomToWait = (key: string): number => {
    const room = ASYNC_HANDED_OVER_PER_FUNCTION_MAX - running.of(key) - handover.of(key);
    return room * 4 < ASYNC_HANDED_OVER_PER_FUNCTION_MAX ? 0 : room;
  };
  const isRoomFor = (key: string): boolean => running.of(key) + handover.of(key) < ASYNC_HANDED_OVER_PER_FUNCTION_MAX;

  const claim = async (now: number) => {
    for (const key of full) {
      if (roomToWait(key) === 0) continue;
      full.delete(key);
      rows.now();
    }
    const events = await rows.read(now, async () => {
      const claimed = await store.run(() => claimFairly(now, { count: ASYNC_HANDED_OVER_MAX - handover.count, bytes: ASYNC_HANDED_OVER_BYTES_MAX, of: roomToWait }, leaseToken));
      for (const key of claimed.full) full.add(key);
      return { rows: claimed.events, isAll: claimed.isAll };
    });
    for (const event of events) handover.put(event);
  };

  return {
    isOpenTo: (event) => !rows.mayBe && !full.has(functionKey(event)) && isRoomFor(functionKey(event)) && handover.hasRoom(event.payload.length),
    handOver: (event) => handover.put(event),
    onDisk(event) {
      if (!full.has(functionKey(event))) rows.now();
    },
    later: () => rows.later(),
    async next(now, room) {
      const waiting = handover.take(room, roomToRun);
      if (waiting.length > 0) return waiting;
      await claim(now);
      return handover.take(room, roomToRun);
    },
    nextDueAt: (now) => rows.nextAt(now),
  };
};
