import type { FunctionTarget } from "../../executor/executor.ts";
import { isApiError } from "../../kit/api-error.ts";
import type { Call } from "../../kit/call.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Ledger } from "../../kit/ledger.ts";
import type { Log } from "../../kit/log.ts";
import type { Metrics } from "../../kit/metrics.ts";
import type { Random } from "../../kit/random.ts";
import type { ResolveTarget, Scheduler } from "../../scheduler/scheduler.ts";
import { createCountEvents } from "./count-events.ts";
import { createFilter, type Filter } from "./filter.ts";
import { createFunctionIdentity } from "./function-identity.ts";
import { createHolds } from "./holds.ts";
import { createInvokeFunction } from "./invoke-function.ts";
import { invokedArn, type EventSourceMapping } from "./mapping.ts";
import { createPoller } from "./poller.ts";
import { createProblems } from "./problems.ts";
import { createRunBatch } from "./run-batch.ts";
import type { Runner } from "./runners.ts";
import { createScaling } from "./scaling.ts";
import { createSource, isDenied, isQueueGone } from "./source.ts";
import { createStory } from "./story.ts";

export interface RunnerNeeds {
  call: Call;
  scheduler: Pick<Scheduler, "invoke">;
  resolve: ResolveTarget;
  clock: Clock;
  random: Random;
  ledger: Ledger;
  metrics: Metrics;
  log: Log;
}

/** One mapping at work. */
export const createRunner = (needs: RunnerNeeds, first: EventSourceMapping): Runner<EventSourceMapping> => {
  const { call, resolve, clock, random, ledger, metrics, log } = needs;
  let mapping = first;
  let filter: Filter = createFilter(mapping.settings.filters);
  const isFifo = mapping.sourceArn.endsWith(".fifo");
  const source = createSource<FunctionTarget>({ call, sourceArn: mapping.sourceArn, identity: createFunctionIdentity({ call }) });
  const scaling = createScaling({ clock, settings: () => mapping.settings });
  const holds = createHolds(clock);
  const teller = () => ({
    account: mapping.account, region: mapping.region, keys: [mapping.uuid, mapping.sourceArn, mapping.functionName, invokedArn(mapping)], detail: { eventSourceMapping: mapping.uuid },
  });
  const story = createStory({ ledger, clock, random, teller });
  const count = createCountEvents({ metrics, mapping: () => mapping });
  const about = { eventSourceMapping: mapping.uuid };

  const describe = (error: unknown, action: string): string => {
    if (isDenied(error)) return `PROBLEM: The function's execution role does not have permissions to call ${action} on SQS. ${(error as Error).message}`;
    if (isQueueGone(error)) return `PROBLEM: The queue ${mapping.sourceArn} does not exist.`;
    if (isApiError(error, "ResourceNotFoundException")) return `PROBLEM: The function ${invokedArn(mapping)} does not exist.`;
    return `PROBLEM: ${error instanceof Error ? error.message : String(error)}`;
  };
  const tell = (problem: string | undefined, before: string | undefined) => {
    if (problem === undefined) return story.notice(`${mapping.functionName} gets the messages of ${mapping.sourceArn} again`, { solved: before });
    story.notice(`${mapping.functionName} gets no messages of ${mapping.sourceArn}: ${problem.replace(/^PROBLEM: /, "")}`, { problem });
  };
  const problems = createProblems<"receiving" | "deleting">({ describe, tell, log, who: "an event source mapping", about });
  const runBatch = createRunBatch<FunctionTarget>({ source, scaling, holds, story, count, clock, random, onRemoved: (error) => problems.set("deleting", error, "DeleteMessage") });

  const poller = createPoller<FunctionTarget>(
    {
      clock, log, about, source, scaling, holds,
      settings: () => mapping.settings,
      // The function's role of this moment; without a function nothing is taken out of the queue.
      identify: () => resolve(mapping, mapping.functionName, mapping.qualifier),
      run: (messages, as, receivedAt, task) => {
        const { sourceArn, region, functionName: receiver } = mapping;
        return runBatch(messages, { sourceArn, region, owner: "mapping", receiver, filter, isFifo, task, hand: createInvokeFunction(needs, mapping) }, as, receivedAt);
      },
      onReceived(error, messages) {
        problems.set("receiving", error, "ReceiveMessage");
        if (messages === 0) count("PolledEventCount", 0);
      },
    },
    // Creating, Enabling: nothing is received before it is over.
    mapping.transition === "Updating" ? 0 : mapping.settlesAt,
  );

  return {
    get followed() { return mapping; },
    get inFlight() { return poller.inFlight; },
    get isWaiting() { return poller.isWaiting; },
    get problem() { return problems.one; },
    update(next) {
      mapping = next;
      filter = createFilter(next.settings.filters);
      poller.change();
    },
    rest: poller.rest,
    stop: poller.stop,
  };
};
