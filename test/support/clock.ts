import type { AdvanceableClock } from "../../src/kit/clock.ts";
import { createRest, type Worker } from "../../src/kit/patience.ts";

/** As the platform moves its clock: at each moment these are waited for. */
export const waitingFor = (clock: AdvanceableClock, ...workers: Worker[]): AdvanceableClock =>
  Object.assign(Object.create(clock) as AdvanceableClock, { advance: (ms: number) => clock.advance(ms, createRest(workers)) });
