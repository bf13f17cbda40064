import type { Clock, Timer } from "../kit/clock.ts";
import type { Urgency } from "./store.ts";

/** How long what is written behind is held back, by the wall clock. */
export interface Gather {
  wall: Clock;
  ms: number;
  /** Nothing is held back: somebody waits for all that is written. */
  isOff?: () => boolean;
}

/** When the next commit is made: in the next turn of the event loop or, if all that waits was written behind, when it was gathered for long enough. */
export const createTurns = ({ gather, commit }: { gather: Gather | undefined; commit(): void }): { plan(urgency: Urgency): void } => {
  let isPlanned = false;
  let gathering: Timer | undefined;
  const run = () => {
    isPlanned = false;
    gathering?.cancel();
    gathering = undefined;
    commit();
  };
  const planNow = () => {
    if (isPlanned) return;
    isPlanned = true;
    setImmediate(run);
  };
  return {
    plan(urgency) {
      if (urgency === "now" || gather === undefined || gather.isOff?.() === true) planNow();
      else if (!isPlanned) gathering ??= gather.wall.at(gather.wall.now() + gather.ms, "store", planNow);
    },
  };
};
