import { createTimeHeap, type TimeHeap } from "./time-heap.ts";

/** A message as it is counted. */
export interface CountedMessage {
  visibleAt: number;
  isReceived: boolean;
  /** Of a standard queue's message: who it is for. */
  tenant: string | null;
}

/** What is not visible at the moment, by the moment at which it will be: each costs nothing until then. */
export interface Held {
  readonly delayed: number;
  readonly inFlight: number;
  /** That have something in flight. */
  readonly tenantCount: number;
  inFlightOf(tenant: string): number;
  tenants(): Iterable<[string, number]>;
  /** @param count so many that are alike */
  add(message: CountedMessage, count?: number): void;
  remove(message: CountedMessage): void;
  /** What is visible by now is not held any more. */
  advance(now: number): void;
}

interface Moment {
  delayed: number;
  inFlight: number;
  tenants?: Map<string, number>;
}

/** Milliseconds. What becomes visible within so many is one moment, the first of them: a hundred thousand messages that somebody has are some hundred moments, and not as many. */
export const MOMENT_MS = 100;
/** Moments that nothing is held for any more stay in the heap until it is more than they. */
const EMPTY_MOMENTS_MIN = 1_000;

const momentAt = ({ visibleAt }: CountedMessage): number => visibleAt - (visibleAt % MOMENT_MS);

export const createHeld = (): Held => {
  const moments = new Map<number, Moment>();
  const tenants = new Map<string, number>();
  let heap: TimeHeap = createTimeHeap();
  let reached = -Infinity;
  let latest = -Infinity;
  let delayed = 0;
  let inFlight = 0;

  const count = (tallies: Map<string, number>, tenant: string, by: number) => {
    const counted = (tallies.get(tenant) ?? 0) + by;
    if (counted > 0) tallies.set(tenant, counted);
    else tallies.delete(tenant);
  };
  const change = (moment: Moment, { isReceived, tenant }: CountedMessage, by: number) => {
    if (!isReceived) {
      moment.delayed += by;
      delayed += by;
      return;
    }
    moment.inFlight += by;
    inFlight += by;
    if (tenant === null) return;
    count((moment.tenants ??= new Map()), tenant, by);
    count(tenants, tenant, by);
  };
  const momentOf = (at: number): Moment => {
    let moment = moments.get(at);
    if (moment === undefined) {
      moments.set(at, (moment = { delayed: 0, inFlight: 0 }));
      heap.push(at);
      latest = Math.max(latest, at);
    }
    return moment;
  };

  const clear = () => {
    moments.clear();
    tenants.clear();
    heap = createTimeHeap();
    delayed = 0;
    inFlight = 0;
  };

  return {
    get delayed() { return delayed; },
    get inFlight() { return inFlight; },
    get tenantCount() { return tenants.size; },
    inFlightOf: (tenant) => tenants.get(tenant) ?? 0,
    tenants: () => tenants,
    add(message, added = 1) {
      const at = momentAt(message);
      if (at > reached) change(momentOf(at), message, added);
    },
    remove(message) {
      const at = momentAt(message);
      const moment = moments.get(at);
      if (moment === undefined) return;
      change(moment, message, -1);
      if (moment.delayed > 0 || moment.inFlight > 0) return;
      moments.delete(at);
      if (heap.size > 2 * moments.size + EMPTY_MOMENTS_MIN) heap = createTimeHeap(moments.keys());
    },
    advance(now) {
      if (now <= reached) return;
      reached = now;
      if (now >= latest) return clear();
      for (let at = heap.peek(); at !== undefined && at <= now; at = heap.peek()) {
        heap.pop();
        const moment = moments.get(at);
        if (moment === undefined) continue;
        moments.delete(at);
        delayed -= moment.delayed;
        inFlight -= moment.inFlight;
        for (const [tenant, held] of moment.tenants ?? []) count(tenants, tenant, -held);
      }
    },
  };
};
