import { assert } from "../kit/assert.ts";
import type { EnvironmentState } from "./executor.ts";

/** What may follow what. An environment that is stopping does nothing else any more. */
const TRANSITIONS: Readonly<Record<EnvironmentState, readonly EnvironmentState[]>> = {
  starting: ["idle", "stopping"],
  idle: ["busy", "frozen", "stopping"],
  frozen: ["busy", "stopping"],
  busy: ["idle", "stopping"],
  stopping: ["dead"],
  dead: [],
};

export const transition = (from: EnvironmentState, to: EnvironmentState): EnvironmentState => {
  assert(TRANSITIONS[from].includes(to), `an environment that is ${from} cannot become ${to}`);
  return to;
};
