import { EMF_METRICS_MAX, EMF_POINTS_MAX, EMF_VALUES_MAX } from "../../../kit/limits/logs.ts";
import { METRIC_DIMENSIONS_MAX } from "../../../kit/limits/metrics.ts";

/** Values of one metric in a log event. */
export interface EmbeddedMetric {
  namespace: string;
  name: string;
  unit: string;
  dimensions: Record<string, string>;
  values: readonly number[];
  /** Milliseconds since the epoch. */
  at: number;
  isHighResolution: boolean;
}

/** `none`: the line speaks of no metrics. `unparsable`: it begins to, and is no JSON. `invalid`: something of it is not as its specification has it, and is left out. */
export interface Embedded {
  metrics: EmbeddedMetric[];
  problem?: "unparsable" | "invalid";
}

type Json = Record<string, unknown>;

const NONE: Embedded = { metrics: [] };
const MARK = '"_aws"';
const UNITS = new Set([
  "Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "None", "Count/Second",
  ...["Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"].flatMap((unit) => [unit, `${unit}/Second`]),
]);

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** One number, or many. Undefined for what is neither. */
const valuesOf = (value: unknown): readonly number[] | undefined => {
  if (isNumber(value)) return [value];
  return Array.isArray(value) && value.length <= EMF_VALUES_MAX && value.every(isNumber) ? value : undefined;
};

/** Of one set of names; undefined when the event does not have all of them as text. */
const dimensionsOf = (event: Json, names: unknown): Record<string, string> | undefined => {
  if (!Array.isArray(names) || names.length > METRIC_DIMENSIONS_MAX) return undefined;
  const dimensions: Record<string, string> = {};
  for (const name of names) {
    const value = typeof name === "string" && Object.hasOwn(event, name) ? event[name] : undefined;
    if (typeof value !== "string" || value === "" || value.length > 1_024) return undefined;
    dimensions[name as string] = value;
  }
  return dimensions;
};

/** One directive: each of its metrics in each of its sets of dimensions. */
const readDirective = (event: Json, directive: unknown, at: number, found: EmbeddedMetric[]): boolean => {
  if (!isObject(directive)) return false;
  const { Namespace: namespace, Metrics: metrics } = directive;
  const sets = directive["Dimensions"] ?? [[]];
  if (typeof namespace !== "string" || namespace === "" || namespace.startsWith("AWS/") || !Array.isArray(metrics) || metrics.length > EMF_METRICS_MAX || !Array.isArray(sets)) return false;
  const dimensionSets = sets.map((names) => dimensionsOf(event, names));
  let isValid = dimensionSets.every((set) => set !== undefined);
  for (const metric of metrics as unknown[]) {
    const { Name: name, Unit: unit = "None", StorageResolution: resolution = 60 } = isObject(metric) ? metric : {};
    const values = typeof name === "string" && Object.hasOwn(event, name) ? valuesOf(event[name]) : undefined;
    if (typeof name !== "string" || values === undefined || typeof unit !== "string" || !UNITS.has(unit)) {
      isValid = false;
      continue;
    }
    for (const dimensions of dimensionSets) {
      if (found.length >= EMF_POINTS_MAX) return false;
      if (dimensions !== undefined && values.length > 0) found.push({ namespace, name, unit, dimensions, values, at, isHighResolution: resolution === 1 });
    }
  }
  return isValid;
};

/** The metrics of a line in the embedded metric format ("Specification: Embedded metric format"); a line that is none costs one search. */
export const readEmbeddedMetrics = (message: string): Embedded => {
  if (!message.includes(MARK)) return NONE;
  let event: unknown;
  try {
    // Behind the time, the request and the level that Node.js writes before it.
    event = JSON.parse(message.slice(Math.max(0, message.indexOf("{"))));
  } catch {
    return /^\s*\{/.test(message) ? { metrics: [], problem: "unparsable" } : NONE;
  }
  const about = isObject(event) ? event["_aws"] : undefined;
  // X-Ray, and others, have members of that name too.
  if (!isObject(event) || !isObject(about) || about["CloudWatchMetrics"] === undefined) return NONE;
  const { Timestamp: at, CloudWatchMetrics: directives } = about;
  if (!isNumber(at) || !Array.isArray(directives)) return { metrics: [], problem: "invalid" };
  const metrics: EmbeddedMetric[] = [];
  let isValid = true;
  for (const directive of directives as unknown[]) isValid = readDirective(event, directive, at, metrics) && isValid && metrics.length < EMF_POINTS_MAX;
  return isValid ? { metrics } : { metrics, problem: "invalid" };
};
