import type { AdvanceableClock, FiredTimer } from "../../src/kit/clock.ts";

interface Pending {
  at: number;
  name: string;
  fire: () => unknown;
}

/** Platform time that stands still between two advances: what a model says of moments holds to the millisecond. */
export const createStillClock = (start: number): AdvanceableClock => {
  const timers = new Set<Pending>();
  let now = start;
  const firstUntil = (target: number) => [...timers].filter(({ at }) => at <= target).toSorted((a, b) => a.at - b.at)[0];
  const at: AdvanceableClock["at"] = (due, name, fire) => {
    const timer = { at: due, name, fire };
    timers.add(timer);
    // As with any clock, what is due already does not wait for the next advance.
    if (due <= now) setImmediate(() => void (timers.delete(timer) && timer.fire()));
    return { cancel: () => void timers.delete(timer) };
  };
  return {
    now: () => now,
    monotonic: () => performance.now(),
    at,
    sleep: (ms) => new Promise((resolve) => void at(now + ms, "sleep", resolve)),
    async advance(ms) {
      const fired: FiredTimer[] = [];
      const target = now + ms;
      for (let next = firstUntil(target); next !== undefined; next = firstUntil(target)) {
        timers.delete(next);
        now = Math.max(now, next.at);
        fired.push({ name: next.name, at: next.at });
        await next.fire();
      }
      now = target;
      return fired;
    },
    aheadMs: 0,
    isMoving: false,
    halt: () => undefined,
    stop: () => timers.clear(),
  };
};
