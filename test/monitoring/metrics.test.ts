import { GetMetricDataCommand, GetMetricStatisticsCommand, ListMetricsCommand, PutMetricDataCommand, type MetricDatum, type MetricStat } from "@aws-sdk/client-cloudwatch";
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { awsCli, hasAwsCli } from "../support/aws-cli.ts";
import { usePlatform } from "../support/platform.ts";

const on = usePlatform();
const MINUTE = 60_000;
const minutesAgo = (minutes: number) => new Date(Math.floor(Date.now() / MINUTE) * MINUTE - minutes * MINUTE);
const client = () => on.clients.cloudwatch;
const put = (Namespace: string, ...MetricData: MetricDatum[]) => client().send(new PutMetricDataCommand({ Namespace, MetricData }));
const range = { StartTime: minutesAgo(10), EndTime: new Date(Date.now() + MINUTE) };
const statistics = (over: Partial<ConstructorParameters<typeof GetMetricStatisticsCommand>[0]>) =>
  client().send(new GetMetricStatisticsCommand({ Namespace: "own", MetricName: "m", Period: 60, ...range, ...over }));
const refusal = async (outcome: Promise<unknown>) => {
  const error = (await outcome.then(() => undefined, (thrown: unknown) => thrown)) as { name: string; message: string; $metadata: { httpStatusCode: number } } | undefined;
  return error && { name: error.name, message: error.message, status: error.$metadata.httpStatusCode };
};

describe("PutMetricData and GetMetricStatistics", () => {
  it("adds up what came in a minute, by unit and dimensions", async () => {
    const at = minutesAgo(3);
    const Dimensions = [{ Name: "b", Value: "2" }, { Name: "a", Value: "1" }];
    await put("own", { MetricName: "m", Value: 4, Unit: "Count", Timestamp: at, Dimensions }, { MetricName: "m", Value: 6, Unit: "Count", Timestamp: new Date(at.getTime() + 30_000), Dimensions });
    await put("own", { MetricName: "m", Values: [1, 2], Counts: [3, 1], Unit: "Count", Timestamp: at, Dimensions: Dimensions.toReversed() });
    await put("own", { MetricName: "m", Value: 1_000, Unit: "Count", Timestamp: at }, { MetricName: "m", Value: 9, Unit: "Bytes", Timestamp: at, Dimensions });
    const all = { Statistics: ["SampleCount", "Sum", "Average", "Minimum", "Maximum"] as const };
    const { Datapoints, Label } = await statistics({ Statistics: [...all.Statistics], Dimensions });
    expect(Label).toBe("m");
    expect(Datapoints).toHaveLength(2);
    expect(Datapoints).toContainEqual({ Timestamp: at, Unit: "Count", SampleCount: 6, Sum: 15, Average: 2.5, Minimum: 1, Maximum: 6 });
    expect(Datapoints).toContainEqual({ Timestamp: at, Unit: "Bytes", SampleCount: 1, Sum: 9, Average: 9, Minimum: 9, Maximum: 9 });
    expect((await statistics({ Statistics: ["Sum"], Dimensions, Unit: "Bytes" })).Datapoints).toEqual([{ Timestamp: at, Unit: "Bytes", Sum: 9 }]);
    expect((await statistics({ Statistics: ["Sum"] })).Datapoints).toEqual([{ Timestamp: at, Unit: "Count", Sum: 1_000 }]);
  });

  it("cuts time into periods that begin with the minute of the start", async () => {
    for (const minutes of [9, 8, 7, 4]) await put("periods", { MetricName: "m", Value: minutes, Timestamp: minutesAgo(minutes) });
    const { Datapoints } = await statistics({ Namespace: "periods", Period: 180, Statistics: ["Sum"], StartTime: new Date(minutesAgo(9).getTime() + 20_000) });
    expect(Datapoints!.map(({ Timestamp, Sum }) => [Timestamp, Sum])).toEqual([[minutesAgo(9), 24], [minutesAgo(6), 4]]);
  });

  it("tells percentiles of what it knows the spread of", async () => {
    const at = minutesAgo(2);
    await put("spread", { MetricName: "m", Values: Array.from({ length: 100 }, (_, i) => i + 1), Timestamp: at });
    const percentiles = async (MetricName: string) => (await statistics({ Namespace: "spread", MetricName, ExtendedStatistics: ["p50", "p99", "p100"] })).Datapoints![0]!.ExtendedStatistics;
    expect(await percentiles("m")).toEqual({ p50: 50, p99: 99, p100: 100 });
    await put("spread", { MetricName: "sums", StatisticValues: { SampleCount: 10, Sum: 100, Minimum: 1, Maximum: 50 }, Timestamp: at });
    expect(await percentiles("sums")).toBeUndefined();
    expect((await statistics({ Namespace: "spread", MetricName: "sums", Statistics: ["Average", "Maximum"] })).Datapoints).toEqual([{ Timestamp: at, Unit: "None", Average: 10, Maximum: 50 }]);
    for (let batch = 0; batch < 10; batch++) await put("spread", { MetricName: "many", Values: Array.from({ length: 100 }, (_, i) => batch * 100 + i + 1), Timestamp: at });
    const many = (await percentiles("many"))!;
    expect(many["p50"]! / 500).toBeGreaterThan(0.9);
    expect(many["p50"]! / 500).toBeLessThan(1.1);
  });

  it("trims and ranks, in values and per cent", async () => {
    const at = minutesAgo(2);
    await put("trimmed", { MetricName: "m", Values: Array.from({ length: 100 }, (_, i) => i + 1), Timestamp: at });
    const ExtendedStatistics = ["tm90", "TM(2%:98%)", "TM(50:60)", "IQM", "tc90", "TC(:10)", "ts10", "TS(90%:)", "wm90", "WM(10:90)", "PR(:30)", "PR(90:)"];
    const { Datapoints } = await statistics({ Namespace: "trimmed", ExtendedStatistics: ExtendedStatistics.slice(0, 10) });
    expect(Datapoints![0]!.ExtendedStatistics).toEqual({ tm90: 45.5, "TM(2%:98%)": 50.5, "TM(50:60)": 55.5, IQM: 50.5, tc90: 90, "TC(:10)": 10, ts10: 55, "TS(90%:)": 955, wm90: 49.95, "WM(10:90)": 50.4 });
    expect((await statistics({ Namespace: "trimmed", ExtendedStatistics: ExtendedStatistics.slice(10) })).Datapoints![0]!.ExtendedStatistics).toEqual({ "PR(:30)": 30, "PR(90:)": 10 });
  });

  it("keeps seconds where they are asked for", async () => {
    const at = minutesAgo(1);
    await put("fine", ...[0, 1, 11].map((second): MetricDatum => ({ MetricName: "m", Value: second, StorageResolution: 1, Timestamp: new Date(at.getTime() + second * 1_000 + 500) })));
    const { Datapoints } = await statistics({ Namespace: "fine", Period: 10, Statistics: ["SampleCount"], StartTime: at });
    expect(Datapoints!.map(({ Timestamp, SampleCount }) => [Timestamp!.getTime() - at.getTime(), SampleCount])).toEqual([[0, 2], [10_000, 1]]);
  });

  it.each<[string, MetricDatum, string, string]>([
    ["two kinds of values", { MetricName: "m", Value: 1, Values: [1] }, "InvalidParameterCombinationException", "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both."],
    ["none", { MetricName: "m" }, "InvalidParameterCombinationException", "At least one of the parameters MetricData.member.1.Value, MetricData.member.1.Values and MetricData.member.1.StatisticValues must be specified."],
    ["a time long ago", { MetricName: "m", Value: 1, Timestamp: new Date(Date.now() - 15 * 24 * 60 * MINUTE) }, "InvalidParameterValueException", "The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks."],
    ["a time to come", { MetricName: "m", Value: 1, Timestamp: new Date(Date.now() + 3 * 60 * MINUTE) }, "InvalidParameterValueException", "The parameter MetricData.member.1.Timestamp must specify a time no more than two hours in the future."],
    ["another number of counts", { MetricName: "m", Values: [1, 2], Counts: [1] }, "InvalidParameterValueException", "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size."],
    ["an empty dimension", { MetricName: "m", Value: 1, Dimensions: [{ Name: "a", Value: "" }] }, "MissingRequiredParameterException", "The parameter MetricData.member.1.Dimensions.member.1.Value is required."],
    ["no name", { MetricName: undefined, Value: 1, Dimensions: [{ Name: "", Value: "" }] }, "MissingRequiredParameterException", ["MetricName", "Dimensions.member.1.Name", "Dimensions.member.1.Value"].map((name) => `The parameter MetricData.member.1.${name} is required.`).join("\n")],
    ["a long dimension", { MetricName: "m", Value: 1, Dimensions: [{ Name: "a", Value: "x".repeat(1_025) }] }, "InvalidParameterValueException", "The parameter MetricData.member.1.Dimensions.member.1.Value must be shorter than 1025 characters."],
    ["another alphabet", { MetricName: "m", Value: 1, Dimensions: [{ Name: "a", Value: "é" }] }, "InvalidParameterValueException", "The value for parameter MetricData.member.1.Dimensions.member.1.Value contains non-ASCII characters."],
    ["too many dimensions", { MetricName: "m", Value: 1, Dimensions: Array.from({ length: 31 }, (_, i) => ({ Name: `d${i}`, Value: "v" })) }, "InvalidParameterValueException", "The collection MetricData.member.1.Dimensions must not have a size greater than 30."],
    ["another unit", { MetricName: "m", Value: 1, Unit: "Furlongs" as "None" }, "InvalidParameterValueException", "The parameter MetricData.member.1.Unit must be a value in the set [ Seconds, Microseconds, Milliseconds, Bytes, Kilobytes, Megabytes, Gigabytes, Terabytes, Bits, Kilobits, Megabits, Gigabits, Terabits, Percent, Count, Bytes/Second, Kilobytes/Second, Megabytes/Second, Gigabytes/Second, Terabytes/Second, Bits/Second, Kilobits/Second, Megabits/Second, Gigabits/Second, Terabits/Second, Count/Second, None ]."],
    ["another resolution", { MetricName: "m", Value: 1, StorageResolution: 300 }, "InvalidParameterValueException", "The parameter MetricData.member.1.StorageResolution must be a value in the set [ 1, 60 ]."],
    ["a dimension twice", { MetricName: "m", Value: 1, Dimensions: [{ Name: "a", Value: " " }, { Name: "a", Value: "b" }] }, "InvalidParameterValueException", "The parameter MetricData.member.1.Dimensions has the name a twice: each may be there once."],
  ])("refuses %s", async (_what, datum, name, message) => {
    expect(await refusal(put("own", datum))).toEqual({ name, message, status: 400 });
  });

  it("refuses the namespaces of AWS, and too many points", async () => {
    expect(await refusal(put("AWS/Lambda", { MetricName: "m", Value: 1 }))).toMatchObject({ name: "InvalidParameterValueException", message: "The value AWS/ for parameter Namespace is invalid." });
    expect(await refusal(statistics({ Statistics: ["Sum"], StartTime: minutesAgo(1_500) }))).toMatchObject({ name: "InvalidParameterCombinationException", message: expect.stringMatching(/^You have requested up to 150\d datapoints, which exceeds the limit of 1440\./) });
    const end = range.EndTime;
    expect(await refusal(statistics({ Statistics: ["Sum"], StartTime: end }))).toMatchObject({ name: "InvalidParameterValueException", message: "The parameter StartTime must not equal parameter EndTime." });
    expect(await refusal(statistics({ Statistics: ["Sum"], StartTime: new Date(end.getTime() + 1_000) }))).toMatchObject({ message: "The parameter StartTime must be less than the parameter EndTime." });
    expect(await refusal(statistics({ Statistics: ["Sum", "p90" as "Sum"] }))).toMatchObject({ name: "InvalidParameterValueException", message: "The parameter Statistics.member.2.<list element> must be a value in the set [SampleCount, Average, Sum, Minimum, Maximum]." });
    expect(await refusal(statistics({ Statistics: ["Sum"], Namespace: undefined }))).toMatchObject({ name: "MissingRequiredParameterException", message: "The parameter Namespace is required." });
    expect(await refusal(statistics({ Statistics: ["Sum"], Period: 61 }))).toMatchObject({ name: "InvalidParameterValueException" });
    expect(await refusal(statistics({ ExtendedStatistics: ["TM(10%:200)"] }))).toMatchObject({ name: "InvalidParameterValueException" });
  });
});

describe("GetMetricData", () => {
  const query = (Id: string, MetricStat: MetricStat) => ({ Id, MetricStat });
  const stat = (MetricName: string, Stat = "Sum"): MetricStat => ({ Metric: { Namespace: "data", MetricName }, Period: 60, Stat });

  it("answers many metrics at once, newest first, and page by page", async () => {
    for (const minutes of [5, 4, 3]) await put("data", { MetricName: "a", Value: minutes, Timestamp: minutesAgo(minutes) }, { MetricName: "b", Value: 10 * minutes, Timestamp: minutesAgo(minutes) });
    const MetricDataQueries = [query("first", stat("a")), { ...query("second", stat("b", "Average")), Label: "named" }, query("third", stat("nothing"))];
    const whole = await client().send(new GetMetricDataCommand({ ...range, MetricDataQueries }));
    expect(whole.MetricDataResults!.map(({ Id, Label, Values, StatusCode }) => [Id, Label, Values, StatusCode])).toEqual([
      ["first", "a", [3, 4, 5], "Complete"], ["second", "named", [30, 40, 50], "Complete"], ["third", "nothing", [], "Complete"],
    ]);
    expect(whole.MetricDataResults![0]!.Timestamps).toEqual([minutesAgo(3), minutesAgo(4), minutesAgo(5)]);
    const pages: Record<string, number[]> = {};
    let NextToken: string | undefined;
    do {
      const page = await client().send(new GetMetricDataCommand({ ...range, MetricDataQueries, ScanBy: "TimestampAscending", MaxDatapoints: 2, NextToken }));
      for (const { Id, Values } of page.MetricDataResults!) pages[Id!] = [...(pages[Id!] ?? []), ...Values!];
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    expect(pages).toEqual({ first: [5, 4, 3], second: [50, 40, 30], third: [] });
  });

  it("calculates, and finds metrics by a search", async () => {
    for (const [name, value] of [["one", 4], ["two", 6]] as const) {
      await put("math", ...[3, 2].map((minutes): MetricDatum => ({ MetricName: "Errors", Value: value * minutes, Timestamp: minutesAgo(minutes), Dimensions: [{ Name: "Function", Value: name }] })));
    }
    const metric = (Value: string) => ({ Metric: { Namespace: "math", MetricName: "Errors", Dimensions: [{ Name: "Function", Value }] }, Period: 60, Stat: "Sum" });
    const MetricDataQueries = [
      { Id: "m1", MetricStat: metric("one"), Label: "${PROP('Dim.Function')}: ${MAX} of ${LABEL}" }, { Id: "m2", MetricStat: metric("two"), ReturnData: false },
      { Id: "e1", Expression: "m1 + m2" }, { Id: "e2", Expression: "e1 / 10", Label: "a tenth, ${AVG}" },
      { Id: "found", Expression: "SEARCH('{math,Function} MetricName=\"Errors\"', 'Maximum', 60)", Label: "[${SUM}] ${LABEL}" },
      { Id: "sum", Expression: "SUM(found)" }, { Id: "each", Expression: "METRICS() * 2", Label: "twice" }, { Id: "always", Expression: "TIME_SERIES(1)", Period: 300, ReturnData: false },
    ];
    const range = { StartTime: minutesAgo(5), EndTime: minutesAgo(0), ScanBy: "TimestampAscending" as const };
    const { MetricDataResults } = await client().send(new GetMetricDataCommand({ ...range, MetricDataQueries }));
    expect(MetricDataResults!.map(({ Id, Label, Values }) => [Id, Label, Values])).toEqual([
      ["m1", "one: 12 of Errors", [12, 8]], ["e1", "e1", [30, 20]], ["e2", "a tenth, 2.5", [3, 2]],
      ["found", "[20] one", [12, 8]], ["found", "[30] two", [18, 12]], ["sum", "sum", [30, 20]], ["each", "twice Errors", [24, 16]], ["each", "twice Errors", [36, 24]],
    ]);
    const all: unknown[] = [];
    for (let NextToken: string | undefined, isFirst = true; isFirst || NextToken !== undefined; isFirst = false) {
      const page = await client().send(new GetMetricDataCommand({ ...range, MetricDataQueries: MetricDataQueries.slice(0, 5), MaxDatapoints: 3, NextToken }));
      all.push(...page.MetricDataResults!.flatMap(({ Values }) => Values!));
      NextToken = page.NextToken;
    }
    expect(all).toEqual([12, 8, 30, 20, 3, 2, 12, 8, 18, 12]);
    const refused = (query: object, over: object = {}) => refusal(client().send(new GetMetricDataCommand({ ...range, MetricDataQueries: [{ Id: "a", MetricStat: metric("one"), ...query }], ...over })));
    expect(await refused({}, { NextToken: "x" })).toMatchObject({ name: "InvalidNextToken", status: 400 });
    expect(await refused({ Label: "${LAST_TIME}" })).toMatchObject({ name: "NotImplemented", message: expect.stringContaining("LAST_TIME") });
    expect(await refused({ Label: "${MEDIAN}" })).toMatchObject({ name: "ValidationException" });
    expect(await refused({ Expression: "a" })).toMatchObject({ name: "ValidationException", message: expect.stringContaining("mutually exclusive") });
    expect(await refused({ MetricStat: undefined, Expression: "SEARCH('(', 'Sum', 60)" })).toMatchObject({ name: "ValidationException", message: "Error in expression 'a': Invalid SEARCH expression" });
  });

  it("refuses what is no expression, what is not built by its name, and ids that are twice there", async () => {
    const send = (MetricDataQueries: ConstructorParameters<typeof GetMetricDataCommand>[0]["MetricDataQueries"]) => refusal(client().send(new GetMetricDataCommand({ ...range, MetricDataQueries })));
    expect(await send([{ Id: "e", Expression: "a + b" }])).toMatchObject({ name: "ValidationException", message: "Error in expression 'e': The variable 'a' is not the Id of a query" });
    expect(await send([query("a", stat("a")), { Id: "e", Expression: "SERVICE_QUOTA(a)" }])).toMatchObject({ name: "NotImplemented", message: expect.stringContaining("SERVICE_QUOTA") });
    expect(await send([query("a", stat("a")), { Id: "e", Expression: "NONSENSE(a)" }])).toMatchObject({ name: "ValidationException", message: "Error in expression 'e': Function 'NONSENSE' not found" });
    expect(await send([query("a", stat("a")), query("a", stat("a"))])).toMatchObject({ name: "ValidationException", message: "The values for parameter id in MetricDataQueries are not unique.\n" });
  });

  it("says each thing that is wrong in a line of its own, all with one code", async () => {
    const send = (over: Partial<ConstructorParameters<typeof GetMetricDataCommand>[0]>) => refusal(client().send(new GetMetricDataCommand({ ...range, MetricDataQueries: [query("a", stat("a"))], ...over })));
    expect(await send({ MetricDataQueries: [query("5xx", stat("a")), query("b", stat("b", "None"))] })).toEqual({
      name: "ValidationException", status: 400,
      message: "The value 5xx for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.\nThe value None for parameter MetricDataQueries.member.2.MetricStat.Stat is not a valid statistic.\n",
    });
    expect(await send({ StartTime: range.EndTime })).toMatchObject({ name: "ValidationException", message: "The parameter StartTime must not equal parameter EndTime.\n" });
    expect(await send({ MetricDataQueries: [{ Id: undefined }] })).toMatchObject({ name: "ValidationException", message: "The parameter MetricDataQueries.member.1.Id is required.\n" });
  });
});

describe("ListMetrics", () => {
  it("finds metrics by namespace, name and dimensions, each once", async () => {
    const Dimensions = [{ Name: "queue", Value: "q1" }];
    await put("listed", { MetricName: "a", Value: 1, Dimensions, Unit: "Count" }, { MetricName: "a", Value: 1, Dimensions, Unit: "Bytes" }, { MetricName: "a", Value: 1, Dimensions: [{ Name: "queue", Value: "q2" }] }, { MetricName: "b", Value: 1 });
    const list = async (over: ConstructorParameters<typeof ListMetricsCommand>[0]) => (await client().send(new ListMetricsCommand({ Namespace: "listed", ...over }))).Metrics;
    expect(await list({})).toEqual([
      { Namespace: "listed", MetricName: "a", Dimensions }, { Namespace: "listed", MetricName: "a", Dimensions: [{ Name: "queue", Value: "q2" }] }, { Namespace: "listed", MetricName: "b", Dimensions: [] },
    ]);
    expect(await list({ MetricName: "b" })).toEqual([{ Namespace: "listed", MetricName: "b", Dimensions: [] }]);
    expect(await list({ Dimensions: [{ Name: "queue" }] })).toHaveLength(2);
    expect(await list({ Dimensions, RecentlyActive: "PT3H" })).toHaveLength(1);
    expect(await list({ Namespace: "nothing" })).toEqual([]);
  });

  it("gives five hundred at a time", async () => {
    for (let from = 0; from < 600; from += 200) await put("paged", ...Array.from({ length: 200 }, (_, i): MetricDatum => ({ MetricName: `m${from + i}`, Value: 1 })));
    const first = await client().send(new ListMetricsCommand({ Namespace: "paged" }));
    const second = await client().send(new ListMetricsCommand({ Namespace: "paged", NextToken: first.NextToken }));
    expect([first.Metrics!.length, second.Metrics!.length, second.NextToken]).toEqual([500, 100, undefined]);
    expect(new Set([...first.Metrics!, ...second.Metrics!].map(({ MetricName }) => MetricName)).size).toBe(600);
  });
});

// Skipped where the AWS CLI is not installed: it speaks the query protocol.
describe.skipIf(!hasAwsCli)("the AWS CLI", () => {
  it("puts, reads and lists metrics", async () => {
    const told = async (...args: string[]) => {
      const { stdout } = await awsCli(["--endpoint-url", on.endpoint, "--region", "us-east-1", "--output", "json", "cloudwatch", ...args], {
        env: { PATH: process.env["PATH"], HOME: "/nonexistent", PYENV_ROOT: process.env["PYENV_ROOT"] ?? `${process.env["HOME"]}/.pyenv`, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
      });
      return stdout;
    };
    const aws = async (...args: string[]) => {
      const stdout = await told(...args);
      return stdout === "" ? undefined : (JSON.parse(stdout) as Record<string, unknown>);
    };
    await aws("put-metric-data", "--namespace", "cli", "--metric-name", "m", "--value", "3", "--unit", "Count", "--dimensions", "a=1,b=2");
    const span = ["--start-time", range.StartTime.toISOString(), "--end-time", range.EndTime.toISOString()];
    const got = await aws("get-metric-statistics", "--namespace", "cli", "--metric-name", "m", "--period", "60", "--statistics", "Sum", "--dimensions", "Name=a,Value=1", "Name=b,Value=2", ...span);
    expect(got).toMatchObject({ Label: "m", Datapoints: [{ Sum: 3, Unit: "Count" }] });
    // What may have a fraction is written with its point.
    expect(await told("get-metric-data", "--metric-data-queries", JSON.stringify([{ Id: "a", MetricStat: { Metric: { Namespace: "cli", MetricName: "m", Dimensions: [{ Name: "a", Value: "1" }, { Name: "b", Value: "2" }] }, Period: 60, Stat: "Sum" } }]), ...span)).toMatch(/"Values": \[\s*3\.0\s*\]/);
    expect(await aws("list-metrics", "--namespace", "cli")).toMatchObject({ Metrics: [{ MetricName: "m", Dimensions: [{ Name: "a", Value: "1" }, { Name: "b", Value: "2" }] }] });
    await aws("put-metric-alarm", "--alarm-name", "cli", "--namespace", "cli", "--metric-name", "m", "--statistic", "Sum", "--period", "60", "--evaluation-periods", "1", "--threshold", "1", "--comparison-operator", "GreaterThanThreshold");
    await aws("set-alarm-state", "--alarm-name", "cli", "--state-value", "OK", "--state-reason", "by hand");
    expect(await aws("describe-alarms", "--alarm-names", "cli")).toMatchObject({ MetricAlarms: [{ AlarmName: "cli", StateValue: "OK", StateReason: "by hand", Threshold: 1 }] });
  });
});

describe("a queue", () => {
  it("is measured: what is sent, received, deleted, and how much is there", async () => {
    const { sqs } = on.clients;
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "measured" }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: "a", MessageBody: "12345" }, { Id: "b", MessageBody: "1" }] }));
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages![0]!.ReceiptHandle }));
    expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toBeUndefined();
    const of = async (MetricName: string) => {
      const { Datapoints } = await statistics({ Namespace: "AWS/SQS", MetricName, Dimensions: [{ Name: "QueueName", Value: "measured" }], Period: 3_600, Statistics: ["Sum", "SampleCount"] });
      return Datapoints!.map(({ Sum, SampleCount, Unit }) => [Sum, SampleCount, Unit]);
    };
    expect(await of("NumberOfMessagesSent")).toEqual([[2, 1, "Count"]]);
    expect(await of("SentMessageSize")).toEqual([[6, 2, "Bytes"]]);
    expect(await of("NumberOfMessagesReceived")).toEqual([[Messages!.length, 1, "Count"]]);
    expect(await of("NumberOfMessagesDeleted")).toEqual([[1, 1, "Count"]]);
    expect(await of("NumberOfEmptyReceives")).toEqual([[1, 1, "Count"]]);
    const { Metrics } = await client().send(new ListMetricsCommand({ Namespace: "AWS/SQS", Dimensions: [{ Name: "QueueName", Value: "measured" }] }));
    expect(Metrics!.map(({ MetricName }) => MetricName).toSorted()).toEqual(["NumberOfEmptyReceives", "NumberOfMessagesDeleted", "NumberOfMessagesReceived", "NumberOfMessagesSent", "SentMessageSize"]);
    await callPlatform({ endpoint: on.endpoint, region: "us-east-1", account: undefined }, "POST", "clock", { advance: "2m" });
    const levels = await statistics({ Namespace: "AWS/SQS", MetricName: "ApproximateNumberOfMessagesVisible", Dimensions: [{ Name: "QueueName", Value: "measured" }], Statistics: ["Maximum"], EndTime: new Date(Date.now() + 5 * MINUTE) });
    expect(levels.Datapoints!.at(-1)).toMatchObject({ Maximum: 1, Unit: "Count" });
  });
});
