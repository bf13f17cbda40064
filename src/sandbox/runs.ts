import type { StatusEvents } from "./holder-status.ts";

/** One run of a program, as the first process of a sandbox tells of it. */
export interface Run {
  /** Its pid inside; 0 when it never began. */
  started: Promise<number>;
  /** The shell's status: 128 and more are signals. */
  exited: Promise<number>;
}

/** What a first process was told to run, and what it said of that. */
export interface Runs {
  /** To be told of by the first process. When it is over, the run is killed before it began. */
  add(name: string): Run;
  /** The number of a reset that is asked for now, and its end. */
  askReset(): { number: number; done: Promise<void> };
  readonly events: Omit<StatusEvents, "ready">;
  /** The first process is gone, and everything inside with it. */
  end(): void;
}

/** What a shell reports of a program that SIGKILL ended. */
const KILLED_STATUS = 128 + 9;

export const createRuns = (): Runs => {
  /** With how many resets were asked for before each. */
  const waiting = new Map<string, { started: (pid: number) => void; exited: (status: number) => void; resets: number }>();
  const resets = new Map<number, () => void>();
  /** The reset that is under way, by its number. */
  let resetting: number | undefined;
  let resetsAsked = 0;
  let hasEnded = false;

  /** Those that were ordered before this reset. */
  const endRuns = (reset = Infinity) => {
    for (const [name, { started, exited, resets: before }] of waiting) {
      if (before > reset) continue;
      waiting.delete(name);
      started(0);
      exited(KILLED_STATUS);
    }
  };

  return {
    add(name) {
      const [started, exited] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
      waiting.set(name, { started: started.resolve, exited: exited.resolve, resets: resetsAsked });
      if (hasEnded) endRuns();
      return { started: started.promise, exited: exited.promise };
    },
    askReset() {
      const number = resetsAsked++;
      const done = hasEnded ? Promise.resolve() : new Promise<void>((resolve) => resets.set(number, resolve));
      return { number, done };
    },
    events: {
      started: (name, pid) => waiting.get(name)?.started(pid),
      exited(name, status) {
        waiting.get(name)?.exited(status);
        waiting.delete(name);
      },
      resetting: (number) => void (resetting = number),
      reset() {
        endRuns(resetting);
        if (resetting === undefined) return;
        resets.get(resetting)?.();
        resets.delete(resetting);
        resetting = undefined;
      },
    },
    end() {
      hasEnded = true;
      endRuns();
      for (const done of resets.values()) done();
    },
  };
};
