import type { Line } from "./log-lines.ts";

const LEVELS: Readonly<Record<string, number>> = { TRACE: 1, DEBUG: 2, INFO: 3, WARN: 4, WARNING: 4, ERROR: 5, FATAL: 6, CRITICAL: 6 };

/** The level that a JSON line names; INFO where it names none that is known. Undefined for what is no JSON object. */
const levelOf = (text: string): number | undefined => {
  if (!text.startsWith("{")) return undefined;
  try {
    const { level } = JSON.parse(text) as { level?: unknown };
    return LEVELS[String(level).toUpperCase()] ?? LEVELS["INFO"]!;
  } catch {
    return undefined;
  }
};

/**
 * Whether a line is kept that a handler wrote itself, by the function's ApplicationLogLevel: JSON objects are filtered by their `level`
 * ("Log-level filtering", developer guide). What goes through `console` or `logging` was filtered where it was written.
 */
export const createLevelFilter = (applicationLevel: string | undefined): ((line: Line) => boolean) => {
  const least = LEVELS[applicationLevel ?? "TRACE"] ?? 0;
  return ({ text, isFrame }) => isFrame || (levelOf(text.trimStart()) ?? LEVELS["FATAL"]!) >= least;
};
