import { join } from "node:path";
import type { PutMetricAlarmInput } from "@aws-sdk/client-cloudwatch";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Call, OperationInput, OperationName, OperationOutput } from "../../src/kit/call.ts";
import { createClock } from "../../src/kit/clock.ts";
import type { LedgerEntry } from "../../src/kit/ledger.ts";
import { silentLog } from "../../src/kit/log.ts";
import { systemRandom as random } from "../../src/kit/random.ts";
import { createMetrics } from "../../src/plumber/metrics/metrics.ts";
import { createOutbox } from "../../src/plumber/outbox.ts";
import { createActionHistory } from "../../src/services/monitoring/alarms/action-history.ts";
import type { Alarm, AlarmConfiguration, MissingData } from "../../src/services/monitoring/alarms/alarm-rows.ts";
import { evaluate, type Datapoint } from "../../src/services/monitoring/alarms/evaluate.ts";
import { asDouble } from "../../src/services/monitoring/alarms/reasons.ts";
import type { MonitoringTypes } from "../../src/services/monitoring/needs.ts";
import { createMonitoring } from "../../src/services/monitoring/parts.ts";
import { createMonitoringService } from "../../src/services/monitoring/service.ts";
import { noApiDestinations } from "../support/no-api-destinations.ts";
import { ACCOUNT, requestContext } from "../support/context.ts";
import { openHistory, openState } from "../support/store.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const NOW = Date.UTC(2026, 10, 24, 12);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const TOPIC = `arn:aws:sns:us-east-1:${ACCOUNT}:alarms`;
const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:alarmed:live`;
const ARN = `arn:aws:cloudwatch:us-east-1:${ACCOUNT}:alarm:errors`;

interface Sent {
  service: string;
  operation: string;
  input: Record<string, unknown>;
  as: unknown;
}

/** CloudWatch on stores of its own, with a clock that the test moves; whoever its alarms tell is written down. */
const createGround = async (path = temporaryDirectory()) => {
  const clock = createClock(NOW);
  const [store, history] = [openState(join(path, "state.db")), openHistory(join(path, "history.db"))];
  const sent: Sent[] = [];
  const told: LedgerEntry[] = [];
  const configured: Record<string, unknown>[] = [];
  const call = (async (service, operation, input, options) => {
    const one = { service, operation, input: input as unknown as Record<string, unknown>, as: options.as };
    const [entry] = (one.input["Entries"] ?? []) as { DetailType: string; Detail: string }[];
    if (entry?.DetailType === "CloudWatch Alarm Configuration Change") configured.push(JSON.parse(entry.Detail) as Record<string, unknown>);
    else sent.push(one);
    return service === "events" ? { Entries: [{}] } : {};
  }) as Call;
  const common = { clock, wall: clock, random, log: silentLog, ledger: { record: (entry: LedgerEntry) => void told.push(entry), find: async () => [], flush: async () => {} } };
  const metrics = createMetrics({ ...common, store: history });
  const outbox = createOutbox({ ...common, store, call, metrics, sendToApiDestination: noApiDestinations, tellStatus: createActionHistory({ ...common, history }) });
  const engine = createMonitoring({ ...common, store, history, metrics, outbox });
  await engine.start();
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await engine.close();
    await outbox.close();
    await metrics.flush();
    clock.stop();
    await store.close();
    await history.close();
  };
  onTestFinished(close);
  const { handlers, permissions } = createMonitoringService(engine.parts);
  const ask = async <N extends keyof typeof handlers & OperationName<MonitoringTypes>>(operation: N, input: OperationInput<MonitoringTypes, N>): Promise<OperationOutput<MonitoringTypes, N>> =>
    (await (handlers[operation] as (input: unknown, context: unknown) => unknown)(input, requestContext())) as OperationOutput<MonitoringTypes, N>;
  return {
    clock, sent, told, ask, close, path, permissions,
    alarm: (over: Partial<PutMetricAlarmInput> = {}) =>
      ask("PutMetricAlarm", { AlarmName: "errors", Namespace: "own", MetricName: "m", Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: "GreaterThanThreshold", ...over }),
    /** A value of the minute that goes on. */
    measure: (Value: number, over: object = {}) => ask("PutMetricData", { Namespace: "own", MetricData: [{ MetricName: "m", Value, ...over }] }),
    async state(name = "errors") {
      const { MetricAlarms } = await ask("DescribeAlarms", { AlarmNames: [name] });
      return MetricAlarms![0]!;
    },
    /** The details of events that tell of alarms that were put, changed and deleted. */
    configured: async (count: number) => {
      await eventually("all is told", async () => configured.length === count);
      return configured;
    },
    delivered: async (count: number) => {
      await eventually("all is delivered", async () => (await outbox.pending()) === 0);
      expect(sent).toHaveLength(count);
      return sent;
    },
  };
};

const math = (Metrics: PutMetricAlarmInput["Metrics"]): Partial<PutMetricAlarmInput> => ({ Metrics, MetricName: undefined, Namespace: undefined, Statistic: undefined, Period: undefined });
const metric = (Id: string, ReturnData?: boolean) => ({ Id, MetricStat: { Metric: { Namespace: "own", MetricName: Id }, Period: 60, Stat: "Sum" }, ...(ReturnData === undefined ? {} : { ReturnData }) });

describe("the state of an alarm", () => {
  const configured = (over: Partial<AlarmConfiguration>): Alarm =>
    ({ name: "a", configuration: { metric: { namespace: "own", statistic: "Sum", period: 60 }, threshold: 0, comparison: "GreaterThanThreshold", ...over } }) as Alarm;
  /** `0` is within the threshold, `X` breaches it, `-` is missing; the newest is the last. */
  const periods = (text: string): Datapoint[] => [...text.replaceAll(" ", "")].map((one, index) => ({ at: index * MINUTE, value: one === "-" ? undefined : one === "X" ? 1 : 0, sampleCount: 1 }));
  const states = (text: string, evaluationPeriods: number, datapointsToAlarm: number) =>
    (["missing", "ignore", "breaching", "notBreaching"] as MissingData[]).map((treatMissingData) => evaluate(configured({ evaluationPeriods, datapointsToAlarm, treatMissingData }), periods(text))?.value ?? "as it was");

  // "How alarm state is evaluated when data is missing", CloudWatch user guide: missing, ignore, breaching, notBreaching.
  it.each([
    [3, 3, "0 - X - X", "OK", "OK", "OK", "OK"],
    [3, 3, "- - - - 0", "OK", "OK", "OK", "OK"],
    [3, 3, "- - - - -", "INSUFFICIENT_DATA", "as it was", "ALARM", "OK"],
    [3, 3, "0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"],
    [3, 3, "- - X - -", "ALARM", "as it was", "ALARM", "OK"],
    [2, 3, "0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"],
    [2, 3, "0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"],
    [2, 3, "0 - X - -", "OK", "OK", "ALARM", "OK"],
    [2, 3, "- - - - 0", "OK", "OK", "ALARM", "OK"],
    [2, 3, "- - - X -", "ALARM", "as it was", "ALARM", "OK"],
    // What has just begun to breach is no alarm before it is as old as it has to be.
    [3, 3, "- - - - X", "as it was", "as it was", "ALARM", "OK"],
    [1, 1, "- - 0", "OK", "OK", "OK", "OK"],
    [1, 1, "X - -", "ALARM", "ALARM", "ALARM", "ALARM"],
  ])("%i of %i datapoints: %s", (datapoints, evaluationPeriods, text, ...wanted) => {
    expect(states(text, evaluationPeriods, datapoints)).toEqual(wanted);
  });

  it.each([
    ["GreaterThanThreshold", ["OK", "OK", "ALARM"]],
    ["GreaterThanOrEqualToThreshold", ["OK", "ALARM", "ALARM"]],
    ["LessThanThreshold", ["ALARM", "OK", "OK"]],
    ["LessThanOrEqualToThreshold", ["ALARM", "ALARM", "OK"]],
  ] as const)("%s compares below, at and above it", (comparison, wanted) => {
    expect([4, 5, 6].map((value) => evaluate(configured({ comparison, threshold: 5, evaluationPeriods: 1 }), [{ at: 0, value, sampleCount: 1 }])?.value)).toEqual(wanted);
  });

  it("is not changed by a percentile of too few samples, where that is asked for", () => {
    const of = (sampleCount: number) => evaluate(configured({ evaluationPeriods: 1, evaluateLowSampleCountPercentile: "ignore", metric: { statistic: "p99" } as never }), [{ at: 0, value: 1, sampleCount }])?.value;
    expect([of(999), of(1_000)]).toEqual([undefined, "ALARM"]);
  });

  it("tells why, in CloudWatch's words", () => {
    const at = Date.UTC(2019, 9, 2, 16, 59);
    const reason = (values: (number | undefined)[], over: Partial<AlarmConfiguration>) =>
      evaluate(configured({ threshold: 50, evaluationPeriods: values.length, ...over }), values.map((value, index) => ({ at: at + index * MINUTE, value, sampleCount: 1 })))!.reason;
    expect(reason([99.50160229693434], { datapointsToAlarm: 1 })).toBe("Threshold Crossed: 1 out of the last 1 datapoints [99.50160229693434 (02/10/19 16:59:00)] was greater than the threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition).");
    expect(reason([1], { datapointsToAlarm: 1 })).toContain("[1.0 (02/10/19 16:59:00)] was not greater than the threshold (50.0) (minimum 1 datapoint for ALARM -> OK transition).");
    expect(reason([60, 0, 70], { datapointsToAlarm: 2 })).toBe("Threshold Crossed: 2 out of the last 3 datapoints were greater than the threshold (50.0). The most recent datapoints which crossed the threshold: [70.0 (02/10/19 17:01:00), 60.0 (02/10/19 16:59:00)] (minimum 2 datapoints for OK -> ALARM transition).");
    expect(reason([60, 70], {})).toBe("Threshold Crossed: 2 datapoints [70.0 (02/10/19 17:00:00), 60.0 (02/10/19 16:59:00)] were greater than the threshold (50.0).");
    expect(reason([undefined], { treatMissingData: "breaching" })).toBe("Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [Breaching].");
    expect(reason([undefined, undefined], { treatMissingData: "notBreaching" })).toBe("Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [NonBreaching].");
    expect(reason([undefined], {})).toBe("Insufficient Data: 1 datapoint was unknown.");
    expect([0, 10, 1.5, 12_345_678, 0.0001].map(asDouble)).toEqual(["0.0", "10.0", "1.5", "1.2345678E7", "1.0E-4"]);
  });
});

describe("an alarm", () => {
  it("is looked at every minute, and tells topics, functions and EventBridge when it changes", async () => {
    const { alarm, measure, clock, state, delivered, told, ask } = await createGround();
    await alarm({ AlarmDescription: "too many", AlarmActions: [TOPIC, FUNCTION], OKActions: [TOPIC], TreatMissingData: "notBreaching", Dimensions: [{ Name: "a", Value: "1" }], DatapointsToAlarm: 1, Unit: "Count" });
    expect(await state()).toMatchObject({ StateValue: "INSUFFICIENT_DATA", StateReason: "Unchecked: Initial alarm creation", AlarmArn: ARN });
    await measure(10, { Unit: "Count", Dimensions: [{ Name: "a", Value: "1" }] });
    await measure(99, { Unit: "Bytes", Dimensions: [{ Name: "a", Value: "1" }] });
    await clock.advance(MINUTE);
    const found = await state();
    expect(found).toMatchObject({ StateValue: "ALARM", StateReason: "Threshold Crossed: 1 out of the last 1 datapoints [10.0 (24/11/26 12:00:00)] was greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition)." });
    expect(found.StateReasonData).toMatch(/^\{"version":"1.0","queryDate":"2026-11-24T12:01:00.\d{3}\+0000","startDate":"2026-11-24T12:00:00.000\+0000","unit":"Count","statistic":"Sum","period":60,"recentDatapoints":\[10.0\],"threshold":5.0,"evaluatedDatapoints":\[\{"timestamp":"2026-11-24T12:00:00.000\+0000","sampleCount":1.0,"value":10.0\}\]\}$/);
    const sent = await delivered(3);
    const by = (service: string) => sent.find((one) => one.service === service)!;
    const as = (service: string) => expect.objectContaining({ type: "service", service, sourceArn: ARN, sourceAccount: ACCOUNT });
    expect(by("events")).toMatchObject({ operation: "PutEvents", as: as("cloudwatch.amazonaws.com"), input: { Entries: [{ Source: "aws.cloudwatch", DetailType: "CloudWatch Alarm State Change", Resources: [ARN], EventBusName: `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default` }] } });
    const [entry] = by("events").input["Entries"] as { Detail: string }[];
    const states = { state: { value: "ALARM", reason: found.StateReason, reasonData: found.StateReasonData, timestamp: expect.stringMatching(/\+0000$/) }, previousState: { value: "INSUFFICIENT_DATA", reason: "Unchecked: Initial alarm creation", timestamp: expect.any(String) } };
    const configuration = { description: "too many", metrics: [{ id: expect.stringMatching(/^[0-9a-f-]{36}$/), metricStat: { metric: { namespace: "own", name: "m", dimensions: { a: "1" } }, period: 60, stat: "Sum", unit: "Count" }, returnData: true }] };
    expect(JSON.parse(entry!.Detail)).toEqual({ alarmName: "errors", configuration, ...states });
    expect(by("lambda")).toMatchObject({ operation: "Invoke", input: { FunctionName: FUNCTION, InvocationType: "Event" }, as: as("lambda.alarms.cloudwatch.amazonaws.com") });
    expect(JSON.parse(String(by("lambda").input["Payload"]))).toEqual({ source: "aws.cloudwatch", alarmArn: ARN, accountId: ACCOUNT, time: expect.stringMatching(/^2026-11-24T12:01:00.*\+0000$/), region: "us-east-1", alarmData: { alarmName: "errors", configuration, ...states } });
    expect(by("sns")).toMatchObject({ operation: "Publish", as: as("cloudwatch.amazonaws.com"), input: { TopicArn: TOPIC, Subject: 'ALARM: "errors" in US East (N. Virginia)' } });
    const message = by("sns").input["Message"] as string;
    expect(message).toContain('"Threshold":5.0,');
    expect(JSON.parse(message)).toEqual({
      AlarmName: "errors", AlarmDescription: "too many", AWSAccountId: ACCOUNT, AlarmConfigurationUpdatedTimestamp: expect.any(String), NewStateValue: "ALARM", NewStateReason: found.StateReason, StateChangeTime: expect.stringMatching(/\+0000$/),
      Region: "US East (N. Virginia)", AlarmArn: ARN, OldStateValue: "INSUFFICIENT_DATA", OKActions: [TOPIC], AlarmActions: [TOPIC, FUNCTION], InsufficientDataActions: [],
      Trigger: { MetricName: "m", Namespace: "own", StatisticType: "Statistic", Statistic: "SUM", Unit: "Count", Dimensions: [{ value: "1", name: "a" }], Period: 60, EvaluationPeriods: 1, DatapointsToAlarm: 1, ComparisonOperator: "GreaterThanThreshold", Threshold: 5, TreatMissingData: "notBreaching", EvaluateLowSampleCountPercentile: "" },
    });
    expect(told.find(({ kind }) => kind === "event")).toMatchObject({ summary: expect.stringContaining("the alarm errors goes from INSUFFICIENT_DATA to ALARM"), keys: ["errors", ARN] });
    // The value stands in for what is missing after it, for a while.
    await clock.advance(2 * MINUTE);
    expect((await state()).StateValue).toBe("ALARM");
    await clock.advance(MINUTE);
    expect(await state()).toMatchObject({ StateValue: "OK", StateReason: "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching]." });
    expect((await delivered(5)).slice(3).map(({ service }) => service).toSorted()).toEqual(["events", "sns"]);
    const { AlarmHistoryItems } = await ask("DescribeAlarmHistory", { AlarmName: "errors" });
    expect(AlarmHistoryItems!.map(({ HistoryItemType, HistorySummary }) => `${HistoryItemType}: ${HistorySummary}`)).toEqual([
      `Action: Successfully executed action ${TOPIC}`, "StateUpdate: Alarm updated from ALARM to OK", expect.stringMatching(/^Action: Successfully executed action /), expect.stringMatching(/^Action: Successfully executed action /),
      "StateUpdate: Alarm updated from INSUFFICIENT_DATA to ALARM", 'ConfigurationUpdate: Alarm "errors" created',
    ]);
    const [last] = AlarmHistoryItems!;
    const ended = JSON.parse(last!.HistoryData!) as { publishedMessage: string };
    expect(ended).toMatchObject({ actionState: "Succeeded", stateUpdateTimestamp: (await state()).StateUpdatedTimestamp!.getTime(), notificationResource: TOPIC, error: null });
    const published = JSON.parse(ended.publishedMessage) as { default: string; sms: string };
    expect(published.sms).toBe('OK: "errors" in US East (N. Virginia)');
    expect(JSON.parse(published.default)).toMatchObject({ AlarmName: "errors", NewStateValue: "OK" });
    const page = await ask("DescribeAlarmHistory", { AlarmName: "errors", MaxRecords: 4, ScanBy: "TimestampAscending" });
    expect((await ask("DescribeAlarmHistory", { AlarmName: "errors", MaxRecords: 4, ScanBy: "TimestampAscending", NextToken: page.NextToken })).AlarmHistoryItems).toHaveLength(2);
    expect((await ask("DescribeAlarmHistory", { HistoryItemType: "StateUpdate" })).AlarmHistoryItems).toHaveLength(2);
  });

  it("of less than a minute is looked at every ten seconds, of percentiles by them", async () => {
    const { alarm, measure, clock, state } = await createGround();
    await alarm({ Period: 10, Statistic: undefined, ExtendedStatistic: "p90" });
    for (const Value of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) await measure(Value, { StorageResolution: 1, Timestamp: new Date(NOW + 2 * SECOND) });
    await clock.advance(10 * SECOND);
    expect(await state()).toMatchObject({ StateValue: "ALARM", ExtendedStatistic: "p90", StateReason: expect.stringContaining("[9.0 (24/11/26 12:00:00)]") });
  });

  it("that is made while others are looked at is looked at in its turn", async () => {
    const { alarm, clock, state, told } = await createGround();
    for (let count = 0; count < 200; count++) await alarm({ AlarmName: `a-${count}`, TreatMissingData: "breaching" });
    const looked = clock.advance(MINUTE);
    await eventually("a look goes on", async () => told.length > 0);
    await alarm({ AlarmName: "quick", Period: 10, TreatMissingData: "breaching" });
    await looked;
    await clock.advance(10 * SECOND);
    expect((await state("quick")).StateValue).toBe("ALARM");
  });

  it("of an expression is looked at and told as that", async () => {
    const { alarm, ask, clock, state, delivered } = await createGround();
    const queries = [{ Id: "rate", Label: "in per cent", Expression: "100 * errors / requests" }, metric("errors", false), metric("requests", false)];
    await alarm({ ...math(queries), AlarmActions: [TOPIC], Threshold: 20 });
    for (const [MetricName, Value] of [["errors", 1], ["requests", 4]] as const) await ask("PutMetricData", { Namespace: "own", MetricData: [{ MetricName, Value }] });
    await clock.advance(MINUTE);
    const found = await state();
    expect(found).toMatchObject({ StateValue: "ALARM", StateReason: "Threshold Crossed: 1 datapoint [25.0 (24/11/26 12:00:00)] was greater than the threshold (20.0).", Metrics: [{ ...queries[0], ReturnData: true }, queries[1], queries[2]] });
    expect(found).not.toHaveProperty("Period");
    expect(JSON.parse(found.StateReasonData!)).toMatchObject({ period: 60, recentDatapoints: [25], evaluatedDatapoints: [{ value: 25 }] });
    const sent = await delivered(2);
    const told = (name: string) => ({ id: name, metricStat: { metric: { namespace: "own", name, dimensions: {} }, period: 60, stat: "Sum" }, returnData: false });
    const [entry] = sent.find(({ service }) => service === "events")!.input["Entries"] as { Detail: string }[];
    expect((JSON.parse(entry!.Detail) as { configuration: unknown }).configuration).toEqual({ metrics: [{ id: "rate", label: "in per cent", expression: "100 * errors / requests", returnData: true }, told("errors"), told("requests")] });
    const { Trigger } = JSON.parse(String(sent.find(({ service }) => service === "sns")!.input["Message"])) as { Trigger: object };
    expect(Trigger).toMatchObject({ Period: 60, Threshold: 20, Metrics: [{ Expression: "100 * errors / requests", Id: "rate", Label: "in per cent", ReturnData: true }, { Id: "errors", MetricStat: { Metric: { Dimensions: [], MetricName: "errors", Namespace: "own" }, Period: 60, Stat: "Sum" }, ReturnData: false }, {}] });
    expect((await ask("DescribeAlarmsForMetric", { Namespace: "own", MetricName: "requests" })).MetricAlarms).toMatchObject([{ AlarmName: "errors" }]);
  });

  it("that is set goes back at the next look, tells each change once, and nobody when its actions are off", async () => {
    const { alarm, clock, ask, state, delivered } = await createGround();
    await alarm({ AlarmActions: [TOPIC], TreatMissingData: "notBreaching" });
    const set = (StateValue: "OK" | "ALARM", StateReasonData?: string) => ask("SetAlarmState", { AlarmName: "errors", StateValue, StateReason: "testing", ...(StateReasonData === undefined ? {} : { StateReasonData }) });
    await set("ALARM", '{"by":"hand"}');
    expect(await state()).toMatchObject({ StateValue: "ALARM", StateReason: "testing", StateReasonData: '{"by":"hand"}' });
    await set("ALARM");
    await delivered(2);
    await clock.advance(MINUTE);
    expect((await state()).StateValue).toBe("OK");
    await delivered(3);
    await ask("DisableAlarmActions", { AlarmNames: ["errors", "none"] });
    expect((await state()).ActionsEnabled).toBe(false);
    await set("ALARM");
    expect((await delivered(4)).at(-1)!.service).toBe("events");
    await ask("EnableAlarmActions", { AlarmNames: ["errors"] });
    expect((await state()).ActionsEnabled).toBe(true);
    await expect(set("ALARM", "{")).rejects.toMatchObject({ code: "InvalidFormatFault" });
    await expect(ask("SetAlarmState", { AlarmName: "none", StateValue: "OK", StateReason: "x" })).rejects.toMatchObject({ code: "ResourceNotFound" });
  });

  it("is looked at again after a restart, and not when it is gone", async () => {
    const first = await createGround();
    await first.alarm({ TreatMissingData: "breaching" });
    await first.close();
    const { clock, state, ask } = await createGround(first.path);
    await clock.advance(MINUTE);
    expect((await state()).StateValue).toBe("ALARM");
    await ask("DeleteAlarms", { AlarmNames: ["errors", "none"] });
    expect((await ask("DescribeAlarms", {})).MetricAlarms).toEqual([]);
    await clock.advance(MINUTE);
    expect((await clock.advance(10 * MINUTE)).filter(({ name }) => name === "alarms")).toEqual([]);
    const { AlarmHistoryItems } = await ask("DescribeAlarmHistory", {});
    expect(AlarmHistoryItems![0]!.HistorySummary).toBe('Alarm "errors" deleted');
  });

  it("is told as it was put, found by names, state, action and metric, and keeps its state and tags when it is put anew", async () => {
    const { alarm, ask, state } = await createGround();
    await alarm({ AlarmActions: [TOPIC], EvaluationPeriods: 3, DatapointsToAlarm: 2, Tags: [{ Key: "team", Value: "a" }] });
    await alarm({ AlarmName: "other", MetricName: undefined, Namespace: undefined, Statistic: undefined, Period: undefined, Metrics: [{ Id: "m1", Label: "l", ReturnData: true, MetricStat: { Metric: { Namespace: "own", MetricName: "q" }, Period: 300, Stat: "Average" } }] });
    const { MetricAlarms, CompositeAlarms } = await ask("DescribeAlarms", {});
    expect(CompositeAlarms).toEqual([]);
    expect(MetricAlarms).toMatchObject([
      { AlarmName: "errors", ActionsEnabled: true, AlarmActions: [TOPIC], OKActions: [], InsufficientDataActions: [], MetricName: "m", Namespace: "own", Statistic: "Sum", Dimensions: [], Period: 60, EvaluationPeriods: 3, DatapointsToAlarm: 2, Threshold: 5, ComparisonOperator: "GreaterThanThreshold" },
      { AlarmName: "other", Metrics: [{ Id: "m1", Label: "l", ReturnData: true, MetricStat: { Metric: { Namespace: "own", MetricName: "q", Dimensions: [] }, Period: 300, Stat: "Average" } }] },
    ]);
    expect(MetricAlarms![1]).not.toHaveProperty("MetricName");
    const names = async (input: Parameters<typeof ask<"DescribeAlarms">>[1]) => (await ask("DescribeAlarms", input)).MetricAlarms!.map(({ AlarmName }) => AlarmName);
    expect([await names({ AlarmNamePrefix: "o" }), await names({ StateValue: "OK" }), await names({ ActionPrefix: "arn:aws:sns" }), await names({ AlarmTypes: ["CompositeAlarm"] })]).toEqual([["other"], [], ["errors"], []]);
    const page = await ask("DescribeAlarms", { MaxRecords: 1 });
    expect(await names({ MaxRecords: 1, NextToken: page.NextToken })).toEqual(["other"]);
    await expect(ask("DescribeAlarms", { NextToken: "x" })).rejects.toMatchObject({ code: "InvalidNextToken" });
    const forMetric = async (input: object) => (await ask("DescribeAlarmsForMetric", { Namespace: "own", MetricName: "m", ...input })).MetricAlarms!.length;
    expect([await forMetric({}), await forMetric({ Statistic: "Sum", Period: 60 }), await forMetric({ Period: 300 }), await forMetric({ Dimensions: [{ Name: "a", Value: "1" }] })]).toEqual([1, 1, 0, 0]);
    await ask("SetAlarmState", { AlarmName: "errors", StateValue: "OK", StateReason: "x" });
    await alarm({ Threshold: 7, Tags: [{ Key: "ignored", Value: "x" }] });
    expect(await state()).toMatchObject({ StateValue: "OK", Threshold: 7, AlarmActions: [] });
    await ask("TagResource", { ResourceARN: ARN, Tags: [{ Key: "stage", Value: "test" }] });
    await ask("UntagResource", { ResourceARN: ARN, TagKeys: ["none"] });
    expect((await ask("ListTagsForResource", { ResourceARN: ARN })).Tags).toEqual([{ Key: "team", Value: "a" }, { Key: "stage", Value: "test" }]);
    await expect(ask("ListTagsForResource", { ResourceARN: `${ARN}s` })).rejects.toMatchObject({ code: "ResourceNotFoundException" });
  });

  it("that is put, changed or deleted is told to EventBridge", async () => {
    const { alarm, ask, configured } = await createGround();
    await alarm({ AlarmDescription: "first", OKActions: [TOPIC], TreatMissingData: "ignore" });
    await configured(1);
    await alarm({ Threshold: 7, DatapointsToAlarm: 1 });
    await configured(2);
    await ask("DisableAlarmActions", { AlarmNames: ["errors", "none"] });
    await configured(3);
    await ask("DisableAlarmActions", { AlarmNames: ["errors"] });
    await ask("DeleteAlarms", { AlarmNames: ["errors", "none"] });
    const told = await configured(4);
    const time = expect.stringMatching(/^2026-11-24T12:00.*\+0000$/);
    const common = { alarmName: "errors", state: { value: "INSUFFICIENT_DATA", timestamp: time } };
    const configuration = (over: object) => ({
      evaluationPeriods: 1, threshold: 5, comparisonOperator: "GreaterThanThreshold", alarmName: "errors", actionsEnabled: true, timestamp: time, okActions: [], alarmActions: [], insufficientDataActions: [],
      metrics: [{ id: expect.stringMatching(/^[0-9a-f-]{36}$/), metricStat: { metric: { namespace: "own", name: "m", dimensions: {} }, period: 60, stat: "Sum" }, returnData: true }], ...over,
    });
    const [first, second] = [configuration({ description: "first", okActions: [TOPIC], treatMissingData: "ignore" }), configuration({ threshold: 7, datapointsToAlarm: 1 })];
    expect(told).toEqual([
      { ...common, operation: "create", configuration: first },
      { ...common, operation: "update", configuration: second, previousConfiguration: first },
      { ...common, operation: "update", configuration: { ...second, actionsEnabled: false }, previousConfiguration: second },
      { ...common, operation: "delete", configuration: { ...second, actionsEnabled: false } },
    ]);
  });

  it("is asked for with its tags", async () => {
    const { alarm, permissions } = await createGround();
    await alarm({ Tags: [{ Key: "team", Value: "a" }] });
    const own = { "aws:ResourceTag/team": "a" };
    expect(await permissions.DeleteAlarms!({ AlarmNames: ["errors", "none"] }, requestContext())).toEqual([{ action: "cloudwatch:DeleteAlarms", resource: ARN, context: own }, { action: "cloudwatch:DeleteAlarms", resource: ARN.replace("errors", "none"), context: {} }]);
    expect(await permissions.TagResource!({ ResourceARN: ARN, Tags: [{ Key: "b", Value: "c" }] }, requestContext())).toEqual([{ action: "cloudwatch:TagResource", resource: ARN, context: { ...own, "aws:TagKeys": ["b"], "aws:RequestTag/b": "c" } }]);
  });

  it.each<[Partial<PutMetricAlarmInput>, string, string]>([
    [math([{ Id: "e", Expression: "m1 * 2" }]), "ValidationException", "Error in expression 'e': The variable 'm1' is not the Id of a query"],
    [math([{ Id: "e", Expression: "m * " }, metric("m", false)]), "ValidationException", "Error in expression 'e': Invalid syntax"],
    [math([{ Id: "e", Expression: "m + e" }, metric("m", false)]), "ValidationException", "Error in expression 'e': it refers to itself"],
    [math([{ Id: "e", Expression: "m * 2" }, metric("m", true)]), "ValidationException", "Exactly one element of the metrics list should return data."],
    [math([{ Id: "e", Expression: "SUM(m)" }, metric("m", false)]), "ValidationException", "Error in expression 'e': The result is a number"],
    [math([{ Id: "e", Expression: "METRICS()" }, metric("m", false)]), "ValidationException", "Metrics expression that return multi time series"],
    [math([{ Id: "e", Expression: "SUM(SEARCH('{own} m', 'Sum', 60))" }]), "ValidationException", "SEARCH is not supported on Metric Alarms."],
    [math([{ Id: "e", Expression: "TIME_SERIES(1)" }]), "ValidationException", "Period must not be null"],
    [math([{ Id: "e", Expression: "ANOMALY_DETECTION_BAND(m)" }, metric("m", false)]), "NotImplemented", "ANOMALY_DETECTION_BAND"],
    [math([{ Id: "e", Expression: "SELECT MAX(m) FROM own" }]), "NotImplemented", "Metrics Insights"],
    [math([{ Id: "e", Expression: "SUM(METRICS())" }, ...Array.from({ length: 11 }, (_, i) => metric(`m${i}`, false))]), "ValidationException", "Too many metrics in alarm, maximum is 10"],
    [math([metric("m", true), ...Array.from({ length: 11 }, (_, i) => ({ Id: `e${i}`, Expression: "m * 2", ReturnData: false }))]), "ValidationException", "Too many expressions in alarm, maximum is 10"],
    [math([{ ...metric("m", true), MetricStat: { ...metric("m", true).MetricStat!, Stat: "Avg" } }]), "ValidationException", "Invalid metrics list"],
    [math([{ ...metric("m", true), MetricStat: { ...metric("m", true).MetricStat!, Period: 45 } }]), "ValidationException", "Period must be 10, 20, 30 or a multiple of 60"],
    [math([{ Id: "m" }]), "ValidationException", "Period must not be null"],
    [{ Namespace: "テスト" }, "ValidationException", "Namespace must not contain Non-ASCII characters."],
    [{ Period: 3_600, EvaluationPeriods: 169 }, "ValidationException", "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800) for alarms using period >= 3600"],
    [{ Metrics: [{ Id: "e", Expression: "m1 * 2" }] }, "ValidationException", "MetricName should not be set if list of Metrics is set."],
    [{ ComparisonOperator: "GreaterThanUpperThreshold" }, "NotImplemented", "GreaterThanUpperThreshold"],
    [{ ThresholdMetricId: "ad1" }, "NotImplemented", "ThresholdMetricId"],
    [{ ExtendedStatistic: "p99" }, "ValidationException", "Statistic and ExtendedStatistic"],
    [{ Statistic: undefined, ExtendedStatistic: "tm101" }, "ValidationException", "The value tm101 for parameter ExtendedStatistic is not supported."],
    [{ Statistic: undefined, ExtendedStatistic: "p101" }, "ValidationException", "The value p101 for parameter ExtendedStatistic is not supported."],
    [{ Statistic: undefined }, "ValidationException", "Statistic"],
    [{ MetricName: undefined }, "ValidationException", "MetricName must not be null"],
    [{ Threshold: undefined }, "ValidationException", "PutMetricAlarm request should have valid Threshold parameter"],
    [{ ComparisonOperator: undefined }, "ValidationException", "ComparisonOperator must not be null"],
    [{ Period: 45 }, "ValidationException", "Period must be 10, 20, 30 or a multiple of 60"],
    [{ Period: 5 }, "ValidationException", "Period must be 10, 20, 30 or a multiple of 60"],
    [math([{ ...metric("m", true), Expression: "m" }]), "ValidationException", "The parameters MetricDataQuery Expression and MetricStat are mutually exclusive and you have specified both."],
    [{ EvaluationPeriods: 1_441 }, "ValidationException", "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)."],
    [{ DatapointsToAlarm: 2 }, "ValidationException", "DatapointsToAlarm"],
    [{ TreatMissingData: "maybe" }, "ValidationException", "TreatMissingData"],
    [{ EvaluateLowSampleCountPercentile: "ignore" }, "ValidationException", "Option evaluateLowSampleCountPercentile can not be applied with statistic Sum. This option is enabled only for percentile statistics."],
    [{ AlarmActions: ["nonsense"] }, "ValidationException", "Invalid arn syntax: nonsense"],
    [{ OKActions: ["arn:aws:automate:us-east-1:ec2:stop"] }, "NotImplemented", "EC2"],
    [{ AlarmActions: ["arn:aws:ssm:us-east-1:000000000000:opsitem:1"] }, "NotImplemented", "Systems Manager"],
    [{ AlarmActions: [TOPIC.replace("us-east-1", "eu-west-1")] }, "ValidationException", "Invalid region eu-west-1 specified. Only us-east-1 is supported."],
    [{ AlarmActions: ["arn:aws:sqs:us-east-1:000000000000:q"] }, "ValidationException", "Unsupported AWS vendor sqs"],
    [{ Tags: [{ Key: "aws:x", Value: "y" }] }, "InvalidParameterValueException", "aws:x"],
  ])("is refused with %j: %s", async (over, code, text) => {
    const { alarm } = await createGround();
    await expect(alarm(over)).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  });

  it("may be of a percentile whose whole number is 100", async () => {
    const { alarm } = await createGround();
    await alarm({ Statistic: undefined, ExtendedStatistic: "p100.5" });
  });
});
