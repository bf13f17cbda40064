import type { Engine } from "../../kit/engine.ts";
import { PIPE_SETTLE_MS } from "../../kit/limits/pipes.ts";
import { createPipes as createRunningPipes } from "../../plumber/pipes/pipes.ts";
import type { PipesNeeds, PipesParts } from "./needs.ts";

export interface PipesEngine extends Engine<PipesParts> {
  /** Receives nothing more, and waits at most `graceMs` for batches at work. */
  stop(graceMs?: number): Promise<void>;
}

export const createPipes = (needs: PipesNeeds): PipesEngine => {
  const pipes = createRunningPipes(needs);
  return {
    parts: { ...needs, pipes, settleMs: PIPE_SETTLE_MS },
    start: pipes.start,
    pending: pipes.pending,
    rest: pipes.rest,
    stop: pipes.close,
    close: () => pipes.close(0),
  };
};
