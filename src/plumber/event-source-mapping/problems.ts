import { isApiError } from "../../kit/api-error.ts";
import type { Log } from "../../kit/log.ts";

interface Needs {
  /** In AWS's words: `PROBLEM: …` */
  describe(error: unknown, action: string): string;
  /** There is another one than before; undefined: `before` is solved. */
  tell(problem: string | undefined, before: string | undefined): void;
  log: Log;
  /** In the server's log: `an event source mapping`, and what it is. */
  who: string;
  about: Record<string, unknown>;
}

/** What keeps one from its work, by what it was about to do. Each is told once, and when it is solved. */
export const createProblems = <Kind extends string>({ describe, tell, log, who, about }: Needs) => {
  const problems = new Map<Kind, string>();
  return {
    /** The first there is. */
    get one(): string | undefined { return problems.values().next().value; },
    /** @param error undefined: it could be done */
    set(kind: Kind, error: unknown, action: string) {
      const before = problems.get(kind);
      if (error === undefined) {
        if (before === undefined) return;
        problems.delete(kind);
        return tell(undefined, before);
      }
      const problem = describe(error, action);
      if (!isApiError(error)) log.error(`${who} has a problem`, { ...about, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      if (problem === before) return;
      problems.set(kind, problem);
      tell(problem, before);
    },
  };
};
