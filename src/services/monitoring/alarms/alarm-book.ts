import type { Timer } from "../../../kit/clock.ts";
import { newTrace } from "../../../kit/ids.ts";
import { createPatience, type Worker } from "../../../kit/patience.ts";
import { ALARMS_AT_ONCE } from "../../../kit/limits/metrics.ts";
import type { MonitoringNeeds } from "../needs.ts";
import { appendHistory, type HistoryItem } from "./alarm-history.ts";
import { listEveryAlarm, type Alarm } from "./alarm-rows.ts";
import { createChangeAlarm, type ChangeAlarm } from "./change-alarm.ts";
import { readDatapoints } from "./datapoints.ts";
import { evaluate } from "./evaluate.ts";
import { reasonData } from "./reasons.ts";

export interface AlarmBook extends Worker {
  /** After an alarm was made or changed: from now on it is looked at. */
  watch(alarm: Alarm): void;
  change: ChangeAlarm;
  /** Behind the work. */
  remember(items: readonly HistoryItem[]): void;
  /** Resolves when what is to be remembered can be read. */
  remembered(): Promise<unknown>;
  start(): Promise<void>;
  /** How often alarms are looked at just now, or are to be because that was due. */
  pending(): number;
  close(): Promise<void>;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/** Alarms of less than a minute are looked at so often, all others every minute ("Alarm evaluation"). */
const HIGH_RESOLUTION_MS = 10 * SECOND_MS;

const stepOf = ({ configuration }: Alarm): number => (configuration.metric.period * SECOND_MS < MINUTE_MS ? HIGH_RESOLUTION_MS : MINUTE_MS);

/** Alarms, looked at on the platform's clock: one timer for all of them, as long as there are some. */
export const createAlarmBook = (needs: MonitoringNeeds): AlarmBook => {
  const { store, history, metrics, clock, random, log } = needs;
  let timer: Timer | undefined;
  let dueAt = 0;
  let looking: Promise<void> | undefined;
  let isClosed = false;
  const patience = createPatience();
  const writing = new Set<Promise<void>>();

  const remember = (items: readonly HistoryItem[]) => {
    const written: Promise<void> = history
      .run(() => appendHistory(items, clock.now()), "behind")
      .catch((error: unknown) => log.warn("the history of an alarm could not be written", { error: String(error) }))
      .finally(() => writing.delete(written));
    writing.add(written);
  };
  const change = createChangeAlarm({ ...needs, remember });

  const look = async (alarm: Alarm, now: number): Promise<void> => {
    const found = evaluate(alarm, await readDatapoints(history, alarm, now - (now % stepOf(alarm))));
    if (found === undefined || found.value === alarm.state.value) return;
    const { configuredAt, state } = alarm;
    // What was changed meanwhile is looked at anew.
    const isMeant = (there: Alarm) => there.configuredAt === configuredAt && there.state.updatedAt === state.updatedAt;
    await change(alarm, alarm.name, { value: found.value, reason: found.reason, reasonData: reasonData(alarm, found, now) }, newTrace(random, now), isMeant);
  };
  const lookAt = async (alarms: readonly Alarm[], now: number): Promise<void> => {
    await metrics.flush();
    for (let from = 0; from < alarms.length; from += ALARMS_AT_ONCE) {
      await Promise.all(
        alarms.slice(from, from + ALARMS_AT_ONCE).map((alarm) => look(alarm, now).catch((error: unknown) => log.error("an alarm could not be looked at; it is the next time", { alarm: alarm.name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }))),
      );
    }
  };

  const nextLook = (alarm: Alarm): number => {
    const [now, step] = [clock.now(), stepOf(alarm)];
    return now - (now % step) + step;
  };
  /** A look that is planned already stays, unless it comes too late. */
  const plan = (at: number) => {
    if (isClosed || (timer !== undefined && dueAt <= at)) return;
    timer?.cancel();
    dueAt = at;
    timer = clock.at(at, "alarms", () => {
      timer = undefined;
      const look = Promise.resolve(looking).then(() => lookAtDue(at)).finally(() => (looking = looking === look ? undefined : looking));
      return (looking = look);
    });
  };
  const planAll = (alarms: readonly Alarm[]) => {
    if (alarms.length > 0) plan(Math.min(...new Set(alarms.map(nextLook))));
  };
  const lookAtDue = async (due: number): Promise<void> => {
    try {
      const alarms = await store.read(listEveryAlarm);
      await lookAt(alarms.filter((alarm) => due % stepOf(alarm) === 0), due);
      planAll(alarms);
    } catch (error) {
      log.error("alarms could not be looked at; they are the next time", { error: String(error) });
      plan(due + MINUTE_MS);
    }
  };

  return {
    watch: (alarm) => plan(nextLook(alarm)),
    change,
    remember,
    remembered: () => Promise.all(writing),
    start: async () => planAll(await store.read(listEveryAlarm)),
    rest: () => patience(looking === undefined ? [] : [looking]),
    pending: () => (looking === undefined ? 0 : 1),
    async close() {
      isClosed = true;
      timer?.cancel();
      await looking;
      await Promise.all(writing);
    },
  };
};
