/** What a script may branch on: exit codes of every command. */
export const EXIT = { ok: 0, failed: 1, usage: 2, notRunning: 3, functionError: 4, interrupted: 130 } as const;

export type ErrorCategory = "failed" | "usage" | "notRunning" | "functionError";

/** An end that the user must understand: what happened (message), why, and what to do next (actions). */
export class CliError extends Error {
  override name = "CliError";
  readonly code: string;
  readonly category: ErrorCategory;
  readonly why: string | undefined;
  readonly actions: readonly string[];
  readonly isRetryable: boolean;

  constructor(
    code: string,
    message: string,
    options: { category?: ErrorCategory; why?: string | undefined; actions?: readonly string[]; isRetryable?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.category = options.category ?? "failed";
    this.why = options.why;
    this.actions = options.actions ?? [];
    this.isRetryable = options.isRetryable ?? false;
  }
}

export const usageError = (message: string, why: string | undefined, actions: readonly string[]): CliError =>
  new CliError("USAGE", message, { category: "usage", why, actions });
