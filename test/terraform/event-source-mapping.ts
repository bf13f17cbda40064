import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ListEventSourceMappingsCommand, ListTagsCommand, type EventSourceMappingConfiguration } from "@aws-sdk/client-lambda";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import { zipOf } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";
import { hasTerraform, NO_TERRAFORM, useTerraform } from "../support/terraform.ts";

/** The provider looks at a queue several times, with seconds in between, before it believes what it has set or deleted. */
const OPTIONS = { timeout: 400_000 };
const APP = `
def handler(event, context):
    for record in event["Records"]: print("GOT", record["body"])
    return {"batchItemFailures": []}
`;

export const testMappings = (): void => void describe.skipIf(!hasTerraform).concurrent(`Terraform, with event source mappings${NO_TERRAFORM}`, () => {
  const on = useTerraform(join(import.meta.dirname, "event-source-mapping"), async ({ server, folder }) => {
    writeFileSync(join(folder, "app.zip"), await zipOf({ "app.py": APP }));
    return { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_ENDPOINT_URL: server.endpoint, AWS_REGION: "us-east-1" };
  });
  const mappingOf = async (queue: string): Promise<EventSourceMappingConfiguration | undefined> =>
    (await on.clients.lambda.send(new ListEventSourceMappingsCommand({ EventSourceArn: `arn:aws:sqs:us-east-1:000000000000:${queue}` }))).EventSourceMappings![0];

  it.sequential("applies, and has no change after it", OPTIONS, async () => {
    expect((await on.terraform("apply", "-auto-approve")).said).toMatch(/Apply complete! Resources: 8 added, 0 changed, 0 destroyed\./);
    const mapping = (await mappingOf("jobs"))!;
    expect(JSON.parse((await on.terraform("output", "-json", "jobs")).said)).toEqual({ state: "Enabled", uuid: mapping.UUID, arn: mapping.EventSourceMappingArn });
    expect(await on.terraform("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
    expect(mapping).toMatchObject({
      BatchSize: 100, MaximumBatchingWindowInSeconds: 1, FunctionResponseTypes: ["ReportBatchItemFailures"], ScalingConfig: { MaximumConcurrency: 2 },
    });
    const patterns = mapping.FilterCriteria!.Filters!.map(({ Pattern }) => JSON.parse(Pattern!) as unknown);
    expect(patterns).toHaveLength(2);
    expect(patterns).toEqual(expect.arrayContaining([{ body: { kind: ["order", { prefix: "in" }] } }, { body: { total: [{ numeric: [">", 100] }] } }]));
    expect(await mappingOf("steps.fifo")).toMatchObject({ State: "Enabled", BatchSize: 5, MetricsConfig: { Metrics: ["EventCount"] }, FunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:consumer:live" });
  });

  it.sequential("made mappings that work", async () => {
    const send = (body: object) => on.clients.sqs.send(new SendMessageCommand({ QueueUrl: `${on.server.endpoint}/000000000000/jobs`, MessageBody: JSON.stringify(body) }));
    await send({ kind: "other" });
    await send({ kind: "invoice" });
    const printed = await eventually("the function has it", async () => {
      const { events = [] } = await on.clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/consumer", filterPattern: "GOT" })).catch(() => ({ events: [] }));
      return events.length > 0 && events.map(({ message }) => message!.trim());
    });
    expect(printed).toEqual(['GOT {"kind":"invoice"}']);
  });

  it.sequential("changes them in place, takes one over, and has no change after it", OPTIONS, async () => {
    const before = (await mappingOf("jobs"))!;
    await on.terraform("state", "rm", "aws_lambda_event_source_mapping.jobs");
    writeFileSync(join(on.folder, "imports.tf"), `import {\n  to = aws_lambda_event_source_mapping.jobs\n  id = "${before.UUID}"\n}\n`);
    expect((await on.terraform("apply", "-auto-approve", "-var", "generation=2")).said).toMatch(/Apply complete! Resources: 1 imported, 0 added, 2 changed, 0 destroyed\./);
    expect(await on.terraform("plan", "-detailed-exitcode", "-var", "generation=2")).toMatchObject({ code: 0 });
    const after = (await mappingOf("jobs"))!;
    expect(after).toMatchObject({ UUID: before.UUID, State: "Enabled", BatchSize: 50, ScalingConfig: { MaximumConcurrency: 10 } });
    expect(after.FilterCriteria).toBeUndefined();
    expect((await on.clients.lambda.send(new ListTagsCommand({ Resource: after.EventSourceMappingArn }))).Tags).toEqual({ generation: "2" });
    expect((await mappingOf("steps.fifo"))!.State).toBe("Disabled");
  });

  it.sequential("destroys all of it", OPTIONS, async () => {
    expect((await on.terraform("destroy", "-auto-approve", "-var", "generation=2")).said).toMatch(/Destroy complete! Resources: 8 destroyed\./);
    expect((await on.clients.lambda.send(new ListEventSourceMappingsCommand({}))).EventSourceMappings).toEqual([]);
  });
});
