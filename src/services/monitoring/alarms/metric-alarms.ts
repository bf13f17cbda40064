import { ALARM_TAGS_MAX, ALARMS_MAX } from "../../../kit/limits/metrics.ts";
import { sqlOne, type Operation } from "../../../store/store.ts";
import type { RequestContext } from "../../service.ts";
import { alarmNotFound, invalidFormat, invalidValue, limitExceeded } from "../errors.ts";
import type { MonitoringHandlers, MonitoringParts } from "../needs.ts";
import { configurationItem, type HistoryItem } from "./alarm-history.ts";
import { deleteAlarm, findAlarm, writeAlarm, type Alarm, type Place } from "./alarm-rows.ts";
import { checkTags } from "./alarm-tags.ts";
import { readAlarm } from "./check-alarm.ts";

const INITIAL = "Unchecked: Initial alarm creation";

function* refuseTooMany({ account, region }: Place): Operation<void> {
  const row = yield* sqlOne("select count(*) as n from metric_alarm where account = ? and region = ?", account, region);
  if (Number(row!["n"]) >= ALARMS_MAX) throw limitExceeded(`There are ${ALARMS_MAX} alarms in this account and region already.`);
}

/** Alarms are made, changed and deleted ("PutMetricAlarm" and others, API reference). */
export const metricAlarmHandlers = ({ state: store, clock, random, alarms }: MonitoringParts) => {
  /** Resolves with what there was of it before. */
  const enable = async (names: readonly string[], actionsEnabled: boolean, context: RequestContext) => {
    const now = clock.now();
    const changed = await store.run(function* () {
      const found: Alarm[] = [];
      for (const name of new Set(names)) {
        const alarm = yield* findAlarm(context, name);
        if (alarm === undefined || alarm.configuration.actionsEnabled === actionsEnabled) continue;
        found.push({ ...alarm, configuredAt: now, configuration: { ...alarm.configuration, actionsEnabled } });
        yield* writeAlarm(found.at(-1)!);
      }
      return found;
    });
    if (changed.length > 0) alarms.remember(changed.map((alarm) => configurationItem(alarm, "Update")));
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
      const name = input.AlarmName!;
      const now = clock.now();
      const metricId = random.uuid();
      const { alarm, isNew } = await store.run(function* () {
        const there = yield* findAlarm(context, name);
        if (there === undefined) yield* refuseTooMany(context);
        const initial = { value: "INSUFFICIENT_DATA" as const, reason: INITIAL, updatedAt: now, transitionedAt: now };
        const put: Alarm = { account, region, name, metricId: there?.metricId ?? metricId, configuredAt: now, configuration, state: there?.state ?? initial, tags: there?.tags ?? tags };
        yield* writeAlarm(put);
        return { alarm: put, isNew: there === undefined };
      });
      alarms.remember([configurationItem(alarm, isNew ? "Create" : "Update")]);
      alarms.watch(alarm);
      return {};
    },

    /** Those that are there; what is not there is deleted already. */
    async DeleteAlarms({ AlarmNames }, context) {
      const now = clock.now();
      const gone = await store.run(function* () {
        const items: HistoryItem[] = [];
        for (const name of new Set(AlarmNames!)) {
          const alarm = yield* findAlarm(context, name);
          if (alarm === undefined) continue;
          yield* deleteAlarm(context, name);
          items.push(configurationItem(alarm, "Delete", now));
        }
        return items;
      });
      if (gone.length > 0) alarms.remember(gone);
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
