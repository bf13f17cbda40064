import type { Trace } from "../../../kit/ledger.ts";
import type { Operation } from "../../../store/store.ts";
import type { MonitoringNeeds } from "../needs.ts";
import { actionsOf, deliveriesOf } from "./actions.ts";
import { changeItem, type HistoryItem } from "./alarm-history.ts";
import { alarmArn, findAlarm, writeAlarm, type Alarm, type Place, type StateOfAlarm } from "./alarm-rows.ts";
import type { Change } from "./messages.ts";

export type NewState = Pick<StateOfAlarm, "value" | "reason" | "reasonData">;

/** Gives an alarm a state, if it still is the one that is meant. Resolves with the alarm as it is then; undefined when it is not there, or another. */
export type ChangeAlarm = (place: Place, name: string, state: NewState, trace: Trace, isMeant?: (alarm: Alarm) => boolean) => Promise<Alarm | undefined>;

type Needs = Pick<MonitoringNeeds, "store" | "outbox" | "clock" | "random" | "ledger"> & { remember(items: readonly HistoryItem[]): void };

/** In one commit: the state, the event that tells of it, and the alarm's actions. */
export const createChangeAlarm = ({ store, outbox, clock, random, ledger, remember }: Needs): ChangeAlarm => {
  const tell = ({ alarm, before }: Change, trace: Trace) => {
    const { account, region, name, state } = alarm;
    const arn = alarmArn(alarm, name);
    const summary = `the alarm ${name} goes from ${before.value} to ${state.value}: ${state.reason}`;
    ledger.record({ traceId: trace.id, kind: "event", account, region, keys: [name, arn], summary, detail: { alarm: arn, state: state.value, previousState: before.value, actions: alarm.configuration.actionsEnabled ? actionsOf(alarm) : [] } });
  };

  return async (place, name, state, trace, isMeant = () => true) => {
    const now = clock.now();
    // Run again, the commit makes the same deliveries.
    const ids: string[] = [];
    function* commit(): Operation<{ made: Change; isAnother: boolean } | undefined> {
      const alarm = yield* findAlarm(place, name);
      if (alarm === undefined || !isMeant(alarm)) return undefined;
      const isAnother = alarm.state.value !== state.value;
      const made: Change = { alarm: { ...alarm, state: { ...state, updatedAt: now, transitionedAt: isAnother ? now : alarm.state.transitionedAt } }, before: alarm.state };
      yield* writeAlarm(made.alarm);
      let next = 0;
      const nextId = () => (ids[next++] ??= random.uuid());
      if (isAnother) for (const delivery of deliveriesOf(made, trace, nextId)) yield* outbox.enqueue(delivery);
      return { made, isAnother };
    }
    const changed = await store.run(commit);
    if (changed === undefined) return undefined;
    const { made, isAnother } = changed;
    if (isAnother) {
      // Ahead of what becomes of its actions.
      remember([changeItem(made)]);
      outbox.poke();
      tell(made, trace);
    }
    return made.alarm;
  };
};
