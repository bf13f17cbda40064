import { join } from "node:path";
import { DescribePipeCommand, PipesClient } from "@aws-sdk/client-pipes";
import { ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect, it } from "vitest";
import { NOTHING } from "./outcome.ts";
import type { Module, Suite } from "./suite.ts";

const POLICY = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: ["CreateRole", "DeleteRole", "DeleteRolePolicy", "GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies", "PassRole", "PutRolePolicy", "TagRole"].map((action) => `iam:${action}`),
      Resource: "arn:aws:iam::000000000000:role/mover",
    },
    {
      Effect: "Allow",
      Action: ["CreatePipe", "DeletePipe", "DescribePipe", "ListTagsForResource", "TagResource", "UntagResource", "UpdatePipe"].map((action) => `pipes:${action}`),
      Resource: "arn:aws:pipes:us-east-1:000000000000:pipe/orders",
    },
    {
      Effect: "Allow",
      Action: ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:ListQueueTags", "sqs:TagQueue"],
      Resource: ["arn:aws:sqs:us-east-1:000000000000:orders", "arn:aws:sqs:us-east-1:000000000000:parcels"],
    },
  ],
};

const describePipe = async ({ server }: Module) => {
  const client = new PipesClient({ endpoint: server.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
  return client.send(new DescribePipeCommand({ Name: "orders" })).finally(() => client.destroy());
};

export const pipes: Suite = {
  title: "with a pipe",
  name: "pipes",
  folder: join(import.meta.dirname, "pipes"),
  policy: POLICY,
  given: () => "generation = var.generation",

  applied(on) {
    it("applies, and has no change after it", async () => {
      expect(on.did("first")).toEqual({ ...NOTHING, added: 5 });
      expect(on.did("applied")).toEqual(NOTHING);
      expect(on.left("applied")).toEqual([]);
      expect(await describePipe(on)).toMatchObject({
        Arn: on.outputs("applied")["arn"], CurrentState: "RUNNING", Description: "generation 1", Tags: { project: "lambdad", stage: "test", generation: "1" },
        SourceParameters: { SqsQueueParameters: { BatchSize: 5, MaximumBatchingWindowInSeconds: 1 }, FilterCriteria: { Filters: [{ Pattern: '{"body":{"kind":["order"]}}' }] } },
      });
    });

    it("made a pipe that works", async () => {
      const at = (queue: string) => `${on.server.endpoint}/000000000000/${queue}`;
      for (const kind of ["other", "order"]) await on.clients.sqs.send(new SendMessageCommand({ QueueUrl: at("orders"), MessageBody: JSON.stringify({ kind, id: 7 }) }));
      const { Messages = [] } = await on.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: at("parcels"), WaitTimeSeconds: 20 }));
      expect(Messages.map(({ Body }) => Body)).toEqual(['{"id": 7}']);
    });
  },

  changed(on) {
    it("changes it in place, and has no change after it", async () => {
      expect(on.did("changed")).toEqual({ ...NOTHING, changed: 1 });
      expect(on.left("changed")).toEqual([]);
      expect(await describePipe(on)).toMatchObject({ CurrentState: "STOPPED", Description: "generation 2", Tags: { generation: "2" }, SourceParameters: { SqsQueueParameters: { BatchSize: 10, MaximumBatchingWindowInSeconds: 1 } } });
    });
  },

  destroyed(on) {
    it("destroys all of it", async () => {
      expect(on.did("destroyed")).toEqual({ ...NOTHING, destroyed: 5 });
      await expect(describePipe(on)).rejects.toMatchObject({ name: "NotFoundException" });
    });
  },
};
