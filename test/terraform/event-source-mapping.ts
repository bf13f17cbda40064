import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ListEventSourceMappingsCommand, ListTagsCommand, type EventSourceMappingConfiguration } from "@aws-sdk/client-lambda";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { expect, it } from "vitest";
import { zipOf } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";
import { NOTHING } from "./outcome.ts";
import type { Module, Suite } from "./suite.ts";

const APP = `
def handler(event, context):
    for record in event["Records"]: print("GOT", record["body"])
    return {"batchItemFailures": []}
`;

const POLICY = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: ["iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DetachRolePolicy", "iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:PassRole", "iam:TagRole"],
      Resource: "arn:aws:iam::000000000000:role/consumer",
    },
    {
      Effect: "Allow",
      Action: ["CreateAlias", "CreateFunction", "DeleteAlias", "DeleteFunction", "GetAlias", "GetFunction", "GetFunctionCodeSigningConfig", "ListVersionsByFunction", "PublishVersion", "TagResource"].map((action) => `lambda:${action}`),
      Resource: ["arn:aws:lambda:us-east-1:000000000000:function:consumer", "arn:aws:lambda:us-east-1:000000000000:function:consumer:*"],
    },
    {
      Effect: "Allow",
      Action: ["CreateEventSourceMapping", "DeleteEventSourceMapping", "GetEventSourceMapping", "ListTags", "TagResource", "UntagResource", "UpdateEventSourceMapping"].map((action) => `lambda:${action}`),
      Resource: "*",
    },
    {
      Effect: "Allow",
      Action: ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:ListQueueTags", "sqs:TagQueue"],
      Resource: ["arn:aws:sqs:us-east-1:000000000000:jobs", "arn:aws:sqs:us-east-1:000000000000:steps.fifo"],
    },
  ],
};

const mappingOf = async (on: Module, queue: string): Promise<EventSourceMappingConfiguration | undefined> =>
  (await on.clients.lambda.send(new ListEventSourceMappingsCommand({ EventSourceArn: `arn:aws:sqs:us-east-1:000000000000:${queue}` }))).EventSourceMappings![0];

export const mappings: Suite = {
  title: "with event source mappings",
  name: "mappings",
  folder: join(import.meta.dirname, "event-source-mapping"),
  policy: POLICY,
  given: () => "generation = var.generation",
  prepare: async (folder) => writeFileSync(join(folder, "app.zip"), await zipOf({ "app.py": APP })),
  imported: async (on) => ({ "aws_lambda_event_source_mapping.jobs": (await mappingOf(on, "jobs"))!.UUID! }),

  applied(on) {
    it("applies, and has no change after it", async () => {
      expect(on.did("first")).toEqual({ ...NOTHING, added: 8 });
      expect(on.did("applied")).toEqual(NOTHING);
      const mapping = (await mappingOf(on, "jobs"))!;
      expect(on.outputs("applied")["jobs"]).toEqual({ state: "Enabled", uuid: mapping.UUID, arn: mapping.EventSourceMappingArn });
      expect(on.left("applied")).toEqual([]);
      expect(mapping).toMatchObject({
        BatchSize: 100, MaximumBatchingWindowInSeconds: 1, FunctionResponseTypes: ["ReportBatchItemFailures"], ScalingConfig: { MaximumConcurrency: 2 },
      });
      const patterns = mapping.FilterCriteria!.Filters!.map(({ Pattern }) => JSON.parse(Pattern!) as unknown);
      expect(patterns).toHaveLength(2);
      expect(patterns).toEqual(expect.arrayContaining([{ body: { kind: ["order", { prefix: "in" }] } }, { body: { total: [{ numeric: [">", 100] }] } }]));
      expect(await mappingOf(on, "steps.fifo")).toMatchObject({ State: "Enabled", BatchSize: 5, MetricsConfig: { Metrics: ["EventCount"] }, FunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:consumer:live" });
    });

    it("made mappings that work", async () => {
      const send = (body: object) => on.clients.sqs.send(new SendMessageCommand({ QueueUrl: `${on.server.endpoint}/000000000000/jobs`, MessageBody: JSON.stringify(body) }));
      await send({ kind: "other" });
      await send({ kind: "invoice" });
      const printed = await eventually("the function has it", async () => {
        const { events = [] } = await on.clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/consumer", filterPattern: "GOT" })).catch(() => ({ events: [] }));
        return events.length > 0 && events.map(({ message }) => message!.trim());
      });
      expect(printed).toEqual(['GOT {"kind":"invoice"}']);
    });
  },

  changed(on) {
    it("changes them in place, takes one over, and has no change after it", async () => {
      expect(on.did("changed")).toEqual({ ...NOTHING, imported: 1, changed: 2 });
      expect(on.left("changed")).toEqual([]);
      const after = (await mappingOf(on, "jobs"))!;
      expect(after).toMatchObject({ UUID: (on.outputs("applied")["jobs"] as { uuid: string }).uuid, State: "Enabled", BatchSize: 50, ScalingConfig: { MaximumConcurrency: 10 } });
      expect(after.FilterCriteria).toBeUndefined();
      expect((await on.clients.lambda.send(new ListTagsCommand({ Resource: after.EventSourceMappingArn }))).Tags).toEqual({ project: "lambdad", stage: "test", generation: "2" });
      expect((await mappingOf(on, "steps.fifo"))!.State).toBe("Disabled");
    });
  },

  destroyed(on) {
    it("destroys all of it", async () => {
      expect(on.did("destroyed")).toEqual({ ...NOTHING, destroyed: 8 });
      expect((await on.clients.lambda.send(new ListEventSourceMappingsCommand({}))).EventSourceMappings).toEqual([]);
    });
  },
};
