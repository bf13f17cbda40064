/** One metric of CloudWatch: whose, and what it measures. */
export interface Metric {
  account: string;
  region: string;
  /** `AWS/Lambda` */
  namespace: string;
  name: string;
  /** `{ FunctionName: "f" }`; another set of them is another metric. */
  dimensions: Readonly<Record<string, string>>;
  /** `Count`, `Milliseconds`, … */
  unit: string;
}

/** Where the values of one metric go. To be kept by whoever has many: making it costs more than adding. */
export interface Series {
  /** Counts at the platform's minute of now. */
  add(value: number, times?: number): void;
}

/** Counted behind the work and written in batches: nothing waits for it, and a crash may cost the last seconds. */
export interface Metrics {
  /** @param also Metrics that the same values count for: with fewer dimensions, or of the region. */
  series(metric: Metric, ...also: Metric[]): Series;
  /**
   * Values of a moment that somebody else tells of: of its minute, or of its second.
   * @param at Milliseconds since the epoch.
   * @returns When there is room for more; undefined as long as there is some.
   */
  record(metric: Metric, at: number, values: readonly number[], isHighResolution?: boolean): Promise<void> | undefined;
  flush(): Promise<void>;
}

/** Counts nothing. */
export const noMetrics: Metrics = { series: () => ({ add() {} }), record: () => undefined, flush: async () => {} };
