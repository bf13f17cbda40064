import type { InvocationOutcome } from "../executor/executor.ts";
import { ASYNC_BACKOFF_MS_FIRST, ASYNC_BACKOFF_MS_MAX, ASYNC_RETRY_DELAYS_MS } from "../kit/limits/lambda.ts";
import type { EndCondition, EventSettings } from "./scheduler.ts";

/** What an event has behind it. */
export interface Attempted {
  acceptedAt: number;
  /** Runs that the function failed, and refusals (throttles, system errors) that do not count as runs. */
  attempts: number;
  backoffs: number;
}

/** What came of one try: it ran, it was refused, or it was not tried: nothing is reserved for it, or it has waited for too long. */
export type Ran = { kind: "ran"; outcome: InvocationOutcome; version: string } | { kind: "refused"; code: string } | { kind: "unreserved" } | { kind: "expired" };

export type Next = { kind: "end"; condition: EndCondition; /** Runs of the function, this one included. */ attempts: number } | { kind: "again"; delayMs: number; isAttempt: boolean; why: string };

/** No try will ever do better. */
const FINAL: Record<string, EndCondition> = { ResourceNotFoundException: "FunctionNotFound", RecursiveInvocationException: "RecursiveInvocationException" };

/** The pause after so many refusals, or failures of ours: it doubles. Milliseconds. */
export const pauseMs = (before: number): number => Math.min(ASYNC_BACKOFF_MS_FIRST * 2 ** before, ASYNC_BACKOFF_MS_MAX);

/**
 * What happens to an event after a try: its end, or another try after one and two minutes (the function failed) or after a growing pause
 * (it was refused). If the event would be too old by then, it ends now ("Asynchronous invocation", developer guide).
 */
export const afterRun = (event: Attempted, ran: Ran, settings: EventSettings, now: number): Next => {
  const attempts = event.attempts + (ran.kind === "ran" ? 1 : 0);
  const end = (condition: EndCondition): Next => ({ kind: "end", condition, attempts });
  const again = (delayMs: number, why: string): Next =>
    now + delayMs - event.acceptedAt > settings.maximumEventAgeMs ? end("EventAgeExceeded") : { kind: "again", delayMs, isAttempt: ran.kind === "ran", why };

  if (ran.kind === "unreserved") return end("ZeroReservedConcurrency");
  if (ran.kind === "expired") return end("EventAgeExceeded");
  if (ran.kind === "refused") {
    const final = FINAL[ran.code];
    return final === undefined ? again(pauseMs(event.backoffs), ran.code) : end(final);
  }
  if (ran.outcome.kind === "response") return end("Success");
  const delayMs = event.attempts < settings.maximumRetryAttempts ? ASYNC_RETRY_DELAYS_MS[event.attempts] : undefined;
  return delayMs === undefined ? end("RetriesExhausted") : again(delayMs, ran.outcome.errorType);
};
