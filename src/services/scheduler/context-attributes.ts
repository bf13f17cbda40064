/** One run of a schedule, as its target may be told of it ("Adding context attributes in EventBridge Scheduler"). */
export interface Context {
  scheduleArn: string;
  /** `2026-11-20T13:00:00Z` */
  scheduledTime: string;
  executionId: string;
}

/** Which try it is turns out with each. */
export const ATTEMPT_NUMBER = "<aws.scheduler.attempt-number>";

export const withContext = (input: string, { scheduleArn, scheduledTime, executionId }: Context): string =>
  input.replaceAll("<aws.scheduler.schedule-arn>", scheduleArn).replaceAll("<aws.scheduler.scheduled-time>", scheduledTime).replaceAll("<aws.scheduler.execution-id>", executionId);

/** The input as it may be one day, to look at its types. */
export const withSomeContext = (input: string): string =>
  withContext(input, { scheduleArn: "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s", scheduledTime: "2026-11-20T13:00:00Z", executionId: "0123456789abcdef" }).replaceAll(ATTEMPT_NUMBER, "1");
