import { createHash } from "node:crypto";
import type { Target } from "@aws-sdk/client-scheduler";
import { parseArn } from "../../kit/arn.ts";
import type { Trace } from "../../kit/ledger.ts";
import type { AsRole, Delivery, MessageAttribute } from "../../plumber/delivery.ts";
import { ATTEMPT_NUMBER, withContext } from "./context-attributes.ts";
import { groupArn, scheduleArn } from "./names.ts";
import type { Schedule } from "./schedule-rows.ts";
import { TEMPLATED } from "./targets.ts";

/** One run of a schedule. */
export interface Execution {
  /** The same for the same schedule and moment, whoever computes it and whenever: a run is one delivery. */
  deliveryId: string;
  /** `<aws.scheduler.execution-id>` */
  executionId: string;
  /** `2026-11-20T13:00:00Z` */
  scheduledTime: string;
}

const hexToUuid = (hex: string): string => `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;

export const executionOf = (schedule: Schedule, scheduledAt: number): Execution => {
  const hex = createHash("sha256").update(`${scheduleArn(schedule)} ${schedule.body.createdAt} ${scheduledAt}`).digest("hex");
  return { deliveryId: hexToUuid(hex), executionId: hex.slice(-16), scheduledTime: `${new Date(scheduledAt).toISOString().slice(0, 19)}Z` };
};

/** What a target without an Input gets, as seen on AWS. */
const defaultInput = ({ account, region }: Schedule, arn: string, { deliveryId, scheduledTime }: Execution): string =>
  JSON.stringify({ version: "0", id: deliveryId, "detail-type": "Scheduled Event", source: "aws.scheduler", account, time: scheduledTime, region, resources: [arn], detail: "{}" });

const isUniversal = (target: Target): boolean => parseArn(target.Arn!)?.service === "scheduler";

/** As dead letters name the target: by the operation that was called. */
const operationArn = (target: Target): string => (isUniversal(target) ? target.Arn! : `arn:aws:scheduler:::aws-sdk:${TEMPLATED[parseArn(target.Arn!)!.service]!.operation}`);

const text = (StringValue: string): MessageAttribute => ({ DataType: "String", StringValue });

const beside = ({ EventBridgeParameters, SqsParameters }: Target): Pick<Delivery, "entry" | "messageGroupId"> => ({
  ...(EventBridgeParameters === undefined ? {} : { entry: { source: EventBridgeParameters.Source!, detailType: EventBridgeParameters.DetailType! } }),
  ...(SqsParameters?.MessageGroupId === undefined ? {} : { messageGroupId: SqsParameters.MessageGroupId }),
});

/** A run of a schedule, on its way to the target as the schedule's role. */
export const deliveryOf = (schedule: Schedule, execution: Execution, trace: Trace): Delivery => {
  const { account, region, group, name, body: { target } } = schedule;
  const arn = scheduleArn(schedule);
  const as: AsRole = { role: target.RoleArn!, account, principal: "scheduler.amazonaws.com", functionName: name, sourceArn: groupArn(schedule, group) };
  const input = target.Input ?? (isUniversal(target) ? "{}" : defaultInput(schedule, arn, execution));
  const { executionId, scheduledTime } = execution;
  const { MaximumRetryAttempts: attemptsMax, MaximumEventAgeInSeconds: ageSeconds } = target.RetryPolicy!;
  const attributes = { EXECUTION_ID: text(executionId), SCHEDULED_TIME: text(scheduledTime), SCHEDULE_ARN: text(arn), TARGET_ARN: text(operationArn(target)) };
  return {
    id: execution.deliveryId, traceId: trace.id, region, as,
    targetArn: target.Arn!,
    payload: withContext(input, { scheduleArn: arn, scheduledTime, executionId }),
    ...(input.includes(ATTEMPT_NUMBER) ? { attemptPlaceholder: ATTEMPT_NUMBER } : {}),
    keys: [executionId, arn, name],
    retry: { attemptsMax: attemptsMax!, ageMs: ageSeconds! * 1_000 },
    ...(target.DeadLetterConfig?.Arn === undefined ? {} : { deadLetter: { targetArn: target.DeadLetterConfig.Arn, as, style: "Scheduler" as const, attributes } }),
    measured: { namespace: "AWS/Scheduler", dimensions: { ScheduleGroup: group } },
    ...beside(target),
  };
};
