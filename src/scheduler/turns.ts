import type { Environment } from "../executor/executor.ts";
import type { Clock } from "../kit/clock.ts";
import { START_TURN_MS } from "../kit/limits/lambda.ts";

/** A turn to start ends with INIT, or sooner: an INIT that waits for something shall not keep others from starting. */
export const endTurnWithInit = (wall: Clock, turn: () => void, environment: Environment): void => {
  const timer = wall.at(wall.now() + START_TURN_MS, "turn to start", turn);
  void environment.initialized.finally(() => {
    timer.cancel();
    turn();
  });
};
