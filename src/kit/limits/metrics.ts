/** Days that points of a minute are kept ("Amazon CloudWatch concepts"), hours that those of a second are, and points in all (ours). */
export const METRIC_POINT_DAYS_MAX = 15;
export const METRIC_SECONDS_HOURS_MAX = 3;
export const METRIC_POINTS_MAX = 2_000_000;
/** Milliseconds between two writes of what was counted, and between two looks for what is too old. Ours. */
export const METRIC_GATHER_MS = 5_000;
export const METRIC_SWEEP_MS = 60 * 60 * 1000;
/** Points that others tell of and that are not written yet: who tells of more waits. Ours. */
export const METRIC_RECORDED_MAX = 5_000;
/** Of one PutMetricData: values (different ones) of a datum, data, dimensions of a datum ("PutMetricData", API reference). */
export const METRIC_VALUES_MAX = 150;
export const METRIC_DATA_MAX = 1_000;
export const METRIC_DIMENSIONS_MAX = 30;
/** Milliseconds that the time of a datum may lie behind and ahead ("PutMetricData", API reference). */
export const METRIC_BEHIND_MS_MAX = 14 * 24 * 60 * 60 * 1000;
export const METRIC_AHEAD_MS_MAX = 2 * 60 * 60 * 1000;
/** Points of one GetMetricStatistics and of one GetMetricData, queries of the latter, and metrics of a page of ListMetrics (API reference). */
export const METRIC_STATISTICS_POINTS_MAX = 1_440;
export const METRIC_DATA_POINTS_MAX = 100_800;
export const METRIC_DATA_QUERIES_MAX = 500;
export const METRICS_PAGE_MAX = 500;
/** Metrics that one SEARCH finds, characters of it, and how many there may be in a request ("CloudWatch search expression syntax"). */
export const METRIC_SEARCH_MAX = 500;
export const METRIC_SEARCH_CHARACTERS_MAX = 1_024;
export const METRIC_SEARCHES_MAX = 100;
/** Points that one answer may be calculated of, and series of an array; ours: the points hold the server for some tenths of a second. */
export const METRIC_ARRAY_MAX = 5_000;
export const METRIC_MATH_WORK_MAX = 4_000_000;
/** Alarms of one DeleteAlarms, on one page, and items of one page of history; tags of an alarm (API reference). Days that history is kept ("DescribeAlarmHistory": 30). */
export const ALARMS_PAGE_MAX = 100;
export const ALARM_TAGS_MAX = 50;
export const ALARM_HISTORY_DAYS_MAX = 30;
/** Metrics of an alarm, and expressions ("MetricDataQuery", API reference). */
export const ALARM_QUERIES_MAX = 10;
/** Seconds that the periods of an alarm may span: of those shorter than an hour, and of the others ("PutMetricAlarm", API reference). */
export const ALARM_SPAN_SECONDS_MAX = 86_400;
export const ALARM_LONG_SPAN_SECONDS_MAX = 7 * 86_400;
/** Alarms of an account in a region (the quota can be raised on AWS), and how many are looked at at once. Ours. */
export const ALARMS_MAX = 10_000;
export const ALARMS_AT_ONCE = 50;
/** Functions whose metrics are kept at hand, and of each what it is invoked by. Ours. */
export const FUNCTIONS_MEASURED_MAX = 1_000;
/** Milliseconds that a queue is active for after its last use ("Monitoring Amazon SQS queues using CloudWatch"); queues that are active at the same time, and that are read at once. Ours. */
export const QUEUES_ACTIVE_MS = 6 * 60 * 60 * 1000;
export const QUEUES_ACTIVE_MAX = 10_000;
export const QUEUES_LEVELLED_AT_ONCE = 100;
/** Queues whose metrics are kept at hand. Ours. */
export const QUEUES_MEASURED_MAX = 1_000;
