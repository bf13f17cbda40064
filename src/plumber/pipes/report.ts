import type { Clock } from "../../kit/clock.ts";
import type { BatchItem } from "../event-source-mapping/record.ts";
import { failureOf, type PipeFailure } from "./pipe-failure.ts";
import type { StepError, TellStep } from "./pipe-log.ts";
import type { CountPipe } from "./pipe-metrics.ts";
import type { Outgoing, Sent } from "./targets/shipment.ts";

type StageName = "Enrichment" | "Target";

/** What happens within a stage. */
interface Stage {
  transformed(events: Outgoing[]): Outgoing[];
  /** What the enrichment has made of them. */
  enriched(events: readonly { text: string }[]): void;
  /** @param answer JSON */
  answered(answer: string, sent?: Sent): void;
}

/** One execution, as logs and metrics tell of it. */
export interface ExecutionReport {
  started(items: readonly BatchItem[]): void;
  /** Runs a stage and tells of it. @param service as AWS's error texts call it: `Lambda` */
  stage<T>(name: StageName, arn: string, service: string, run: (stage: Stage) => Promise<T>): Promise<T>;
  /** The enrichment answered that there is nothing for the target. */
  skipped(): void;
  ended(partial: { failed: number; why: string } | undefined): void;
  failed(failure: PipeFailure): void;
  /** What kept the target, or the enrichment, from it, in AWS's words; undefined when nothing did. */
  readonly refusal: string | undefined;
}

interface Needs {
  tell: TellStep;
  count: CountPipe;
  clock: Pick<Clock, "monotonic">;
  requestId: string;
}

/** AWS's words: `Target invocation failed with error from States. Not allowed to invoke <arn>.` */
const errorOf = ({ kind, code, message, status }: PipeFailure, name: StageName, arn: string, service: string, requestId: string): StepError => {
  const isDenied = kind === "refused" && /^(AccessDenied|AuthorizationError)/.test(code);
  const why = isDenied ? `Not allowed to invoke ${arn}. ${message}` : `${code}: ${message}`;
  return {
    message: `${name} invocation failed with error from ${service}. ${why}`,
    ...(status === undefined ? {} : { httpStatusCode: status }), awsService: service.toLowerCase(), requestId, exceptionType: isDenied ? "AccessDenied" : code, resourceArn: arn,
  };
};

const requestOf = (arn: string, events: readonly Outgoing[]): string => JSON.stringify({ resourceArn: arn, events: events.map(({ text }) => text) });
const payloadOf = (events: readonly { text: string }[]): string => `[${events.map(({ text }) => text).join(",")}]`;

export const createReport = ({ tell, count, clock, requestId }: Needs): ExecutionReport => {
  const beganAt = clock.monotonic();
  let told: StepError | undefined;

  const executionOver = (is: { failed?: true; partial?: true; throttled?: true; timeout?: true }) => {
    count("Duration", clock.monotonic() - beganAt);
    count("ExecutionFailed", is.failed ? 1 : 0);
    count("ExecutionPartiallyFailed", is.partial ? 1 : 0);
    count("ExecutionThrottled", is.throttled ? 1 : 0);
    count("ExecutionTimeout", is.timeout ? 1 : 0);
  };

  const runStage = async <T>(name: StageName, arn: string, service: string, run: (stage: Stage) => Promise<T>): Promise<T> => {
    const stageAt = clock.monotonic();
    let outgoing: readonly Outgoing[] = [];
    let became: readonly { text: string }[] | undefined;
    let partial: Sent | undefined;
    const invoked = (answer: string) => () => ({ awsRequest: requestOf(arn, outgoing), awsResponse: answer });
    tell(`${name}StageEntered`);
    tell(`${name}TransformationStarted`);
    try {
      const result = await run({
        transformed(events) {
          outgoing = events;
          tell(`${name}TransformationSucceeded`, { data: () => ({ payload: payloadOf(events) }) });
          tell(`${name}InvocationStarted`);
          return events;
        },
        enriched: (events) => void (became = events),
        answered(answer, sent) {
          if (sent === undefined || sent.failed.size === 0) return tell(`${name}InvocationSucceeded`, { data: invoked(answer) });
          partial = sent;
          tell(`${name}InvocationPartiallyFailed`, { data: invoked(answer), error: { message: sent.why ?? "" } });
        },
      });
      if (partial !== undefined) tell(`${name}StagePartiallyFailed`, { error: { message: partial.why ?? "" } });
      else tell(`${name}StageSucceeded`, { data: () => ({ payload: payloadOf(became ?? outgoing) }) });
      count(`${name}StageFailed`, 0);
      return result;
    } catch (error) {
      const failure = failureOf(error);
      told = errorOf(failure, name, arn, service, requestId);
      const what = outgoing.length === 0 ? "Transformation" : "Invocation";
      tell(`${name}${what}Failed`, { data: invoked(failure.answer ?? ""), error: told });
      tell(`${name}StageFailed`, { error: told });
      count(`${name}StageFailed`, 1);
      throw failure;
    } finally {
      count(`${name}StageDuration`, clock.monotonic() - stageAt);
      if (name === "Target") count("TargetStagePartiallyFailed", partial === undefined ? 0 : 1);
    }
  };

  return {
    started(items) {
      count("Invocations", 1);
      count("EventCount", items.length);
      count("EventSize", items.reduce((sum, { bytes }) => sum + bytes, 0));
      tell("ExecutionStarted", { data: () => ({ payload: `[${items.map(({ json }) => json).join(",")}]` }) });
    },
    stage: runStage,
    skipped() {
      count("TargetStageSkipped", 1);
      tell("TargetStageSkipped");
    },
    ended(partial) {
      executionOver(partial === undefined ? {} : { partial: true });
      if (partial === undefined) tell("ExecutionSucceeded");
      else tell("ExecutionPartiallyFailed", { error: { message: partial.why } });
    },
    failed(failure) {
      const { kind, message } = failure;
      told ??= { message };
      executionOver({ failed: true, ...(kind === "throttled" ? { throttled: true } : kind === "timeout" ? { timeout: true } : {}) });
      tell(kind === "throttled" ? "ExecutionThrottled" : kind === "timeout" ? "ExecutionTimeout" : "ExecutionFailed", { error: told });
    },
    get refusal() { return told?.message; },
  };
};
