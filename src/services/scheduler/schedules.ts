import type { CreateScheduleInput, Target } from "@aws-sdk/client-scheduler";
import { SCHEDULE_START_PAST_MS_MAX } from "../../kit/limits/schedules.ts";
import type { Operation } from "../../store/store.ts";
import { conflict, invalid, notBuilt, notFound } from "./errors.ts";
import { getActiveGroup, getGroup } from "./group-rows.ts";
import { DEFAULT_GROUP, scheduleArn, type Place, type ScheduleName } from "./names.ts";
import type { SchedulesHandlers, SchedulesParts } from "./needs.ts";
import { checkExpression, firstOccurrence } from "./occurrences.ts";
import { cutPage, pageSize, readToken } from "./pages.ts";
import { checkRole } from "./role.ts";
import { deleteSchedule, findSchedule, listSchedules, saveSchedule, type Schedule, type ScheduleBody } from "./schedule-rows.ts";
import { checkTarget } from "./targets.ts";
import { onceForToken } from "./tokens.ts";

type Input = CreateScheduleInput;

const nameOf = ({ account, region }: Place, { GroupName: group = DEFAULT_GROUP, Name: name }: { GroupName?: string | undefined; Name?: string | undefined }): ScheduleName => ({ account, region, group, name: name! });

const absent = (name: string) => notFound(`Schedule ${name} does not exist.`);

/** As GetSchedule tells it: with AWS's defaults ("RetryPolicy", API reference). */
const withDefaults = (target: Target): Target => ({
  ...target,
  RetryPolicy: { MaximumEventAgeInSeconds: target.RetryPolicy?.MaximumEventAgeInSeconds ?? 86_400, MaximumRetryAttempts: target.RetryPolicy?.MaximumRetryAttempts ?? 185 },
});

const checkDates = ({ StartDate: start, EndDate: end }: Input, now: number): void => {
  if (start !== undefined && start.getTime() < now - SCHEDULE_START_PAST_MS_MAX) throw invalid("The StartDate you specify cannot be earlier than 5 minutes ago.");
  if (start !== undefined && end !== undefined && end.getTime() <= start.getTime()) throw invalid("The StartDate you specify must come before the EndDate.");
};

const checkWindow = ({ Mode: mode, MaximumWindowInMinutes: minutes }: NonNullable<Input["FlexibleTimeWindow"]>): void => {
  if (mode === "FLEXIBLE" && minutes === undefined) throw invalid("MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE.");
  if (mode === "OFF" && minutes !== undefined) throw invalid("MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF.");
};

/** What is asked for, as it is kept. */
const bodyOf = (input: Input, now: number): ScheduleBody => ({
  expression: input.ScheduleExpression!,
  timeZone: input.ScheduleExpressionTimezone ?? "UTC",
  ...(input.StartDate === undefined ? {} : { startDate: input.StartDate.getTime() }),
  ...(input.EndDate === undefined ? {} : { endDate: input.EndDate.getTime() }),
  ...(input.Description === undefined ? {} : { description: input.Description }),
  ...(input.KmsKeyArn === undefined ? {} : { kmsKeyArn: input.KmsKeyArn }),
  target: withDefaults(input.Target!),
  window: input.FlexibleTimeWindow!,
  actionAfterCompletion: input.ActionAfterCompletion ?? "NONE",
  createdAt: now,
  modifiedAt: now,
  anchor: input.StartDate?.getTime() ?? now,
});

const describe = (schedule: Schedule) => {
  const { group, name, state, body } = schedule;
  return {
    Arn: scheduleArn(schedule), GroupName: group, Name: name, State: state,
    ScheduleExpression: body.expression, ScheduleExpressionTimezone: body.timeZone,
    StartDate: body.startDate === undefined ? undefined : new Date(body.startDate),
    EndDate: body.endDate === undefined ? undefined : new Date(body.endDate),
    Description: body.description, KmsKeyArn: body.kmsKeyArn,
    Target: body.target, FlexibleTimeWindow: body.window, ActionAfterCompletion: body.actionAfterCompletion,
    CreationDate: new Date(body.createdAt), LastModificationDate: new Date(body.modifiedAt),
  };
};

export const scheduleHandlers = (parts: SchedulesParts) => {
  const { store, call, clock, random, due } = parts;
  const check = async (input: Input, named: ScheduleName): Promise<void> => {
    const kind = checkExpression(input.ScheduleExpression!, input.ScheduleExpressionTimezone ?? "UTC", parts.log);
    // One-time schedules have no StartDate and no EndDate: they are ignored.
    if (kind !== "at") checkDates(input, clock.now());
    checkWindow(input.FlexibleTimeWindow!);
    if (input.KmsKeyArn !== undefined && !/:alias\/aws\//.test(input.KmsKeyArn)) throw notBuilt(`A schedule with a key of its own (KmsKeyArn ${input.KmsKeyArn}) is not built in lambdad, which has no KMS yet: leave it out`);
    await checkTarget(input.Target!, { ...named, call });
    await checkRole(parts, input.Target!.RoleArn!, named);
  };

  function* create(named: ScheduleName, input: Input, now: number): Operation<void> {
    yield* getActiveGroup(named, named.group, now);
    if ((yield* findSchedule(named)) !== undefined) throw conflict(`Schedule ${named.name} already exists.`);
    const body = bodyOf(input, now);
    const state = input.State ?? "ENABLED";
    yield* saveSchedule({ ...named, state, body, occurrence: state === "ENABLED" ? firstOccurrence(body, now, random) : undefined });
  }

  /** All of it is new, but for when it was made. A rate goes on as it began where its timing is the same, and so does what comes next of a schedule that was and stays enabled. */
  function* update(named: ScheduleName, input: Input, now: number): Operation<void> {
    yield* getActiveGroup(named, named.group, now);
    const old = yield* findSchedule(named);
    if (old === undefined) throw absent(named.name);
    const asked = bodyOf(input, now);
    const isSameTiming = asked.expression === old.body.expression && asked.timeZone === old.body.timeZone && asked.startDate === old.body.startDate;
    const body = { ...asked, createdAt: old.body.createdAt, anchor: isSameTiming ? old.body.anchor : asked.anchor };
    const state = input.State ?? "ENABLED";
    const isSame = isSameTiming && state === old.state && asked.endDate === old.body.endDate && JSON.stringify(asked.window) === JSON.stringify(old.body.window);
    const first = state === "ENABLED" ? firstOccurrence(body, now, random) : undefined;
    yield* saveSchedule({ ...named, state, body, occurrence: isSame ? old.occurrence : first });
  }

  return {
    async CreateSchedule(input, context) {
      const named = nameOf(context, input);
      await check(input, named);
      const now = clock.now();
      await store.run(() => onceForToken(named, { operation: "CreateSchedule", input, now }, () => create(named, input, now)));
      void due.poke();
      return { ScheduleArn: scheduleArn(named) };
    },

    async UpdateSchedule(input, context) {
      const named = nameOf(context, input);
      await check(input, named);
      const now = clock.now();
      await store.run(() => onceForToken(named, { operation: "UpdateSchedule", input, now }, () => update(named, input, now)));
      void due.poke();
      return { ScheduleArn: scheduleArn(named) };
    },

    async GetSchedule(input, context) {
      const named = nameOf(context, input);
      const schedule = await store.run(() => findSchedule(named));
      if (schedule === undefined) throw absent(named.name);
      return describe(schedule);
    },

    async DeleteSchedule(input, context) {
      const named = nameOf(context, input);
      await store.run(() =>
        onceForToken(named, { operation: "DeleteSchedule", input, now: clock.now() }, function* () {
          if ((yield* findSchedule(named)) === undefined) throw absent(named.name);
          yield* deleteSchedule(named);
        }),
      );
      void due.poke();
      return {};
    },

    async ListSchedules({ GroupName: group, NamePrefix: prefix, State: state, NextToken, MaxResults }, context) {
      const size = pageSize(MaxResults);
      const [afterGroup, afterName] = readToken("schedules", NextToken, 2) ?? [];
      const after = afterGroup === undefined ? undefined : { group: afterGroup, name: afterName! };
      const found = await store.run(function* () {
        if (group !== undefined) yield* getGroup(context, group, clock.now());
        return yield* listSchedules(context, { group, prefix, state, after, most: size + 1 });
      });
      const { shown, NextToken: next } = cutPage("schedules", found, size, (last) => [last.group, last.name]);
      return {
        Schedules: shown.map(describe).map(({ Arn, Name, GroupName, State, CreationDate, LastModificationDate, Target: target }) => ({ Arn, Name, GroupName, State, CreationDate, LastModificationDate, Target: { Arn: target.Arn } })),
        NextToken: next,
      };
    },
  } satisfies SchedulesHandlers;
};
