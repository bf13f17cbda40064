import type { Environment } from "../executor/executor.ts";

/** Environments on their way out, so that a close can wait for them. */
export interface Stopping {
  stop(environment: Environment): Promise<void>;
  readonly count: number;
  settled(): Promise<unknown>;
}

export const createStopping = (): Stopping => {
  const stopping = new Set<Promise<void>>();
  return {
    stop(environment) {
      const stopped = environment.stop();
      stopping.add(stopped);
      void stopped.finally(() => stopping.delete(stopped));
      return stopped;
    },
    get count() { return stopping.size; },
    settled: () => Promise.all(stopping),
  };
};
