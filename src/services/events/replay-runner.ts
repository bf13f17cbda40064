import { createActivity } from "../../kit/activity.ts";
import { newTrace } from "../../kit/ids.ts";
import { DELIVERY_BACKOFF_MS_MAX } from "../../kit/limits/deliveries.ts";
import { EVENT_COMMIT_CHARACTERS_MAX, REPLAY_HOLD_MS } from "../../kit/limits/events.ts";
import type { Worker } from "../../kit/patience.ts";
import { sqlOne, type Operation } from "../../store/store.ts";
import { isWorthWriting, type Acceptance, type Accepted } from "./accept.ts";
import { eventsAfter, type ArchivedEvent } from "./archive-rows.ts";
import { readEvent, withReplayName, type BusEvent } from "./event.ts";
import { parseBusArn } from "./names.ts";
import type { EventsNeeds } from "./needs.ts";
import { createReplayBacklog } from "./replay-backlog.ts";
import { findReplay, isOver, listReplaysAtWork, replayArn, saveReplay, type Replay, type StoredReplay } from "./replay-rows.ts";

export interface ReplayRunner extends Worker {
  /** Runs it until it is over, unless it runs already. */
  run(replay: Omit<Replay, "body">): void;
  /** Goes on with what an earlier process left. */
  start(): Promise<void>;
  pending(): number;
  close(): Promise<void>;
}

type Needs = Pick<EventsNeeds, "store" | "clock" | "wall" | "random" | "ledger" | "log"> & { acceptance: Acceptance };

/** Before all events of that time, whatever their ids. */
const startOf = ({ from, last }: StoredReplay) => last ?? { at: from, eventId: "" };

/** Replays events of archives, some in one commit with how far the replay is: what was committed is not replayed again by the next process. */
export const createReplayRunner = ({ store, clock, wall, random, ledger, log, acceptance }: Needs): ReplayRunner => {
  const running = new Map<string, Promise<void>>();
  const activity = createActivity();
  let isClosed = false;
  let wake: () => void = () => {};
  const closing = new Promise<void>((resolve) => (wake = resolve));

  const again = ({ json, isForwarded }: ArchivedEvent, replayName: string): BusEvent => ({
    ...readEvent(json), json: withReplayName(json, replayName), ingestedAt: clock.now(), trace: newTrace(random, clock.now()), isForwarded, replayName,
  });
  const tellEnd = (replay: Omit<Replay, "body">, { state, stateReason }: StoredReplay) =>
    ledger.record({
      traceId: newTrace(random, clock.now()).id, kind: state === "FAILED" ? "drop" : "notice", account: replay.account, region: replay.region,
      keys: [replay.name, replayArn(replay, replay.name)],
      summary: `the replay ${replay.name} is ${state.toLowerCase()}${stateReason === undefined ? "" : `: ${stateReason}`}`,
      detail: { replay: replayArn(replay, replay.name), state },
    });

  /** Undefined when it has gone: nobody replays it. */
  function* advance(replay: Omit<Replay, "body">, before: StoredReplay, batch: readonly ArchivedEvent[], accepted: readonly Accepted[]): Operation<StoredReplay | undefined> {
    const now = yield* findReplay(replay, replay.name);
    if (now === undefined || isOver(now)) return undefined;
    const ended = { ...now, endedAt: clock.now() };
    let after: StoredReplay;
    if (now.state === "CANCELLING") after = { ...ended, state: "CANCELLED" };
    else if ((yield* sqlOne("select 1 from event_archive where id = ? and is_gone = 0", now.archiveId)) === undefined) after = { ...ended, state: "FAILED", stateReason: "The archive was deleted." };
    else if (now.last?.eventId !== before.last?.eventId || now.last?.at !== before.last?.at) return undefined;
    else if (batch.length === 0) after = { ...ended, state: "COMPLETED" };
    else {
      if (accepted.some(isWorthWriting)) yield* acceptance.write(accepted);
      const { at, eventId } = batch.at(-1)!;
      after = { ...now, state: "RUNNING", last: { at, eventId } };
    }
    yield* saveReplay(replay, after);
    return after;
  }
  /** @returns Ids of the deliveries that were written; undefined when there is no more to be done. */
  const step = async (replay: Omit<Replay, "body">): Promise<string[] | undefined> => {
    const { before, batch } = await store.read(function* () {
      const found = yield* findReplay(replay, replay.name);
      return { before: found, batch: found === undefined || isOver(found) ? [] : yield* eventsAfter(found.archiveId, startOf(found), found.until) };
    });
    if (before === undefined || isOver(before)) return undefined;
    const bus = parseBusArn(before.destinationArn)!;
    const options = before.filterArns === undefined ? {} : { onlyRules: new Set(before.filterArns) };
    const accepted: Accepted[] = [];
    let room = EVENT_COMMIT_CHARACTERS_MAX;
    for (const event of batch) {
      const planned = await acceptance.plan(bus, again(event, replay.name), { ...options, ...(accepted.length === 0 ? {} : { room }) });
      // It comes with the next commit. The first one has all the room that there is.
      if (planned.tooMuch === "delivering" && accepted.length > 0) break;
      accepted.push(planned);
      room -= planned.characters;
    }
    const after = await store.run(() => advance(replay, before, batch.slice(0, accepted.length), accepted));
    if (after === undefined) return undefined;
    if (after.state !== "RUNNING") {
      tellEnd(replay, after);
      return undefined;
    }
    acceptance.announce(accepted, [replay.name]);
    return accepted.flatMap(({ deliveries }) => deliveries.map(({ id }) => id));
  };
  const pause = (timer: Promise<void>) => Promise.race([closing, timer]);
  const runAll = async (replay: Omit<Replay, "body">) => {
    const backlog = createReplayBacklog({ store });
    while (!isClosed) {
      const task = activity.begin();
      try {
        // One that is cancelled ends at once.
        if ((await backlog.isTooLong()) && (await store.read(() => findReplay(replay, replay.name)))?.state === "RUNNING") {
          await pause(wall.sleep(REPLAY_HOLD_MS));
          continue;
        }
        const written = await step(replay);
        if (written === undefined) return;
        backlog.add(written);
        await new Promise(setImmediate);
      } catch (error) {
        log.error("a replay could not go on; it does later", { replay: replay.name, error: String(error) });
        await task.resting(pause(clock.sleep(DELIVERY_BACKOFF_MS_MAX)));
      } finally {
        task.pause();
      }
    }
  };
  const run: ReplayRunner["run"] = ({ account, region, name }) => {
    const key = replayArn({ account, region }, name);
    if (running.has(key)) return;
    running.set(key, runAll({ account, region, name }).finally(() => running.delete(key)));
  };

  return {
    run,
    async start() {
      for (const replay of await store.read(listReplaysAtWork)) run(replay);
    },
    rest: activity.rest,
    pending: () => running.size,
    async close() {
      isClosed = true;
      wake();
      await Promise.all(running.values());
    },
  };
};
