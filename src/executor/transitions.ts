import { assert } from "../kit/assert.ts";
import type { Timer } from "../kit/clock.ts";
import type { EnvironmentState } from "./executor.ts";

/** Where an environment is, with what belongs to that alone. */
export type Moment =
  /** INIT. */
  | { state: "starting" }
  /** Awake still: the next invocation may be on its way. */
  | { state: "idle"; freezing: Timer | undefined }
  /** `done` when nothing in it runs any more. */
  | { state: "frozen"; done: Promise<void> }
  /** INVOKE, with the INIT that runs again inside it. */
  | { state: "busy" }
  /** After a failure: its extensions are shut down, everything in it is ended, /tmp stays. */
  | { state: "resetting" }
  /** SHUTDOWN. */
  | { state: "stopping" }
  | { state: "dead" };

/** What may follow what. An environment that is stopping does nothing else any more. */
export const TRANSITIONS: Readonly<Record<EnvironmentState, readonly EnvironmentState[]>> = {
  starting: ["idle", "resetting", "stopping"],
  idle: ["busy", "frozen", "stopping"],
  frozen: ["busy", "stopping"],
  busy: ["idle", "resetting", "stopping"],
  resetting: ["idle", "stopping"],
  stopping: ["dead"],
  dead: [],
};

export interface Lifecycle {
  readonly at: Moment;
  /** Throws what `whenOver` gives when the environment is stopping or dead: whatever came to this was overtaken. */
  become(next: Moment): void;
  readonly isOver: boolean;
}

/** The one place where the state changes. What belongs to a state ends with it. */
export const createLifecycle = (whenOver: () => Error): Lifecycle => {
  let at: Moment = { state: "starting" };
  const isOver = () => at.state === "stopping" || at.state === "dead";
  return {
    get at() { return at; },
    get isOver() { return isOver(); },
    become(next) {
      if (isOver() && next.state !== "dead") throw whenOver();
      assert(TRANSITIONS[at.state].includes(next.state), `an environment that is ${at.state} cannot become ${next.state}`);
      if (at.state === "idle") at.freezing?.cancel();
      at = next;
    },
  };
};
