import { ApiError } from "../kit/api-error.ts";
import { ENUM_TEXT } from "./constraints.ts";

/** `MetricData.member.1.Unit` of `metricData.1.member.unit`. */
const queryPath = (path: string): string =>
  path.replace(/\.(\d+)\.member\b/g, ".member.$1").split(".").map((step) => (step === "member" ? step : step.charAt(0).toUpperCase() + step.slice(1))).join(".");

const ISSUE = /^Value (null|'.*') at '([\w.]+)' failed to satisfy constraint: (.*)$/s;

interface Line {
  text: string;
  isMissing: boolean;
}

/** Undefined for what the operation says itself, of values that it knows more of. @param isRead Those who read metrics part a set from its brackets by nothing. */
const lineOf = (issue: string, isRead: boolean): Line | undefined => {
  const [, value, path, constraint] = ISSUE.exec(issue) ?? [];
  if (value === undefined || path === undefined || constraint === undefined) return undefined;
  const name = queryPath(path);
  // An empty text is none.
  if (value === "null" || value === "''") return { text: `The parameter ${name} is required.`, isMissing: true };
  if (name.endsWith(".StorageResolution")) return { text: `The parameter ${name} must be a value in the set [ 1, 60 ].`, isMissing: false };
  if (constraint.startsWith(ENUM_TEXT)) {
    const values = constraint.slice(ENUM_TEXT.length + 2, -1);
    return { text: `The parameter ${name} must be a value in the set ${isRead ? `[${values}]` : `[ ${values} ]`}.`, isMissing: false };
  }
  const most = /^Member must have length less than or equal to (\d+)$/.exec(constraint)?.[1];
  if (most !== undefined) return { text: value.startsWith("'[") ? `The collection ${name} must not have a size greater than ${most}.` : `The parameter ${name} must be shorter than ${Number(most) + 1} characters.`, isMissing: false };
  if (constraint.startsWith("Member must satisfy constraint:")) return undefined;
  return { text: `The value ${value.slice(1, -1)} for parameter ${name} is invalid.`, isMissing: false };
};

/** The operations that say it so; all others of CloudWatch, those on alarms above all, have the words that most services have. */
const OWN_WORDS = new Set(["PutMetricData", "GetMetricStatistics", "GetMetricData"]);

/**
 * What CloudWatch says of input for metrics that breaks its model: a line for each, in the names of the query protocol, and what is missing before what is wrong.
 * GetMetricData has one code for all of it, and ends each line.
 */
export const failAsMetrics = (operation: string, issues: readonly string[]): boolean => {
  if (!OWN_WORDS.has(operation)) return false;
  const lines = issues.flatMap((issue) => lineOf(issue, operation !== "PutMetricData") ?? []);
  const missing = lines.filter(({ isMissing }) => isMissing);
  const said = [...new Set((missing.length > 0 ? missing : lines).map(({ text }) => text))];
  if (said.length === 0) return true;
  if (operation === "GetMetricData") throw new ApiError("ValidationException", said.map((text) => `${text}\n`).join(""));
  throw new ApiError(missing.length > 0 ? "MissingRequiredParameterException" : "InvalidParameterValueException", said.join("\n"));
};
