import { parseArn } from "../../kit/arn.ts";
import type { Call } from "../../kit/call.ts";
import type { Caller } from "../../kit/caller.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Random } from "../../kit/random.ts";
import type { BatchItem } from "../event-source-mapping/record.ts";
import type { Handed } from "../event-source-mapping/run-batch.ts";
import type { Told } from "../event-source-mapping/story.ts";
import type { Post } from "./endpoint.ts";
import { enrich } from "./enrichment.ts";
import { compileTemplate, newBudget, parameterOf, type InputTemplate } from "./input-template.ts";
import { pipeArn, type Pipe } from "./pipe.ts";
import { eventOfMessage, type PipeEvent } from "./pipe-event.ts";
import { failureOf, PipeFailure } from "./pipe-failure.ts";
import type { ExecutionReport } from "./report.ts";
import { NONE, type Outgoing, type ParameterOf, type Sent } from "./targets/shipment.ts";
import { targetOf } from "./targets/targets.ts";
import { withinTime } from "./within-time.ts";

interface Needs {
  call: Call;
  clock: Clock;
  wall: Clock;
  random: Random;
  post: Post;
}

/** A pipe as it is when a batch is begun, its templates read. */
export interface PipePlan {
  pipe: Pipe;
  enrichmentTemplate: InputTemplate;
  targetTemplate: InputTemplate;
}

export const planOf = (pipe: Pipe): PipePlan => ({ pipe, enrichmentTemplate: compileTemplate(pipe.body.enrichmentParameters?.InputTemplate), targetTemplate: compileTemplate(pipe.body.targetParameters?.InputTemplate) });

interface Execution extends PipePlan {
  items: readonly BatchItem[];
  as: Caller;
  told: Required<Told>;
  report: ExecutionReport;
}

/** What is on its way to the target. */
interface Flow {
  events: readonly PipeEvent[];
  isList: boolean;
}

/** One batch through enrichment and target, in the name of the pipe's role. */
export const createExecute = ({ call, clock, wall, random, post }: Needs) => {
  const transform = ({ pipe }: Execution, template: InputTemplate, events: readonly PipeEvent[]): Outgoing[] => {
    const { source, enrichment, target } = pipe.body;
    const variables = { pipeArn: pipeArn(pipe), pipeName: pipe.name, sourceArn: source, enrichmentArn: enrichment, targetArn: target, ingestionTime: new Date(clock.now()).toISOString() };
    const budget = newBudget();
    return events.map((event) => ({ event, text: template(event, variables, budget) }));
  };
  const withinBudget = (): ParameterOf => {
    const budget = newBudget();
    return (given, event) => parameterOf(given, event, budget);
  };

  const runEnrichment = (execution: Execution, flow: Flow): Promise<Flow> => {
    const { pipe, as, told, report } = execution;
    const { enrichment, enrichmentParameters } = pipe.body;
    if (enrichment === undefined) return Promise.resolve(flow);
    const arn = parseArn(enrichment)!;
    return report.stage("Enrichment", enrichment, targetOf(arn)!.service, async (stage) => {
      const events = stage.transformed(transform(execution, execution.enrichmentTemplate, flow.events));
      const { answer, ...next } = await enrich({ call, post }, { arn, enrichmentArn: enrichment, events, parameters: enrichmentParameters?.HttpParameters, parameter: withinBudget(), as, trace: told.trace, requestId: random.uuid() });
      stage.answered(answer);
      stage.enriched(next.events);
      return next;
    });
  };

  /** With an enrichment between them nobody can say which message an event of the target's comes from: when one is not taken, all of them come again. */
  const idsAt = ({ items, pipe }: Execution) => (places: readonly number[]): ReadonlySet<string> => {
    if (places.length === 0) return NONE;
    const those = pipe.body.enrichment === undefined ? places.map((place) => items[place]!) : items;
    return new Set(those.map(({ record }) => record.messageId));
  };

  const runTarget = (execution: Execution, { events, isList }: Flow): Promise<Sent> => {
    const { pipe, as, told, items, report } = execution;
    const arn = parseArn(pipe.body.target)!;
    const target = targetOf(arn);
    if (target === undefined) throw new PipeFailure("refused", "NotImplemented", `a pipe's target ${pipe.body.target} is not built in this version of lambdad`);
    if (events.length === 0) {
      report.skipped();
      return Promise.resolve({ answer: "", failed: NONE });
    }
    return report.stage("Target", pipe.body.target, target.service, async (stage) => {
      if (events.length > target.batchMax) throw new PipeFailure("failed", "BatchTooLarge", `the enrichment has answered ${events.length} events: ${target.service} takes at most ${target.batchMax} at once`);
      const outgoing = stage.transformed(transform(execution, execution.targetTemplate, events));
      const sent = await target.send({ call, clock, post }, { pipe, arn, events: outgoing, isList, as, trace: told.trace, requestId: told.requestId, items, idsAt: idsAt(execution), parameter: withinBudget() });
      stage.answered(typeof sent.answer === "string" ? sent.answer : JSON.stringify(sent.answer), sent);
      return sent;
    });
  };

  const run = async (execution: Execution, late: AbortSignal): Promise<Sent> => {
    const flow = await runEnrichment(execution, { events: execution.items.map(eventOfMessage), isList: true });
    // Its messages come again: what the target got now, it would get twice.
    late.throwIfAborted();
    return runTarget(execution, flow);
  };

  const handedOf = (items: readonly BatchItem[], { kind, code, message }: PipeFailure): Handed => {
    if (kind === "refused" || kind === "throttled") return { kind: "refused", code, isThrottled: kind === "throttled", why: `${code}: ${message}` };
    return { kind: "ran", failed: new Set(items.map(({ record }) => record.messageId)), why: `${code}: ${message}` };
  };

  /** Never rejects. */
  return async (execution: Execution): Promise<Handed> => {
    const { items, report } = execution;
    report.started(items);
    try {
      const { failed, why = "" } = await withinTime(wall, (late) => run(execution, late));
      report.ended(failed.size === 0 ? undefined : { failed: failed.size, why });
      return { kind: "ran", failed, why };
    } catch (error) {
      const failure = failureOf(error);
      report.failed(failure);
      return handedOf(items, failure);
    }
  };
};
