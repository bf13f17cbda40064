import type { LogDestination } from "../../executor/executor.ts";
import { MAPPING_BATCH_SIZE_DEFAULT } from "../../kit/limits/mappings.ts";
import { PIPE_CONCURRENCY_MAX, PIPE_REASON_CHARACTERS_MAX, PIPE_REST_MS_FIRST, PIPE_REST_MS_MAX } from "../../kit/limits/pipes.ts";
import type { Tally } from "../../kit/tally.ts";
import { createFilter, type Filter } from "../event-source-mapping/filter.ts";
import { createHolds } from "../event-source-mapping/holds.ts";
import { createPoller } from "../event-source-mapping/poller.ts";
import { createProblems } from "../event-source-mapping/problems.ts";
import { createRunBatch, type BatchTerms, type Handed } from "../event-source-mapping/run-batch.ts";
import type { Runner } from "../event-source-mapping/runners.ts";
import { createScaling } from "../event-source-mapping/scaling.ts";
import { createSource, isDenied, isQueueGone } from "../event-source-mapping/source.ts";
import { createStory } from "../event-source-mapping/story.ts";
import type { PushNeeds } from "../needs.ts";
import type { Post } from "./endpoint.ts";
import { createExecute, planOf, type PipePlan } from "./execution.ts";
import { createPipeIdentity } from "./pipe-identity.ts";
import type { createPipeLog } from "./pipe-log.ts";
import { createPipeMetrics } from "./pipe-metrics.ts";
import { pipeArn, type Pipe } from "./pipe.ts";
import { failureOf, PipeFailure } from "./pipe-failure.ts";
import { createReport } from "./report.ts";

export interface PipeRunnerNeeds extends Omit<PushNeeds, "store"> {
  logs: LogDestination;
}

interface Shared {
  /** Executions at work, by their account and region. */
  running: Tally<string>;
  pipeLog: ReturnType<typeof createPipeLog>;
  post: Post;
}

const filterOf = ({ body }: Pipe): Filter => createFilter((body.sourceParameters?.FilterCriteria?.Filters ?? []).map(({ Pattern }) => Pattern ?? "").filter((pattern) => pattern !== ""));

/** As long as a StateReason may be. */
const shortened = (text: string): string => (text.length <= PIPE_REASON_CHARACTERS_MAX ? text : `${text.slice(0, PIPE_REASON_CHARACTERS_MAX - 1)}…`);

/** One pipe at work. */
export const createPipeRunner = (needs: PipeRunnerNeeds, { running, pipeLog, post }: Shared, first: Pipe): Runner<Pipe> => {
  const { call, clock, wall, random, ledger, metrics, log } = needs;
  let plan: PipePlan = planOf(first);
  let filter = filterOf(first);
  /** Platform time until which nothing is received, because all is refused; and how often in a row that was. */
  let [restsUntil, refusals] = [0, 0];
  const sourceArn = first.body.source;
  const isFifo = sourceArn.endsWith(".fifo");
  const receiver = `the pipe ${first.name}`;
  const place = `${first.account} ${first.region}`;
  const about = { pipe: pipeArn(first) };
  const identity = createPipeIdentity({ call, wall, name: first.name });
  const source = createSource<Pipe>({ call, sourceArn, identity });
  const scaling = createScaling({ clock, settings: () => ({ maximumConcurrency: PIPE_CONCURRENCY_MAX }) });
  const holds = createHolds(clock);
  const { count, concurrency } = createPipeMetrics({ metrics, pipe: first });
  const execute = createExecute({ call, clock, wall, random, post });
  const teller = () => {
    const { pipe } = plan;
    const { enrichment, target } = pipe.body;
    return { account: pipe.account, region: pipe.region, keys: [pipeArn(pipe), pipe.name, sourceArn, target, ...(enrichment === undefined ? [] : [enrichment])], detail: about };
  };
  const story = createStory({ ledger, clock, random, teller });

  const describe = (error: unknown, action: string): string => {
    const isOfQueue = !(error instanceof PipeFailure);
    if (isOfQueue && isDenied(error)) return shortened(`PROBLEM: Pipes does not have enough permission to process your event source. Please add sqs:${action} permission to role. ${(error as Error).message}`);
    if (isOfQueue && isQueueGone(error)) return `PROBLEM: The queue ${sourceArn} does not exist.`;
    return shortened(`PROBLEM: ${error instanceof Error ? error.message : String(error)}`);
  };
  const tell = (problem: string | undefined, before: string | undefined) =>
    problem === undefined ? story.notice(`${receiver} works again`, { solved: before }) : story.notice(`${receiver} has a problem: ${problem.replace(/^PROBLEM: /, "")}`, { problem });
  const problems = createProblems<"receiving" | "deleting" | "running">({ describe, tell, log, who: "a pipe", about });
  const runBatch = createRunBatch<Pipe>({ source, scaling, holds, story, count: () => undefined, clock, random, onRemoved: (error) => problems.set("deleting", error, "DeleteMessage") });

  /** Where all is refused, it looks again after a growing pause, one batch at a time: nothing is lost, but each try counts as a receive. */
  const learn = (handed: Handed, why: string | undefined) => {
    if (handed.kind !== "refused" || handed.isThrottled) {
      // "If there are failures returned by enrichment or target, the pipe polling throughput will gradually back off"
      if (handed.kind === "ran" && handed.failed.size > 0) scaling.shrink();
      refusals = 0;
      restsUntil = 0;
      return problems.set("running", undefined, "");
    }
    identity.forget();
    restsUntil = clock.now() + Math.min(PIPE_REST_MS_FIRST * 2 ** refusals++, PIPE_REST_MS_MAX);
    while (scaling.allowed > 1) scaling.shrink();
    problems.set("running", new PipeFailure("refused", handed.code, why ?? handed.why), "");
  };

  const hand = (planned: PipePlan): BatchTerms["hand"] => async (items, told) => {
    const { pipe } = planned;
    const report = createReport({ tell: pipeLog(pipe, random.uuid()), count, clock, requestId: told.requestId });
    running.add(place);
    concurrency(running.of(place));
    try {
      const as = await identity.callerOf(pipe);
      const handed = await execute({ ...planned, items, as, told, report });
      learn(handed, report.refusal);
      return handed;
    } catch (error) {
      const failure = failureOf(error);
      const handed: Handed = { kind: "refused", code: failure.code, isThrottled: false, why: `${failure.code}: ${failure.message}` };
      learn(handed, failure.message);
      return handed;
    } finally {
      running.remove(place);
    }
  };

  const poller = createPoller<Pipe>(
    {
      clock, log, about, source, scaling, holds,
      settings: () => {
        const { BatchSize = MAPPING_BATCH_SIZE_DEFAULT, MaximumBatchingWindowInSeconds = 0 } = plan.pipe.body.sourceParameters?.SqsQueueParameters ?? {};
        return { batchSize: BatchSize, windowSeconds: MaximumBatchingWindowInSeconds };
      },
      identify: async () => plan.pipe,
      restsUntil: () => restsUntil,
      run: (messages, as, receivedAt, task) => runBatch(messages, { sourceArn, region: first.region, owner: "pipe", receiver, filter, isFifo, task, hand: hand(plan) }, as, receivedAt),
      onReceived: (error) => problems.set("receiving", error, "ReceiveMessage"),
    },
    // Creating, starting: nothing is received before it is over.
    first.body.change === "UPDATE" ? 0 : first.body.settlesAt,
  );

  return {
    get followed() { return plan.pipe; },
    get inFlight() { return poller.inFlight; },
    get isWaiting() { return poller.isWaiting; },
    get problem() { return problems.one; },
    update(next) {
      plan = planOf(next);
      filter = filterOf(next);
      [restsUntil, refusals] = [0, 0];
      poller.change();
    },
    rest: poller.rest,
    stop: poller.stop,
  };
};
