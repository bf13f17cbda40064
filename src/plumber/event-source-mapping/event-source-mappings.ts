import type { Worker } from "../../kit/patience.ts";

/** All mappings at work. */
export interface EventSourceMappings extends Worker {
  /** Begins those that are enabled. */
  start(): Promise<void>;
  /** After the commit that made, changed or deleted it: batches that run are finished as they were begun, the next one is as it is now. */
  changed(uuid: string): Promise<void>;
  /** `PROBLEM: …` as long as there is one. */
  lastProcessingResult(uuid: string): string | undefined;
  /** Batches at work or being gathered, and messages of mapped queues that could be received now. */
  pending(): Promise<{ batches: number; messages: number }>;
  /** Receives nothing more, and waits at most `graceMs` for batches at work. What is left then is in its queue again after the visibility timeout. */
  close(graceMs?: number): Promise<void>;
}
