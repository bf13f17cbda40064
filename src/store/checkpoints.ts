import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { PassAnswer } from "./checkpoint-thread.ts";

/** Copies what was committed from the log into the file, in a thread of its own: copying and its syncs would hold the event loop for tens of milliseconds. */
export interface Checkpoints {
  /** Commits wait: the log is long, and is only begun anew when nothing is added to it while its rest is copied. */
  readonly isHolding: boolean;
  /** There was one more. */
  committed(): void;
  close(): Promise<void>;
}

/** Pages of the log, and those of them that are not in the file yet. */
export interface LogLength {
  pages: number;
  left: number;
}

/** Pages of 4 KiB: from which on they are copied, and from which on commits wait for it. A longer log makes every read dearer that has to look into it. */
export interface CheckpointBounds {
  pagesMin: number;
  pagesHeld: number;
}

const DEFAULT_BOUNDS: CheckpointBounds = { pagesMin: 1_000, pagesHeld: 4_000 };
/** To look costs as much as a small statement. */
const COMMITS_PER_LOOK = 16;
/** While the thread copies, the log may become so much longer than that from which on commits wait. */
const HELD_TIMES_MAX = 2;
/** Megabytes: it makes nothing that lives. */
const YOUNG_MB = 2;

interface Needs {
  path: string;
  log(): LogLength;
  /** Commits may go on. */
  resume(): void;
  bounds?: CheckpointBounds | undefined;
}

export const createCheckpoints = ({ path, log, resume, bounds: { pagesMin, pagesHeld } = DEFAULT_BOUNDS }: Needs): Checkpoints => {
  let thread: Worker | undefined;
  let commits = 0;
  let isHolding = false;
  let running: Promise<void> | undefined;

  /** Most servers write so little that they never need it. */
  const threadOf = (): Worker => {
    if (thread !== undefined) return thread;
    const started = new Worker(new URL(`checkpoint-thread${extname(import.meta.url)}`, import.meta.url), { workerData: { path }, execArgv: [], name: "checkpoints", resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
    // It is started anew when it is needed again.
    started.once("error", () => (thread = undefined));
    started.unref();
    return (thread = started);
  };
  /** What the disk did not take stays in the log, and is tried again with what comes. */
  const pass = async (): Promise<PassAnswer> => {
    const asked = threadOf();
    try {
      const answered = once(asked, "message");
      asked.postMessage("pass");
      return ((await answered) as [PassAnswer])[0];
    } catch (error) {
      return { error: String(error) };
    }
  };
  const run = async () => {
    const { error } = await pass();
    isHolding ||= log().pages >= pagesHeld;
    if (isHolding && error === undefined) await pass();
    running = undefined;
    if (!isHolding) return;
    isHolding = false;
    resume();
  };

  return {
    get isHolding() { return isHolding; },
    committed() {
      if (++commits < COMMITS_PER_LOOK) return;
      commits = 0;
      // The thread is only about to start, or does not keep up.
      if (running !== undefined) isHolding ||= log().pages >= HELD_TIMES_MAX * pagesHeld;
      else if (log().left >= pagesMin) running = run();
    },
    async close() {
      thread?.ref();
      await running;
      if (thread === undefined) return;
      const ended = once(thread, "exit");
      thread.postMessage("close");
      await ended;
    },
  };
};
