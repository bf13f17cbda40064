import type { LedgerEntry, LedgerStory } from "../kit/ledger.ts";
import { nextSteps } from "./next-steps.ts";
import type { Output } from "./output.ts";

type Paint = Output["paint"];
type Dated = LedgerEntry & { at: number };

interface FailedCondition {
  /** Which statement it stands in. */
  statement?: string;
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
  fix?: { statement?: { into: string; json: string }; terraform?: string; cli?: string };
}

const LABEL_WIDTH = 8;
const INDENT = " ".repeat(6);

/** A story in plain words: one line a hop, under a refusal what would have let it in, and at the end what came of it. */
export const storyLines = ({ traceId, entries }: LedgerStory, paint: Paint): string[] => {
  const verdict = verdictOf(entries, paint);
  return [
    paint("bold", `${traceId}  ${entries[0] === undefined ? "" : new Date(entries[0].at).toISOString()}`),
    ...entries.flatMap((entry) => entryLines(entry, paint)),
    ...(verdict === undefined ? [] : ["", `  ${verdict}`]),
  ];
};

const entryLines = (entry: Dated, paint: Paint): string[] => {
  const time = new Date(entry.at).toISOString().slice(11, 23);
  const isRefusal = isRefused(entry);
  const text = inWords(entry);
  const summary = isRefusal ? paint("red", `✗ ${text}`) : entry.kind === "drop" ? paint("yellow", text) : text;
  return [`  ${paint("dim", time)}  ${paint("cyan", entry.kind.padEnd(LABEL_WIDTH))}  ${summary}`, ...(isRefusal ? explanationLines(explanationOf(entry), entry.summary, paint) : nextSteps(entry).map((step) => `${INDENT}${step}`))];
};

/** AWS's names of conditions, and what they mean. */
const MEANINGS: Record<string, string> = {
  RetriesExhausted: "the function failed every time that it was tried",
  EventAgeExceeded: "it waited longer than the event age that is allowed",
  ZeroReservedConcurrency: "the function's reserved concurrency is 0, so nothing is tried",
  RecursiveInvocationException: "the chain of events came back to this function 16 times: Lambda takes that for a loop",
  FunctionNotFound: "the function was deleted meanwhile",
  TooManyRequestsException: "throttled: all the concurrency that there is was in use",
  ServiceException: "lambdad could not run it; the server's log says why",
};

/** What a request that failed was told, when that is not what the decision above it says already. */
const saidTo = ({ kind, detail }: LedgerEntry): string | undefined => {
  const { code, message } = detail as { code?: unknown; message?: unknown };
  if (kind !== "request" || typeof message !== "string" || typeof code !== "string" || code.startsWith("AccessDenied")) return undefined;
  return message;
};

const inWords = (entry: LedgerEntry): string => {
  const { condition, why } = entry.detail as { condition?: unknown; why?: unknown };
  const meaning = MEANINGS[typeof condition === "string" ? condition : typeof why === "string" ? why : ""];
  const said = saidTo(entry);
  return `${entry.summary}${meaning === undefined ? "" : ` (${meaning})`}${said === undefined ? "" : `: ${said}`}`;
};

const explanationOf = ({ detail }: LedgerEntry): Explanation => (detail["explanation"] ?? {}) as Explanation;

const isRefused = (entry: LedgerEntry): boolean => {
  const decision = entry.detail["decision"] as { isAllowed?: boolean } | undefined;
  return decision?.isAllowed === false || (explanationOf(entry).fix !== undefined && decision?.isAllowed !== true);
};

/** The one line that answers the question: from the last hop that decided anything. */
const verdictOf = (entries: readonly Dated[], paint: Paint): string | undefined => {
  const isRefusal = (entry: Dated) => isRefused(entry) && entry.detail["isEnforced"] !== false;
  const refusal = entries.findLast(isRefusal);
  const last = entries.findLast(({ kind }) => kind === "attempt" || kind === "retry" || kind === "drop");
  const givenUp = entries.findLast(({ kind, detail }) => kind === "drop" && typeof detail["condition"] === "string");
  if (last?.kind === "attempt" && givenUp !== undefined) return paint("red", `✗ ${inWords(givenUp)}; its destination was told`);
  if (last?.kind === "attempt") return last.detail["outcome"] === "error" ? paint("red", "✗ the function ran and failed") : paint("green", "✓ the function ran");
  if (last?.kind === "retry") return paint("yellow", `… not yet: ${inWords(last)}`);
  if (refusal !== undefined) return paint("red", `✗ refused: ${refusal.summary}`);
  if (last?.kind === "drop") return paint("red", `✗ ${inWords(last)}`);
  if (entries.some(({ kind }) => kind === "queued")) return paint("yellow", "… it waits for its turn");
  const failed = entries.findLast((entry) => entry.kind === "request" && typeof entry.detail["code"] === "string");
  if (failed !== undefined) return paint("red", `✗ ${inWords(failed)}`);
  const matches = entries.filter(({ kind }) => kind === "match");
  return matches.length > 0 && matches.every(({ detail }) => detail["isMatched"] === false) ? paint("yellow", "– nobody was told: no notification wants this event") : undefined;
};

const explanationLines = ({ message, sentences = [], failedConditions = [], fix = {} }: Explanation, summary: string, paint: Paint): string[] => [
  ...[...sentences, ...(message === undefined ? [] : [`AWS says: ${message}`])].filter((sentence) => !summary.startsWith(sentence)).map((sentence) => `${INDENT}${sentence}`),
  ...failedConditions.flatMap((condition) => conditionLines(condition, paint)),
  ...block(`The statement that is missing, for ${fix.statement?.into}:`, fix.statement?.json, paint),
  ...block("Terraform that opens the door:", fix.terraform, paint),
  ...block(fix.terraform === undefined ? "With the AWS CLI:" : "or the AWS CLI:", fix.cli, paint),
];

const conditionLines = ({ statement, operator, key, expected, actual }: FailedCondition, paint: Paint): string[] => [
  `${INDENT}${statement === undefined ? "" : `${statement} would allow it, but its `}${paint("yellow", `condition ${operator} ${key} does not hold`)}`,
  `${INDENT}  expected  ${listed(expected)}`,
  `${INDENT}  actual    ${actual === undefined || actual === null || actual.length === 0 ? "(the request has no such key)" : listed(actual)}`,
];

const listed = (value: string | readonly string[]): string => (typeof value === "string" ? value : value.join(" or "));

const block = (title: string, text: string | undefined, paint: Paint): string[] =>
  text === undefined ? [] : ["", `${INDENT}${paint("bold", title)}`, ...text.split("\n").map((line) => `${INDENT}  ${line}`.trimEnd())];
