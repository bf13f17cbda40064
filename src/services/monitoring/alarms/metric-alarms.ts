import { ALARM_TAGS_MAX, ALARMS_MAX } from "../../../kit/limits/metrics.ts";
import { sqlOne, type Operation } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { alarmNotFound, invalidFormat, invalidValue, limitExceeded } from "../errors.ts";
import type { MonitoringHandlers, MonitoringParts } from "../needs.ts";
import { configurationEvent } from "./actions.ts";
import { configurationItem } from "./alarm-history.ts";
import { deleteAlarm, findAlarm, writeAlarm, type Alarm, type Place } from "./alarm-rows.ts";
import { checkTags } from "./alarm-tags.ts";
import { readAlarm } from "./check-alarm.ts";
import type { Configured } from "./messages.ts";

const INITIAL = "Unchecked: Initial alarm creation";

function* refuseTooMany({ account, region }: Place): Operation<void> {
  const row = yield* sqlOne("select count(*) as n from metric_alarm where account = ? and region = ?", account, region);
  if (Number(row!["n"]) >= ALARMS_MAX) throw limitExceeded(`There are ${ALARMS_MAX} alarms in this account and region already.`);
}

const WORDS = { create: "Create", update: "Update", delete: "Delete" } as const;

/** Alarms are made, changed and deleted ("PutMetricAlarm" and others, API reference). In the commit of each is the event that tells of it. */
export const metricAlarmHandlers = ({ state: store, outbox, clock, random, alarms }: MonitoringParts) => {
  /** Each alarm of some names that a step finds something to do with, in one commit. Resolves with what was done. */
  const configure = async (names: readonly string[], { trace }: RequestContext, step: (name: string, now: number) => Operation<Configured | undefined>): Promise<Configured[]> => {
    const now = clock.now();
    // Run again, the commit makes the same deliveries.
    const wanted = [...new Set(names)].map((name) => ({ name, eventId: random.uuid() }));
    const done = await store.run(function* () {
      const all: Configured[] = [];
      for (const { name, eventId } of wanted) {
        const configured = yield* step(name, now);
        if (configured === undefined) continue;
        all.push(configured);
        yield* outbox.enqueue(configurationEvent(configured, now, trace, eventId));
      }
      return all;
    });
    if (done.length > 0) {
      outbox.poke();
      alarms.remember(done.map(({ alarm, operation }) => configurationItem(alarm, WORDS[operation], now)));
    }
    return done;
  };

  const enable = async (names: readonly string[], actionsEnabled: boolean, context: RequestContext) => {
    await configure(names, context, function* (name, now) {
      const before = yield* findAlarm(context, name);
      if (before === undefined || before.configuration.actionsEnabled === actionsEnabled) return undefined;
      const alarm: Alarm = { ...before, configuredAt: now, configuration: { ...before.configuration, actionsEnabled } };
      yield* writeAlarm(alarm);
      return { operation: "update", alarm, before };
    });
    return {};
  };

  return {
    /** A new one is INSUFFICIENT_DATA until it is looked at; one that is there keeps its state, and its tags. */
    async PutMetricAlarm(input, context) {
      const configuration = await readAlarm(input, context);
      const tags = Object.fromEntries((input.Tags ?? []).map(({ Key, Value }) => [Key!, Value!]));
      checkTags(tags);
      if ((input.Tags ?? []).length > ALARM_TAGS_MAX) throw invalidValue(`The collection Tags must not have a size greater than ${ALARM_TAGS_MAX}.`);
      const { account, region } = context;
      const metricId = random.uuid();
      const [put] = await configure([input.AlarmName!], context, function* (name, now) {
        const before = yield* findAlarm(context, name);
        if (before === undefined) yield* refuseTooMany(context);
        const initial = { value: "INSUFFICIENT_DATA" as const, reason: INITIAL, updatedAt: now, transitionedAt: now };
        const alarm: Alarm = { account, region, name, metricId, configuredAt: now, configuration, state: before?.state ?? initial, tags: before?.tags ?? tags };
        yield* writeAlarm(alarm);
        return before === undefined ? { operation: "create", alarm } : { operation: "update", alarm, before };
      });
      alarms.watch(put!.alarm);
      return {};
    },

    /** Those that are there; what is not there is deleted already. */
    async DeleteAlarms({ AlarmNames }, context) {
      await configure(AlarmNames!, context, function* (name) {
        const alarm = yield* findAlarm(context, name);
        if (alarm !== undefined) yield* deleteAlarm(context, name);
        return alarm && { operation: "delete", alarm };
      });
      return {};
    },

    EnableAlarmActions: ({ AlarmNames }, context) => enable(AlarmNames!, true, context),
    DisableAlarmActions: ({ AlarmNames }, context) => enable(AlarmNames!, false, context),

    /** For a while: the next look finds out what it really is. Its actions are executed. */
    async SetAlarmState({ AlarmName, StateValue, StateReason, StateReasonData }, context) {
      if (StateReasonData !== undefined) {
        try {
          JSON.parse(StateReasonData);
        } catch {
          throw invalidFormat("TheStateReasonData was not valid JSON.");
        }
      }
      const state = { value: StateValue!, reason: StateReason!, ...(StateReasonData === undefined ? {} : { reasonData: StateReasonData }) };
      if ((await alarms.change(context, AlarmName!, state, context.trace)) === undefined) throw alarmNotFound();
      return {};
    },
  } satisfies MonitoringHandlers;
};
