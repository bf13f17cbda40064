import type { Worker } from "../../kit/patience.ts";
import { createTally } from "../../kit/tally.ts";
import type { Store } from "../../store/store.ts";
import type { SendToApiDestination } from "../targets/api-destination.ts";
import { createRunners } from "../event-source-mapping/runners.ts";
import { findPipe, forgetDeletedPipes, isToRun, pipeArn, pipesToRun, type Pipe, type PipeName } from "./pipe.ts";
import { createPost } from "./endpoint.ts";
import { createPipeLog } from "./pipe-log.ts";
import { createPipeRunner, type PipeRunnerNeeds } from "./pipe-runner.ts";

/** All pipes at work. */
export interface Pipes extends Worker {
  /** Begins those that are to run. */
  start(): Promise<void>;
  /** After the commit that made, changed or deleted it: batches that run are finished as they were begun, the next one is as it is now. */
  changed(pipe: PipeName): Promise<void>;
  /** What keeps it from its work, as long as there is something: `PROBLEM: …`. */
  problemOf(pipe: PipeName): string | undefined;
  /** Batches at work, and messages that could be received now. */
  pending(): Promise<number>;
  /** Receives nothing more, and waits at most `graceMs` for batches at work. What is left then is in its queue again after the visibility timeout. */
  close(graceMs?: number): Promise<void>;
}

interface Needs extends PipeRunnerNeeds {
  store: Store;
  sendToApiDestination: SendToApiDestination;
}

/** A runner for each pipe that is to run: as the store has them, followed after each commit. */
export const createPipes = (needs: Needs): Pipes => {
  const { store, call, clock, logs } = needs;
  const shared = { running: createTally<string>(), pipeLog: createPipeLog({ logs, now: clock.now }), post: createPost(needs) };
  const runners = createRunners<Pipe>({ call, clock, create: (pipe) => createPipeRunner(needs, shared, pipe), sourceArnOf: ({ body }) => body.source });
  const follow = (name: PipeName, pipe: Pipe | undefined) => runners.follow(pipeArn(name), pipe !== undefined && isToRun(pipe) ? pipe : undefined);

  return {
    async start() {
      const pipes = await store.run(function* () {
        yield* forgetDeletedPipes(clock.now());
        return yield* pipesToRun();
      });
      for (const pipe of pipes) follow(pipe, pipe);
    },
    changed: async (name) => follow(name, await store.read(() => findPipe(name, clock.now()))),
    problemOf: (name) => runners.get(pipeArn(name))?.problem,
    async pending() {
      const { batches, messages } = await runners.pending();
      return batches + messages;
    },
    rest: runners.rest,
    close: runners.close,
  };
};
