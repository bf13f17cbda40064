import type { MetricTransformation } from "@aws-sdk/client-cloudwatch-logs";
import { invalidParameter } from "../errors.ts";
import { compilePattern, type FilterPattern } from "../pattern/pattern.ts";

/** One value that a log event gives a metric. */
export interface LogMetricValue {
  namespace: string;
  name: string;
  unit: string;
  dimensions: Record<string, string>;
  value: number;
}

export interface Transformation {
  /** Undefined where the event has no number for it, or not all dimensions. */
  valueOf(message: string): LogMetricValue | undefined;
  /** For a minute in which log events came and none matched; undefined when there is no default. */
  byDefault: LogMetricValue | undefined;
}

/** What a message has there. */
type Reader = (message: string) => string | undefined;

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?$/;

/** `$.a.b` of a pattern for JSON, `$field` of one for fields. Throws InvalidParameterException. */
const compileReference = (pattern: string, compiled: FilterPattern, reference: string): Reader => {
  const text = pattern.trim();
  if (text.startsWith("{") && reference.startsWith("$.")) {
    const selector = compilePattern(`{ ${reference} = * }`);
    return (message) => Object.values(selector.extract(message))[0];
  }
  if (text.startsWith("[")) return (message) => compiled.extract(message)[reference];
  throw invalidParameter(`Invalid metric transformation: the filter pattern has no field ${reference}.`);
};

/** A number as it stands there, or where to find one. Throws InvalidParameterException. */
export const compileTransformation = (pattern: string, { metricNamespace, metricName, metricValue, dimensions = {}, unit = "None", defaultValue }: MetricTransformation): Transformation => {
  const compiled = compilePattern(pattern);
  const common = { namespace: metricNamespace!, name: metricName!, unit };
  if (!metricValue!.startsWith("$") && !NUMBER.test(metricValue!)) throw invalidParameter(`Invalid metric transformation: the metric value ${metricValue} is neither a number nor a field.`);
  const fixed = metricValue!.startsWith("$") ? undefined : Number(metricValue);
  const readValue = fixed === undefined ? compileReference(pattern, compiled, metricValue!) : undefined;
  const readers = Object.entries(dimensions).map(([name, reference]) => {
    if (!reference.startsWith("$")) throw invalidParameter("Invalid metric transformation: dimension value must be valid selector");
    return [name, compileReference(pattern, compiled, reference)] as const;
  });
  const dimensionsOf = (message: string): Record<string, string> | undefined => {
    const values: Record<string, string> = {};
    for (const [name, read] of readers) {
      const value = read(message);
      if (value === undefined || value === "") return undefined;
      values[name] = value.slice(0, 1_024);
    }
    return values;
  };
  return {
    valueOf(message) {
      const text = readValue?.(message);
      const value = fixed ?? (text !== undefined && NUMBER.test(text) ? Number(text) : undefined);
      const own = value === undefined ? undefined : dimensionsOf(message);
      return value === undefined || own === undefined ? undefined : { ...common, dimensions: own, value };
    },
    byDefault: defaultValue === undefined ? undefined : { ...common, dimensions: {}, value: defaultValue },
  };
};
