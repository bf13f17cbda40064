import type { LedgerEntry, LedgerStory } from "../kit/ledger.ts";
import type { Output } from "./output.ts";

type Paint = Output["paint"];

interface FailedCondition {
  operator: string;
  key: string;
  expected: string | readonly string[];
  actual?: string | readonly string[] | null;
}

/** What a refusal's detail holds beside the decision. */
interface Explanation {
  message?: string;
  sentences?: readonly string[];
  failedConditions?: readonly FailedCondition[];
  fix?: { terraform?: string; cli?: string };
}

const LABEL_WIDTH = 8;

/** A story in plain words: one line a hop, and under a refusal what would have let it in. */
export const storyLines = ({ traceId, entries }: LedgerStory, paint: Paint): string[] => [
  paint("bold", `${traceId}  ${entries[0] === undefined ? "" : new Date(entries[0].at).toISOString()}`),
  ...entries.flatMap((entry) => entryLines(entry, paint)),
];

const entryLines = (entry: LedgerEntry & { at: number }, paint: Paint): string[] => {
  const time = new Date(entry.at).toISOString().slice(11, 23);
  const isRefusal = isRefused(entry);
  const summary = isRefusal ? paint("red", `✗ ${entry.summary}`) : entry.kind === "drop" ? paint("yellow", entry.summary) : entry.summary;
  return [`  ${paint("dim", time)}  ${paint("cyan", entry.kind.padEnd(LABEL_WIDTH))}  ${summary}`, ...(isRefusal ? explanationLines(explanationOf(entry), entry.summary, paint) : [])];
};

const explanationOf = ({ detail }: LedgerEntry): Explanation => (detail["explanation"] ?? {}) as Explanation;

const isRefused = (entry: LedgerEntry): boolean => {
  const decision = entry.detail["decision"] as { isAllowed?: boolean } | undefined;
  return decision?.isAllowed === false || (explanationOf(entry).fix !== undefined && decision?.isAllowed !== true);
};

const INDENT = " ".repeat(6);

const explanationLines = ({ message, sentences = [], failedConditions = [], fix = {} }: Explanation, summary: string, paint: Paint): string[] => [
  ...[...(message === undefined ? [] : [message]), ...sentences].filter((sentence) => !summary.startsWith(sentence)).map((sentence) => `${INDENT}${sentence}`),
  ...failedConditions.flatMap((condition) => conditionLines(condition, paint)),
  ...block("Terraform that opens the door:", fix.terraform, paint),
  ...block("or the AWS CLI:", fix.cli, paint),
];

const conditionLines = ({ operator, key, expected, actual }: FailedCondition, paint: Paint): string[] => [
  `${INDENT}${paint("yellow", `condition ${operator} ${key} does not hold`)}`,
  `${INDENT}  expected  ${listed(expected)}`,
  `${INDENT}  actual    ${actual === undefined || actual === null || actual.length === 0 ? "(the request has no such key)" : listed(actual)}`,
];

const listed = (value: string | readonly string[]): string => (typeof value === "string" ? value : value.join(" or "));

const block = (title: string, text: string | undefined, paint: Paint): string[] =>
  text === undefined ? [] : ["", `${INDENT}${paint("bold", title)}`, ...text.split("\n").map((line) => `${INDENT}  ${line}`.trimEnd())];
