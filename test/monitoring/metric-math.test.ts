import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkExpressions } from "../../src/services/monitoring/math/check.ts";
import { createEvaluator, type Source } from "../../src/services/monitoring/math/evaluator.ts";
import { readQueries } from "../../src/services/monitoring/math/queries.ts";
import { parseSearch } from "../../src/services/monitoring/math/search-terms.ts";
import type { Series } from "../../src/services/monitoring/math/values.ts";

const MINUTE = 60_000;
/** A Friday. */
const START = Date.UTC(2026, 4, 1, 23, 58);

type Values = Record<string, (number | undefined)[]>;

/** Minutes from the start: an undefined one is missing. */
const series = (label: string, values: readonly (number | undefined)[]): Series => {
  const points = values.flatMap((value, index) => (value === undefined ? [] : [[START + index * MINUTE, value] as const]));
  return { label, periodMs: MINUTE, times: points.map(([at]) => at), values: points.map(([, value]) => value) };
};

const evaluate = async (expressions: Record<string, string>, metrics: Values, over: Partial<Source> = {}) => {
  const length = Math.max(...Object.values(metrics).map((values) => values.length));
  const measured = Object.keys(metrics).map((Id) => ({ Id, MetricStat: { Metric: { Namespace: "own", MetricName: Id }, Period: 60, Stat: "Sum" } }));
  const queries = readQueries([...measured, ...Object.entries(expressions).map(([Id, Expression]) => ({ Id, Expression }))]);
  await checkExpressions(queries);
  return createEvaluator(queries, { load: async ({ Id }) => series(Id!, metrics[Id!]!), search: async () => [], startOf: () => START, to: START + length * MINUTE, workMax: 1_000_000, ...over });
};

const shown = ({ times, values }: Series, length: number) => Array.from({ length }, (_, index) => values[times.indexOf(START + index * MINUTE)]);

/** What an expression makes of some metrics, minute by minute. */
const minutes = async (expression: string, metrics: Values): Promise<unknown> => {
  const value = await (await evaluate({ e: expression }, metrics))("e");
  const length = Math.max(...Object.values(metrics).map((values) => values.length));
  return Array.isArray(value) ? value.map((one) => shown(one, length)) : shown(value, length);
};

const _ = undefined;

describe("an expression", () => {
  const m = { m1: [30, 20, 0, 0], m2: [20, _, 20, _] };
  // The first ones are those of "Comparison and logical operators" and "Using IF expressions", CloudWatch user guide.
  it.each<[string, Values, unknown]>([
    ["(m1 < m2)", m, [0, 0, 1, 0]],
    ["(m1 >= 30)", m, [1, 0, 0, 0]],
    ["(m1 > 15 AND m2 > 15)", m, [1, 0, 0, 0]],
    ["IF(m1, m2, m3)", { m1: [1, 1, 0, 0, _], m2: [30, _, 0, 0, 30], m3: [0, 0, 20, _, 20] }, [30, 0, 20, _, _]],
    ["IF(m1, 5, m3)", { m1: [1, 1, 0, 0, _], m3: [0, 0, 20, _, 20] }, [5, 5, 20, _, _]],
    ["IF(m1, m2, 5)", { m1: [1, 1, 0, 0, _], m2: [30, _, 0, 0, 30] }, [30, 0, 5, 5, _]],
    ["IF(m1 < 400, m1)", { m1: [300, 500, _] }, [300, _, _]],
    ["IF(AVG(m1) > 10, m1, m2)", m, [30, 20, 0, 0]],
    ["IF(AVG(m1) > 99, m1, m2)", m, [20, _, 20, _]],
    ["IF(AVG(m1) > 99, m1)", m, [_, _, _, _]],
    ["IF(AVG(m1) > 10, 7, m1)", m, [7, 7, 7, 7]],
    // Arithmetic: what is missing counts as zero, what is divided by zero is left out.
    ["m1 + m2", m, [50, 20, 20, 0]],
    ["m1 / m2", m, [1.5, _, 0, _]],
    ["100 * m2 - 1", m, [1999, _, 1999, _]],
    ["-m1 ^ 2 + 2 * 3", m, [-894, -394, 6, 6]],
    ["2 ^ 3 ^ 2 + 0 * m1", m, [512, 512, 512, 512]],
    ["[m1, m2] / m1", m, [[1, 1, _, _], [20 / 30, 0, _, _]]],
    ["100 / [m1, m2]", m, [[100 / 30, 5, _, _], [5, _, 5, _]]],
    ["SUM(100 / [m1, m2])", m, [100 / 30 + 5, 5, 5, _]],
    ["m1 == 0 || m2 == 20 && m1 != 30", m, [0, 0, 1, 1]],
    // Aggregates.
    ["SUM(METRICS())", m, [50, 20, 20, 0]],
    ["AVG([m1, m2])", m, [25, 10, 10, 0]],
    ["MIN([m1, m2])", m, [20, 20, 0, 0]],
    ["MAX(METRICS())", m, [30, 20, 20, 0]],
    ["STDDEV([m1, m2])", m, [5, 0, 10, 0]],
    ["DATAPOINT_COUNT(METRICS())", m, [2, 1, 2, 1]],
    ["m1 - AVG(m1)", m, [17.5, 7.5, -12.5, -12.5]],
    ["m2 * 0 + STDDEV(m1) ^ 2", m, [168.75, _, 168.75, _]],
    ["m2 / DATAPOINT_COUNT(m2)", m, [10, _, 10, _]],
    ["m1 / METRIC_COUNT(METRICS())", m, [15, 10, 0, 0]],
    ["MAX(m1) / m1", m, [1, 1.5, _, _]],
    ["m1 / PERIOD(m1)", m, [0.5, 20 / 60, 0, 0]],
    ["SUM(METRICS(\"err\"))", { err1: [1, 2], err2: [3, 4], ok: [9, 9] }, [4, 6]],
    ["SUM([METRICS('err1'), METRICS(\"ok\")])", { err1: [1, 2], err2: [3, 4], ok: [9, 9] }, [10, 11]],
    // One value after the other.
    ["DIFF(m1)", { m1: [1, _, 7, 4] }, [_, _, 6, -3]],
    ["DIFF_TIME(m1)", { m1: [1, _, 7, 4] }, [_, _, 120, 60]],
    ["RATE(m1)", { m1: [1, _, 7, 4] }, [_, _, 0.05, -0.05]],
    ["RUNNING_SUM(m1)", { m1: [1, _, 7, 4] }, [1, _, 8, 12]],
    ["FILL(m1, 0)", { m1: [_, 1, _, 3, _] }, [0, 1, 0, 3, 0]],
    ["FILL(m1, MIN(m1))", { m1: [_, 1, _, 3, _] }, [1, 1, 1, 3, 1]],
    ["FILL(m1, m2)", { m1: [_, 1, _, 3], m2: [7, 7, _, 7] }, [7, 1, _, 3]],
    ["FILL(m1, REPEAT)", { m1: [_, 1, _, 3, _] }, [_, 1, 1, 3, 3]],
    ["FILL(METRICS(), LINEAR)", { m1: [_, 1, _, _, 4, _] }, [[_, 1, 2, 3, 4, _]]],
    ["FILL(m1, 5)", { m1: [_, _] }, [5, 5]],
    ["ABS(FLOOR(m1 / 10)) + CEIL(m2 / 10)", { m1: [-15, 15], m2: [1, _] }, [3, 1]],
    ["LOG10(m1) + LOG(m2)", { m1: [100, 0], m2: [1, 1] }, [2, 0]],
    ["TIME_SERIES(5 * AVG(m1))", { m1: [1, 3, _] }, [10, 10, 10]],
    // Arrays.
    ["SORT(METRICS(), SUM, DESC)", { a: [1, 1], b: [5, 0], c: [_, 2], d: [_, _] }, [[5, 0], [1, 1], [_, 2], [_, _]]],
    ["SORT(METRICS(), MAX, ASC, 2)", { a: [1, 1], b: [5, 0], c: [_, 2] }, [[1, 1], [_, 2]]],
    ["SLICE(SORT(METRICS(), AVG, DESC), 1)", { a: [1, 1], b: [5, 0], c: [_, 2] }, [[_, 2], [1, 1]]],
    ["SLICE(METRICS(), 0, 1)", { a: [1, 1], b: [5, 0] }, [[1, 1]]],
    ["FIRST(SORT(METRICS(), AVG, DESC)) - LAST(SORT(METRICS(), AVG, DESC))", { a: [1, 1], b: [5, 0] }, [4, -1]],
    ["REMOVE_EMPTY(METRICS())", { a: [1, 1], b: [_, _] }, [[1, 1]]],
    // Times: of each minute, whatever is measured.
    ["MINUTE(m1)", { m1: [_, _, 1] }, [58, 59, 0]],
    ["HOUR(m1) * 100 + DAY(m1)", { m1: [_, _, 1] }, [2305, 2305, 6]],
    ["DATE(m1) * 100 + MONTH(m1)", { m1: [_, _, 1] }, [105, 105, 205]],
    ["YEAR(m1)", { m1: [1] }, [2026]],
    ["EPOCH(m1)", { m1: [1] }, [START / 1_000]],
    ["IF(DAY(m1) < 6 AND HOUR(m1) >= 9, m1)", { m1: [4, _, 5] }, [4, 0, _]],
  ])("%s", async (expression, metrics, expected) => expect(await minutes(expression, metrics)).toEqual(expected));

  it("may be of other expressions, whichever stands first, which METRICS does not have", async () => {
    const value = await evaluate({ e1: "e2 * 2", e2: "m1 + 1", all: "SUM(METRICS())" }, { m1: [1, 2] });
    expect([shown((await value("e1")) as Series, 2), shown((await value("all")) as Series, 2)]).toEqual([[4, 6], [1, 2]]);
  });

  it.each([
    ["m1 +", "Invalid syntax"],
    ["m1 m1", "Invalid syntax"],
    ["sum(m1)", "Invalid syntax"],
    ["'text'", "Invalid syntax"],
    ["(".repeat(1_000), "Invalid syntax"],
    ["NONE(m1)", "Function 'NONE' not found"],
    ["m1 + m9", "The variable 'm9' is not the Id of a query"],
    ["[m1] + [m1]", "Unsupported operand types for +"],
    ["[m1, 5]", "An array has time series in it, and no numbers"],
    ["AVG(m1)", "The result is a number: it has to be a time series or an array of them"],
    ["ABS()", "ABS takes 1 arguments, and has 0"],
    ["SORT([m1], MEDIAN, ASC)", "Argument 2 of SORT has to be one of AVG, MIN, MAX, SUM"],
    ["PERIOD(m1 + m1) * m1", "Argument 1 of PERIOD has to be a metric"],
    ["IF([m1], 1, 0)", "Argument 1 of IF has to be a time series or a number"],
  ])("%s is refused", async (expression, text) => {
    await expect(evaluate({ e: expression }, { m1: [1] })).rejects.toMatchObject({ code: "ValidationException", message: expect.stringContaining(`Error in expression 'e': ${text}`) });
  });

  it("in a circle is refused, and so is one that is too much to calculate", async () => {
    await expect(evaluate({ a: "b + 1", b: "a + 1" }, { m1: [1] })).rejects.toMatchObject({ code: "ValidationException", message: expect.stringContaining("it refers to itself") });
    const value = await evaluate({ e: "SUM(METRICS())" }, { m1: [1, 2, 3, 4], m2: [1, 2, 3, 4] }, { workMax: 19 });
    await expect(value("e")).rejects.toMatchObject({ code: "ValidationException", message: expect.stringContaining("too many datapoints") });
  });

  it("is evaluated once, however deep it stands", async () => {
    expect(await minutes(`${"ABS(".repeat(60)}m1${")".repeat(60)}`, { m1: [-1] })).toEqual([1]);
    expect(await minutes(`${"FILL(".repeat(60)}m1${", 0)".repeat(60)}`, { m1: [1, _] })).toEqual([1, 0]);
  });

  it("does not double an array for ever", async () => {
    const doubled = Object.fromEntries(Array.from({ length: 100 }, (_one, index) => [`e${index}`, index === 0 ? "[m1, m1]" : `[e${index - 1}, e${index - 1}]`]));
    await expect(evaluate(doubled, { m1: [1] })).rejects.toMatchObject({ code: "ValidationException", message: expect.stringContaining("An array can have no more than 5000 time series") });
  });

  it("is answered or refused, whatever stands there", async () => {
    const word = fc.constantFrom("m1", "m2", "e", "SUM", "METRICS", "IF", "FILL", "SORT", "AVG", "DESC", "REPEAT", "AND", "OR", "(", ")", "[", "]", ",", "+", "-", "*", "/", "^", "<", "==", "1", ".5", "'x'", '"', " ");
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 14 }), async (words) => {
        try {
          expect(await minutes(words.join(""), { m1: [1, 2, _], m2: [_, 3, 4] })).toBeInstanceOf(Array);
        } catch (error) {
          expect(error).toMatchObject({ code: "ValidationException" });
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("a search", () => {
  const found = (search: string, name = "CustomCount1", namespace = "AWS/EC2", dimensions: [string, string][] = [["InstanceId", "i-12ab"], ["Stage", "ProjectA test"]]) => {
    const { namespace: only, accepts } = parseSearch(search);
    return (only === undefined || only === namespace) && accepts({ namespace, name, dimensions });
  };
  // "CloudWatch search expression syntax", CloudWatch user guide.
  it.each([
    ["count", true], ["COUNT", true], ["couNT", false], ["CustomCount", true], ["Count1", true], ["count1", false], ["1", true],
    ['"CustomCount1"', true], ['"customcount1"', false], ['"Custom"', false], ['"i-12ab"', true], ["i-12", true],
    ["{AWS/EC2}", true], ["{AWS/Lambda}", false], ["{AWS/EC2,InstanceId,Stage}", true], ["{AWS/EC2,InstanceId} custom", false], ['{"AWS/EC2", "Stage", InstanceId}, custom', true],
    ['MetricName="CustomCount1"', true], ['MetricName="InstanceId"', false], ["Stage=test", true], ['Stage = "ProjectA test"', true], ["Namespace=AWS", true], ["InstanceId=test", false],
    ["custom AND count", true], ["custom nothing", false], ["custom OR nothing", true], ["custom NOT nothing", true], ["NOT Namespace=AWS", false], ["custom NOT \"i-12ab\" NOT other", false],
    ["(nothing OR custom) AND Stage=ProjectA", true], ['MetricName="Errors" OR (MetricName="CustomCount1" AND (nothing OR ProjectA))', true], ["custom or count", false],
  ])("%s", (search, expected) => expect(found(search)).toBe(expected));

  it("parts names where it is parted itself", () => {
    for (const search of ["network/errors", "network+errors", "Network_Errors"]) expect([found(search, "Network-Errors-2"), found(search, "NetworkErrors2"), found(search, "Network")]).toEqual([true, true, false]);
    expect(found("failure", "SDBFailure") && found("sdb", "SDBFailure") && found("sdbfailure", "SDBFailure")).toBe(true);
    expect(found(String.raw`"Europe\\France Traffic\(Network\)"`, String.raw`Europe\France Traffic(Network)`)).toBe(true);
  });

  it("is answered or refused, whatever stands there", () => {
    const part = fc.constantFrom("a", "AND", "OR", "NOT", "(", ")", '"', "=", "{", "}", ",", " ", "\\");
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        try {
          expect(typeof found(parts.join(""))).toBe("boolean");
        } catch (error) {
          expect(error).toMatchObject({ message: "Invalid SEARCH expression" });
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
