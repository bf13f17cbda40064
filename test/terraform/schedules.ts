import { join } from "node:path";
import { GetScheduleCommand, ListScheduleGroupsCommand, ListSchedulesCommand, ListTagsForResourceCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { expect, it } from "vitest";
import { NOTHING } from "./outcome.ts";
import type { Module, Suite } from "./suite.ts";

const ACCOUNT = "000000000000";
const GROUP = `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule-group/reports`;
const QUEUE_ACTIONS = ["CreateQueue", "DeleteQueue", "GetQueueAttributes", "ListQueueTags", "SetQueueAttributes", "TagQueue"];
const ROLE_ACTIONS = ["CreateRole", "DeleteRole", "DeleteRolePolicy", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies", "PassRole", "PutRolePolicy", "TagRole"];

const allow = (prefix: string, actions: readonly string[], Resource: string) => ({ Effect: "Allow", Action: actions.map((action) => `${prefix}:${action}`), Resource });
const client = (on: Module) => new SchedulerClient({ endpoint: on.server.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
const report = (on: Module) => client(on).send(new GetScheduleCommand({ Name: "report", GroupName: "reports" }));
const tags = async (on: Module) => Object.fromEntries((await client(on).send(new ListTagsForResourceCommand({ ResourceArn: GROUP }))).Tags!.map(({ Key, Value }) => [Key, Value]));

export const schedules: Suite = {
  title: "with schedules and their groups",
  name: "schedules",
  folder: join(import.meta.dirname, "schedules"),
  policy: {
    Version: "2012-10-17",
    Statement: [
      allow("scheduler", ["CreateSchedule", "DeleteSchedule", "GetSchedule", "UpdateSchedule"], `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule/*`),
      allow("scheduler", ["CreateScheduleGroup", "DeleteScheduleGroup", "GetScheduleGroup", "ListTagsForResource", "TagResource", "UntagResource"], `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule-group/*`),
      allow("sqs", QUEUE_ACTIONS, `arn:aws:sqs:us-east-1:${ACCOUNT}:scheduled-*`),
      allow("iam", ROLE_ACTIONS, `arn:aws:iam::${ACCOUNT}:role/terraform-scheduler`),
    ],
  },
  given: () => "generation = var.generation",
  imported: () => ({ "aws_scheduler_schedule.report": "reports/report", "aws_scheduler_schedule_group.reports": "reports" }),

  applied(on) {
    it("applies, and has no change after it", () => {
      expect(on.did("first")).toEqual({ ...NOTHING, added: 8 });
      expect(on.did("applied")).toEqual(NOTHING);
      expect(on.left("applied")).toEqual([]);
    });

    it("made what was written", async () => {
      expect(await report(on)).toMatchObject({
        Description: "first", State: "ENABLED", ScheduleExpressionTimezone: "Europe/Berlin", EndDate: new Date("2199-01-01T00:00:00Z"), FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 15 },
        Target: { RetryPolicy: { MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 3_600 }, DeadLetterConfig: { Arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:scheduled-dead` } },
      });
      expect(await tags(on)).toEqual({ project: "lambdad", stage: "test", purpose: "first" });
    });
  },

  changed(on) {
    it("takes over what is there already, and changes in place what can be", async () => {
      expect(on.did("changed")).toEqual({ ...NOTHING, imported: 2, changed: 4 });
      expect(on.left("changed")).toEqual([]);
      expect(await report(on)).toMatchObject({ Description: "second", State: "DISABLED", ScheduleExpressionTimezone: "America/New_York", FlexibleTimeWindow: { MaximumWindowInMinutes: 30 }, Target: { RetryPolicy: { MaximumRetryAttempts: 0 } } });
      expect(await tags(on)).toMatchObject({ purpose: "second" });
    });
  },

  destroyed(on) {
    it("destroys all of it", async () => {
      expect(on.did("destroyed")).toEqual({ ...NOTHING, destroyed: 8 });
      expect((await client(on).send(new ListSchedulesCommand({}))).Schedules).toEqual([]);
      expect((await client(on).send(new ListScheduleGroupsCommand({}))).ScheduleGroups!.map(({ Name }) => Name)).toEqual(["default"]);
    });
  },
};
