import { invalidValue, notBuilt } from "./errors.ts";
import { average, least, most, sum } from "./math/numbers.ts";
import type { Series } from "./math/values.ts";

const PLACEHOLDER = /\$\{([A-Z_]+|PROP\('([^']*)'\))\}/g;
/** Of one label ("Using dynamic labels"). */
const STATISTICS_MAX = 5;

const STATISTICS: Record<string, (values: readonly number[]) => number> = {
  AVG: average,
  DATAPOINT_COUNT: (values) => values.length,
  FIRST: (values) => values[0]!,
  FIRST_LAST_RANGE: (values) => values.at(-1)! - values[0]!,
  LAST: (values) => values.at(-1)!,
  MAX: most,
  MIN: least,
  MIN_MAX_RANGE: (values) => most(values) - least(values),
  SUM: sum,
};
const TIMES = /_TIME(_RELATIVE|_RANGE)?$/;

/** Throws what is wrong with a label, and the name of what is not built. */
export const checkLabel = (label: string, where: string): void => {
  const names = [...label.matchAll(PLACEHOLDER)].flatMap(([, name, property]) => (property === undefined ? [name!] : []));
  const time = names.find((name) => TIMES.test(name));
  if (time !== undefined) throw notBuilt(`\${${time}} of a label`, "labels may tell values, their statistics and properties of the metric");
  const unknown = names.find((name) => name !== "LABEL" && !Object.hasOwn(STATISTICS, name));
  if (unknown !== undefined) throw invalidValue(`The value ${label} for parameter ${where}.Label is invalid: there is no \${${unknown}}.`);
  if (names.filter((name) => name !== "LABEL").length > STATISTICS_MAX) throw invalidValue(`The value ${label} for parameter ${where}.Label is invalid: there can be no more than ${STATISTICS_MAX} dynamic values.`);
  if (names.filter((name) => name === "LABEL").length > 1) throw invalidValue(`The value ${label} for parameter ${where}.Label is invalid: \${LABEL} can be there once.`);
};

const propertyOf = ({ by, periodMs }: Series, name: string): string => {
  if (name === "Period") return String(periodMs / 1_000);
  if (by === undefined) return "";
  const { metric, statistic } = by;
  if (name.startsWith("Dim.")) return metric.dimensions[name.slice("Dim.".length)] ?? "";
  return { AccountId: metric.account, MetricName: metric.name, Namespace: metric.namespace, Region: metric.region, Stat: statistic }[name] ?? "";
};

/** A label with what it asks for in it: `[max: ${MAX}] ${LABEL}`. */
export const labelOf = (label: string, series: Series): string =>
  label.replaceAll(PLACEHOLDER, (_all, name: string, property: string | undefined) => {
    if (property !== undefined) return propertyOf(series, property);
    if (name === "LABEL") return series.label;
    return series.values.length === 0 ? "" : String(STATISTICS[name]!(series.values));
  });

/** Whether it says where the label that a series has already belongs. */
export const hasLabel = (label: string): boolean => label.includes("${LABEL}");
