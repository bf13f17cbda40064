import type { GetMetricDataInput, MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { isApiError } from "../../kit/api-error.ts";
import { METRIC_DATA_POINTS_MAX, METRIC_DATA_QUERIES_MAX } from "../../kit/limits/metrics.ts";
import { dimensionsOf } from "./dimensions.ts";
import { invalidCombination, invalidValue, missingParameter, notBuilt, validationError } from "./errors.ts";
import { checkLabel } from "./labels.ts";
import { checkPeriod, checkTimes, isStatistic } from "./statistics.ts";

const ID = /^[a-z][a-zA-Z0-9_]*$/;
const INPUT_ERRORS = ["InvalidParameterValueException", "InvalidParameterCombinationException", "MissingRequiredParameterException"];

/** What PutMetricData and GetMetricStatistics have codes for, and all other operations call a ValidationError. */
export const isInputError = (error: unknown): error is Error => isApiError(error) && INPUT_ERRORS.includes(error.code);

/** The texts of what checks throw. */
const problemsOf = (checks: readonly (() => unknown)[]): string[] =>
  checks.flatMap((check) => {
    try {
      check();
      return [];
    } catch (error) {
      if (!isInputError(error)) throw error;
      return error.message;
    }
  });

const checkQuery = ({ Id, Expression, MetricStat, AccountId, Label, Period }: MetricDataQuery, where: string, both: string): void => {
  if (!ID.test(Id!)) throw invalidValue(`The value ${Id} for parameter ${where}.Id is not matching the expected pattern ${ID.source}.`);
  if (AccountId !== undefined) throw notBuilt(`AccountId of ${Id}`, "accounts do not observe each other here; ask in that account");
  if (Label !== undefined) checkLabel(Label, where);
  if (Period !== undefined) checkPeriod(Period, `${where}.Period`);
  if (Expression !== undefined && MetricStat !== undefined) throw invalidCombination(`The parameters ${both} are mutually exclusive and you have specified both.`);
  if (Expression !== undefined) return;
  if (MetricStat === undefined) throw missingParameter(`The parameter ${where}.MetricStat is required.`);
  checkPeriod(MetricStat.Period!, `${where}.MetricStat.Period`);
  if (!isStatistic(MetricStat.Stat!)) throw invalidValue(`The value ${MetricStat.Stat} for parameter ${where}.MetricStat.Stat is not a valid statistic.`.replace("  ", " "));
  dimensionsOf(MetricStat.Metric!.Dimensions, `${where}.MetricStat.Metric.Dimensions`);
};

const checkCollection = (queries: readonly MetricDataQuery[], collection: string): void => {
  if (queries.length > METRIC_DATA_QUERIES_MAX) throw invalidValue(`The collection ${collection} must not have a size greater than ${METRIC_DATA_QUERIES_MAX}.`);
  if (new Set(queries.map(({ Id }) => Id)).size < queries.length) throw invalidValue(`The values for parameter id in ${collection} are not unique.`);
};

/** The queries of an alarm. Throws what is wrong with each of them in a line of its own, or the name of what is not built. */
export const checkAlarmQueries = (queries: readonly MetricDataQuery[]): void => {
  const problems = problemsOf([() => checkCollection(queries, "Metrics"), ...queries.map((query, index) => () => checkQuery(query, `Metrics.member.${index + 1}`, "MetricDataQuery Expression and MetricStat"))]);
  if (problems.length > 0) throw validationError(problems.join("\n"));
};

/** The same for GetMetricData, which ends its lines. */
export const checkDataInput = ({ MetricDataQueries = [], StartTime, EndTime, MaxDatapoints = METRIC_DATA_POINTS_MAX, LabelOptions }: GetMetricDataInput): void => {
  const name = "MetricDataQueries";
  const zone = LabelOptions?.Timezone;
  const problems = problemsOf([
    () => checkTimes(StartTime!.getTime(), EndTime!.getTime()),
    () => {
      if (MaxDatapoints < 1 || MaxDatapoints > METRIC_DATA_POINTS_MAX) throw invalidValue(`The value ${MaxDatapoints} for parameter MaxDatapoints is invalid: it is from 1 to ${METRIC_DATA_POINTS_MAX}.`);
      if (zone !== undefined && !/^[+-]\d{4}$/.test(zone)) throw invalidValue(`The value ${zone} for parameter LabelOptions.Timezone is invalid: it is +HHmm or -HHmm.`);
    },
    () => checkCollection(MetricDataQueries, name),
    ...MetricDataQueries.map((query, index) => () => checkQuery(query, `${name}.member.${index + 1}`, `${name}.member.${index + 1}.Expression and ${name}.member.${index + 1}.MetricStat`)),
  ]);
  if (problems.length > 0) throw validationError(problems.map((text) => `${text}\n`).join(""));
};
