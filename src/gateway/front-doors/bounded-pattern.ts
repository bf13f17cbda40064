import { createContext, Script, type Context } from "node:vm";

/** A regular expression that is none, or that takes too long: its author's fault, whoever's text it was held to. */
export class PatternError extends Error {}

/** Milliseconds for one use of a regular expression: who writes it must not be able to hold the server with it. */
const PATTERN_MS_MAX = 50;
const SCRIPT = new Script("run()");

let context: (Context & { run?: (() => unknown) | undefined }) | undefined;

const compile = (pattern: string, flags: string): RegExp => {
  try {
    return new RegExp(pattern, flags);
  } catch {
    throw new PatternError(`${pattern} is no regular expression`);
  }
};

const TIMED_OUT = Symbol("timed out");

/** Only within the virtual machine's call can what runs be interrupted; no code of anybody's runs there. */
const attempt = <T>(run: () => T, ms: number): T | typeof TIMED_OUT => {
  context ??= createContext({});
  context.run = run;
  try {
    return SCRIPT.runInContext(context, { timeout: ms }) as T;
  } catch (error) {
    if ((error as { code?: string }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    return TIMED_OUT;
  } finally {
    context.run = undefined;
  }
};

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};
const ATTEMPTS_MAX = 5;

/** What is counted is this thread's own time: a busy machine that lets it wait makes no pattern a bad one. What runs may be run again from its start. */
export const withinTime = <T>(run: () => T, ms: number, what: string): T => {
  const began = cpuMs();
  for (let attempts = 0; attempts < ATTEMPTS_MAX && cpuMs() - began < ms * 0.9; attempts++) {
    const result = attempt(run, ms);
    if (result !== TIMED_OUT) return result;
  }
  throw new PatternError(`${what} takes longer than ${ms} ms`);
};

const bounded = <T>(expression: RegExp, run: (expression: RegExp) => T): T => withinTime(() => run(expression), PATTERN_MS_MAX, `the regular expression ${expression.source}`);

/** Whether the whole text matches, as Java's `matches` asks. */
export const matchesWhole = (pattern: string, text: string): boolean => bounded(compile(`^(?:${pattern})$`, "s"), (expression) => expression.test(text));

/** Java's replacements: `$1` is a group, a backslash takes the next character as it is. */
const replacementOf = (replacement: string) => (...match: unknown[]): string =>
  replacement.replace(/\\(.)|\$(\d)/gs, (_all, plain: string | undefined, group: string | undefined) => plain ?? String(match[Number(group)] ?? ""));

export const replaceAll = (text: string, pattern: string, replacement: string): string => bounded(compile(pattern, "g"), (expression) => text.replace(expression, replacementOf(replacement)));
export const replaceFirst = (text: string, pattern: string, replacement: string): string => bounded(compile(pattern, ""), (expression) => text.replace(expression, replacementOf(replacement)));

/** Without the empty texts at its end, as Java's `split`. */
export const split = (text: string, pattern: string): string[] => {
  const parts = bounded(compile(pattern, ""), (expression) => text.split(expression));
  while (parts.length > 1 && parts.at(-1) === "") parts.pop();
  return parts;
};

/** Whether some part of the text matches. */
export const matchesAnywhere = (pattern: string, text: string): boolean => bounded(compile(pattern, "u"), (expression) => expression.test(text));
