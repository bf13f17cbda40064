import fc from "fast-check";
import type { MetricTransformation } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import { EMF_POINTS_MAX } from "../../src/kit/limits/logs.ts";
import { readEmbeddedMetrics } from "../../src/services/logs/ingest/embedded-metrics.ts";
import { sql } from "../../src/store/store.ts";
import { ACCOUNT } from "../support/context.ts";
import { GROUP, NOW, startLogs } from "./support.ts";

const MINUTE = 60_000;

const opened = async () => {
  const logs = startLogs();
  await logs.call("CreateLogGroup", { logGroupName: GROUP });
  await logs.call("CreateLogStream", { logGroupName: GROUP, logStreamName: "s" });
  return {
    ...logs,
    put: (messages: readonly (string | object)[], at = NOW) =>
      logs.call("PutLogEvents", { logGroupName: GROUP, logStreamName: "s", logEvents: messages.map((message) => ({ timestamp: at, message: typeof message === "string" ? message : JSON.stringify(message) })) }),
    /** Of all metrics but the log's own: `name{dimensions} unit` → how often, and how much. */
    async counted() {
      await logs.metrics.flush();
      const rows = await logs.store.run(() => sql("select s.*, sum(p.count) as n, sum(p.sum) as total from metric_series s join metric_point p on p.series = s.id where s.namespace <> 'AWS/Logs' group by s.id order by s.id"));
      return rows.map((row) => `${String(row["account"])} ${String(row["namespace"])}/${String(row["name"])}${String(row["dimensions"])} ${String(row["unit"])}: ${String(row["n"])}, ${String(row["total"])}`);
    },
  };
};

const transformation = (over: Partial<MetricTransformation> = {}): MetricTransformation => ({ metricNamespace: "own", metricName: "m", metricValue: "1", ...over });
const filter = (filterPattern: string, over: Partial<MetricTransformation> = {}, filterName = "f") => ({ logGroupName: GROUP, filterName, filterPattern, metricTransformations: [transformation(over)] });

describe("a metric filter", () => {
  it("counts what matches, with values and dimensions of JSON", async () => {
    const { call, put, counted } = await opened();
    await call("PutMetricFilter", filter("ERROR", { metricName: "errors" }, "a"));
    await call("PutMetricFilter", filter("{ $.type = \"request\" }", { metricName: "latency", metricValue: "$.took.ms", unit: "Milliseconds", dimensions: { path: "$.path" } }, "b"));
    await put(["ERROR one", { type: "request", took: { ms: 12.5 }, path: "/a" }, { type: "request", took: { ms: 7 }, path: "/a" }, { type: "request", took: { ms: 1 }, path: "/b" }, { type: "request", took: { ms: "many" }, path: "/b" }, { type: "request", took: { ms: 3 } }, { type: "other" }]);
    expect(await counted()).toEqual([
      `${ACCOUNT} own/errors[] None: 1, 1`,
      `${ACCOUNT} own/latency[["path","/a"]] Milliseconds: 2, 19.5`,
      `${ACCOUNT} own/latency[["path","/b"]] Milliseconds: 1, 1`,
    ]);
  });

  it("counts fields that are parted by spaces, and a default for minutes without a match", async () => {
    const { call, put, counted, clock } = await opened();
    await call("PutMetricFilter", filter("[ip, status = 5*, bytes]", { metricValue: "$bytes", defaultValue: 0 }));
    await put(["10.0.0.1 200 7"]);
    await put(["10.0.0.1 200 8"]);
    expect(await counted()).toEqual([`${ACCOUNT} own/m[] None: 1, 0`]);
    await clock.advance(2 * MINUTE);
    await put(["10.0.0.1 503 90", "10.0.0.1 500 10"], NOW + MINUTE);
    await put(["10.0.0.1 200 1"]);
    expect(await counted()).toEqual([`${ACCOUNT} own/m[] None: 3, 100`]);
  });

  it("has a regular expression in five of a group's patterns, of subscriptions and metrics together", async () => {
    const { call } = await opened();
    for (let count = 0; count < 5; count++) await call("PutMetricFilter", filter("%ERROR [0-9]%", {}, `f${count}`));
    await call("PutMetricFilter", filter("%WARN%", {}, "f0"));
    await call("PutMetricFilter", filter("ERROR", {}, "plain"));
    await expect(call("PutMetricFilter", filter("%ERROR%", {}, "sixth"))).rejects.toMatchObject({ code: "LimitExceededException" });
    await expect(call("PutSubscriptionFilter", { logGroupName: GROUP, filterName: "s", filterPattern: "%ERROR%", destinationArn: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f` })).rejects.toMatchObject({ code: "LimitExceededException" });
  });

  it("is told by group, by its name's beginning and by its metric, and deleted", async () => {
    const { call } = await opened();
    await call("CreateLogGroup", { logGroupName: "other" });
    for (const filterName of ["b", "a1", "a2"]) await call("PutMetricFilter", filter("x", { metricName: filterName }, filterName));
    await call("PutMetricFilter", { ...filter("y", { metricName: "a1", dimensions: {} }), logGroupName: "other" });
    const names = async (input: Parameters<typeof call<"DescribeMetricFilters">>[1]) => (await call("DescribeMetricFilters", input)).metricFilters!.map(({ logGroupName, filterName }) => `${logGroupName} ${filterName}`);
    expect(await names({ logGroupName: GROUP })).toEqual([`${GROUP} a1`, `${GROUP} a2`, `${GROUP} b`]);
    expect(await names({ logGroupName: GROUP, filterNamePrefix: "a" })).toEqual([`${GROUP} a1`, `${GROUP} a2`]);
    expect(await names({ metricName: "a1", metricNamespace: "own" })).toEqual([`${GROUP} a1`, "other f"]);
    const page = await call("DescribeMetricFilters", { limit: 3 });
    expect(await names({ limit: 3, nextToken: page.nextToken })).toEqual(["other f"]);
    expect((await call("DescribeLogGroups", { logGroupNamePrefix: GROUP })).logGroups).toMatchObject([{ metricFilterCount: 3 }]);
    await call("DeleteMetricFilter", { logGroupName: GROUP, filterName: "b" });
    await expect(call("DeleteMetricFilter", { logGroupName: GROUP, filterName: "b" })).rejects.toMatchObject({ code: "ResourceNotFoundException", message: "The specified metric filter does not exist." });
    expect(await names({ logGroupName: GROUP })).toHaveLength(2);
  });

  it.each<[string, Partial<MetricTransformation>, string]>([
    ["x", { metricValue: "many" }, "neither a number nor a field"],
    ["x", { metricValue: "$.a" }, "no field $.a"],
    ["{ $.a = 1 }", { dimensions: { a: "$.a" }, defaultValue: 0 }, "Invalid metric transformation: dimensions and default value are mutually exclusive properties."],
    ["?ERROR ?WARN", { dimensions: { a: "$.a" } }, "The specified filter pattern does not support dimensions"],
    ["{ $.a = 1 }", { dimensions: { a: "$.a", b: "$.b", c: "$.c", d: "$.d" } }, "no more than 3 dimensions"],
    ["{ $.a = 1 }", { dimensions: { a: "fixed" } }, "Invalid metric transformation: dimension value must be valid selector"],
    ["x", { metricNamespace: "AWS/Lambda" }, "Metric namespaces starting with AWS/ are reserved for AWS."],
  ])("%s is refused with %j", async (pattern, over, text) => {
    const { call } = await opened();
    await expect(call("PutMetricFilter", filter(pattern, over))).rejects.toMatchObject({ code: "InvalidParameterException", message: expect.stringContaining(text) });
  });
});

const line = (over: object = {}, directive: object = {}) => ({
  _aws: { Timestamp: NOW, CloudWatchMetrics: [{ Namespace: "app", Dimensions: [["service"], ["service", "region"], []], Metrics: [{ Name: "latency", Unit: "Milliseconds" }, { Name: "calls" }], ...directive }] },
  service: "shop", region: "eu", latency: [10, 20], calls: 3, ...over,
});

describe("the embedded metric format", () => {
  it("is counted: each metric in each set of dimensions", async () => {
    const { put, counted } = await opened();
    await put(["a line", line(), { _aws: "something else" }, `not JSON "_aws"`]);
    expect(await counted()).toEqual([
      `${ACCOUNT} app/latency[["service","shop"]] Milliseconds: 2, 30`, `${ACCOUNT} app/latency[["region","eu"],["service","shop"]] Milliseconds: 2, 30`, `${ACCOUNT} app/latency[] Milliseconds: 2, 30`,
      `${ACCOUNT} app/calls[["service","shop"]] None: 1, 3`, `${ACCOUNT} app/calls[["region","eu"],["service","shop"]] None: 1, 3`, `${ACCOUNT} app/calls[] None: 1, 3`,
    ]);
  });

  it("counts at the time that it tells, to the second where that is asked for", async () => {
    const { put, metrics, store } = await opened();
    const at = NOW - 5 * MINUTE + 12_345;
    const one = line({}, { Dimensions: [[]], Metrics: [{ Name: "calls", StorageResolution: 1 }] });
    await put([{ ...one, _aws: { ...one._aws, Timestamp: at } }, { ...one, _aws: { ...one._aws, Timestamp: NOW - 15 * 24 * 60 * MINUTE } }]);
    await metrics.flush();
    const rows = await store.run(() => sql("select p.at from metric_series s join metric_point p on p.series = s.id where s.namespace = 'app'"));
    expect(rows).toEqual([{ at: at - (at % 1_000) }]);
  });

  it.each<[string, object | string, number, string | undefined]>([
    ["a member that is not there", line({ latency: undefined }), 3, "invalid"],
    ["a value that is no number", line({ latency: "slow" }), 3, "invalid"],
    ["a dimension that is not there", line({ region: undefined }), 4, "invalid"],
    ["a dimension that is no text", line({ region: 5 }), 4, "invalid"],
    ["a unit that there is none of", line({}, { Metrics: [{ Name: "calls", Unit: "Furlongs" }] }), 0, "invalid"],
    ["too many values", line({ latency: Array(101).fill(1) }), 3, "invalid"],
    ["too many metrics", line({}, { Metrics: Array.from({ length: 101 }, () => ({ Name: "calls" })) }), 0, "invalid"],
    ["a namespace of AWS", line({}, { Namespace: "AWS/Lambda" }), 0, "invalid"],
    ["no time", { ...line(), _aws: { CloudWatchMetrics: [] } }, 0, "invalid"],
    ["half a line", JSON.stringify(line()).slice(0, -3), 0, "unparsable"],
    ["a name of JavaScript's", line({}, { Dimensions: [["__proto__"], ["constructor"]], Metrics: [{ Name: "toString" }] }), 0, "invalid"],
    ["more than a line may tell", line({}, { Dimensions: Array.from({ length: 2_000 }, () => ["service"]) }), EMF_POINTS_MAX, "invalid"],
    ["what Node.js writes before it", `2026-11-24T12:00:00.000Z\tid\tINFO\t${JSON.stringify(line())}\n`, 6, undefined],
    ["no metrics", { _aws: {}, a: 1 }, 0, undefined],
  ])("takes what it can of a line with %s", (_what, given, metrics, problem) => {
    const found = readEmbeddedMetrics(typeof given === "string" ? given : JSON.stringify(given));
    expect([found.metrics.length, found.problem]).toEqual([metrics, problem]);
  });

  it("never throws, whatever stands there", () => {
    const about = fc.record({ Timestamp: fc.anything(), CloudWatchMetrics: fc.oneof(fc.anything(), fc.array(fc.record({ Namespace: fc.anything(), Dimensions: fc.anything(), Metrics: fc.oneof(fc.anything(), fc.array(fc.anything())) }))) });
    fc.assert(fc.property(about, fc.dictionary(fc.string(), fc.anything()), (_aws, rest) => {
      const text = JSON.stringify({ ...rest, _aws }, (_key, value: unknown) => (typeof value === "bigint" ? Number(value) : value));
      for (const { values, at } of readEmbeddedMetrics(text).metrics) expect([...values, at].every(Number.isFinite)).toBe(true);
    }), { numRuns: 300 });
  });
});
