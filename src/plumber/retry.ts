import { DELIVERY_AGE_MS_MAX, DELIVERY_BACKOFF_MS_FIRST, DELIVERY_BACKOFF_MS_MAX } from "../kit/limits/deliveries.ts";
import type { Random } from "../kit/random.ts";
import type { RetryPhase, RetryPolicy } from "./delivery.ts";

/** Doubles from one second to five minutes. */
export const backoffMs = (attempts: number): number => Math.min(DELIVERY_BACKOFF_MS_FIRST * 2 ** attempts, DELIVERY_BACKOFF_MS_MAX);

/** How far from the first pause to the last a phase is, 0 to 1, at a part of its way. */
const CURVES: Record<NonNullable<RetryPhase["curve"]>, (part: number) => number> = {
  linear: (part) => part,
  arithmetic: (part) => part ** 2,
  geometric: (part) => part ** 3,
  exponential: (part) => (2 ** (10 * part) - 1) / (2 ** 10 - 1),
};

/** Undefined when the phases are over. */
const phaseDelayMs = (phases: readonly RetryPhase[], attempts: number): number | undefined => {
  let index = attempts;
  for (const { times, fromMs, toMs, curve = "linear" } of phases) {
    if (index < times) return Math.round(fromMs + (toMs - fromMs) * CURVES[curve](times === 1 ? 1 : index / (times - 1)));
    index -= times;
  }
  return undefined;
};

const JITTER_STEPS = 1_000;

/** Between a half and the whole of a pause that doubles. */
const jitteredMs = ({ firstMs, maxMs }: NonNullable<RetryPolicy["backoff"]>, attempts: number, random: Pick<Random, "below">): number =>
  Math.round(Math.min(firstMs * 2 ** attempts, maxMs) * (0.5 + random.below(JITTER_STEPS + 1) / JITTER_STEPS / 2));

/** Which bound of a retry policy was reached, in EventBridge's words. */
export type Exhausted = "MaximumRetryAttempts" | "MaximumEventAgeInSeconds";

interface Tried {
  /** Tries again that there were already. */
  attempts: number;
  acceptedAt: number;
  now: number;
  random: Pick<Random, "below">;
  /** What the target asks for. */
  atLeastMs?: number;
}

/** A try after it comes too late: platform time, milliseconds. */
export const latestTryAt = ({ acceptedAt, retry }: { acceptedAt: number; retry?: RetryPolicy }): number => acceptedAt + (retry?.ageMs ?? DELIVERY_AGE_MS_MAX);

/** When a delivery that has failed is tried again, or why it is not. */
export const nextTry = (policy: RetryPolicy | undefined, { attempts, acceptedAt, now, random, atLeastMs = 0 }: Tried): { delayMs: number } | { exhausted: Exhausted } => {
  const { attemptsMax = Infinity, ageMs = DELIVERY_AGE_MS_MAX, phases, backoff } = policy ?? {};
  if (attempts >= attemptsMax) return { exhausted: "MaximumRetryAttempts" };
  const pause = phases !== undefined ? phaseDelayMs(phases, attempts) : backoff === undefined ? backoffMs(attempts) : jitteredMs(backoff, attempts, random);
  if (pause === undefined) return { exhausted: "MaximumRetryAttempts" };
  const delayMs = Math.max(pause, atLeastMs);
  return now + delayMs - acceptedAt > ageMs ? { exhausted: "MaximumEventAgeInSeconds" } : { delayMs };
};
