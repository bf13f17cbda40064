/** When something happens again. Moments are milliseconds since the epoch. */
export interface Recurrence {
  readonly kind: "at" | "cron" | "rate";
  /** The first moment after `after`; undefined when there is none. */
  next(after: number): number | undefined;
}

/** A schedule expression that is none. Its message says why. */
export class InvalidSchedule extends Error {}

/** The last moment that a Date can tell. */
export const LAST_MOMENT_MS = 8.64e15;
