import type { DescribeAlarmsInput } from "@aws-sdk/client-cloudwatch";
import { ALARMS_PAGE_MAX } from "../../../kit/limits/metrics.ts";
import { dimensionsText } from "../../../plumber/metrics/points.ts";
import { dimensionsOf } from "../dimensions.ts";
import { invalidCombination, notBuilt } from "../errors.ts";
import type { Operation } from "../../../store/store.ts";
import type { MonitoringHandlers, MonitoringParts } from "../needs.ts";
import { readNameToken, readToken, writeNameToken, writeToken } from "../tokens.ts";
import { readHistory } from "./alarm-history.ts";
import { findAlarm, listAlarms, type Alarm, type Place } from "./alarm-rows.ts";
import { watchedMetrics } from "./watched.ts";
import { describeAlarm } from "./describe-alarm.ts";

const PAGE_DEFAULT = 50;
const HISTORY_PAGE_MAX = 100;
const ROWS = 500;

interface Wanted {
  /** Of these alone, where they are said. */
  names?: readonly string[];
  prefix?: string;
  accepts(alarm: Alarm): boolean;
}

const wantedOf = ({ AlarmNames = [], AlarmNamePrefix, StateValue, ActionPrefix }: DescribeAlarmsInput): Wanted => ({
  ...(AlarmNames.length === 0 ? {} : { names: [...new Set(AlarmNames)].toSorted((a, b) => (a < b ? -1 : 1)) }),
  ...(AlarmNamePrefix === undefined ? {} : { prefix: AlarmNamePrefix }),
  accepts: ({ state, configuration }) =>
    (StateValue === undefined || state.value === StateValue) &&
    (ActionPrefix === undefined || [...configuration.okActions, ...configuration.alarmActions, ...configuration.insufficientDataActions].some((action) => action.startsWith(ActionPrefix))),
});

function* findNamed(place: Place, names: readonly string[]): Operation<Alarm[]> {
  const found: Alarm[] = [];
  for (const name of names) {
    const alarm = yield* findAlarm(place, name);
    if (alarm !== undefined) found.push(alarm);
  }
  return found;
}

export const describeAlarmsHandlers = ({ state: store, store: history, alarms }: MonitoringParts) => {
  const find = async (place: Place, { names, prefix, accepts }: Wanted, after: string, most: number): Promise<Alarm[]> => {
    if (names !== undefined) return (await store.run(() => findNamed(place, names.filter((name) => name > after)))).filter(accepts).slice(0, most);
    const found: Alarm[] = [];
    let from = after;
    while (found.length < most) {
      const page = { after: from, limit: ROWS, ...(prefix === undefined ? {} : { prefix }) };
      const rows = await store.run(() => listAlarms(place, page));
      found.push(...rows.filter(accepts));
      if (rows.length < ROWS) break;
      from = rows.at(-1)!.name;
    }
    return found.slice(0, most);
  };

  return {
    /** By name. Of composite alarms there are none. */
    async DescribeAlarms(input, context) {
      const { AlarmNames, AlarmNamePrefix, AlarmTypes, ChildrenOfAlarmName, ParentsOfAlarmName, MaxRecords = PAGE_DEFAULT, NextToken } = input;
      if (ChildrenOfAlarmName !== undefined || ParentsOfAlarmName !== undefined) throw notBuilt("ChildrenOfAlarmName and ParentsOfAlarmName, of composite alarms,", "ask for alarms by their names");
      if (AlarmNames !== undefined && AlarmNames.length > 0 && AlarmNamePrefix !== undefined) throw invalidCombination("The parameters AlarmNames and AlarmNamePrefix are mutually exclusive and you have specified both.");
      if (AlarmTypes !== undefined && AlarmTypes.length > 0 && !AlarmTypes.includes("MetricAlarm")) return { MetricAlarms: [], CompositeAlarms: [] };
      const found = await find(context, wantedOf(input), readNameToken("alarms", NextToken), MaxRecords + 1);
      const page = found.slice(0, MaxRecords);
      return { MetricAlarms: page.map(describeAlarm), CompositeAlarms: [], ...(found.length > page.length ? { NextToken: writeNameToken("alarms", page.at(-1)!.name) } : {}) };
    },

    /** With the very dimensions, and with the statistic, the period and the unit where they are given. */
    async DescribeAlarmsForMetric({ MetricName, Namespace, Statistic, ExtendedStatistic, Dimensions, Period, Unit }, context) {
      const dimensions = dimensionsText(dimensionsOf(Dimensions, "Dimensions"));
      const statistic = Statistic ?? ExtendedStatistic;
      const watches = ({ configuration }: Alarm) =>
        watchedMetrics(configuration.metric).some((metric) =>
          metric.name === MetricName && metric.namespace === Namespace && dimensionsText(metric.dimensions) === dimensions &&
          (statistic === undefined || metric.statistic === statistic) && (Period === undefined || metric.period === Period) && (Unit === undefined || metric.unit === Unit));
      return { MetricAlarms: (await find(context, { accepts: watches }, "", Infinity)).map(describeAlarm) };
    },

    /** Newest first, unless it is asked for otherwise. What an alarm did stays when it is gone. */
    async DescribeAlarmHistory({ AlarmName, AlarmContributorId, AlarmTypes, HistoryItemType, StartDate, EndDate, MaxRecords = HISTORY_PAGE_MAX, NextToken, ScanBy }, { account, region }) {
      if (AlarmContributorId !== undefined) throw notBuilt("AlarmContributorId, of alarms of several series,", "ask for the alarm by its name");
      if (AlarmTypes !== undefined && AlarmTypes.length > 0 && !AlarmTypes.includes("MetricAlarm")) return { AlarmHistoryItems: [] };
      const most = Math.min(MaxRecords, ALARMS_PAGE_MAX);
      const wanted = { account, region, name: AlarmName, type: HistoryItemType, from: StartDate?.getTime() ?? 0, to: EndDate?.getTime() ?? Number.MAX_SAFE_INTEGER, isAscending: ScanBy === "TimestampAscending" };
      await alarms.remembered();
      const found = await history.run(() => readHistory(wanted, readToken("history", NextToken), most + 1));
      const page = found.slice(0, most);
      return { AlarmHistoryItems: page.map(({ id: _id, ...item }) => item), ...(found.length > page.length ? { NextToken: writeToken("history", page.at(-1)!.id) } : {}) };
    },
  } satisfies MonitoringHandlers;
};
