import { DescribeAlarmHistoryCommand, DescribeAlarmsCommand, PutMetricAlarmCommand, PutMetricDataCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import { PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateTopicCommand, SetTopicAttributesCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { storyLines } from "../../src/cli/story.ts";
import { usePlatform } from "../support/platform.ts";
import { pushClientsOf } from "../support/push-clients.ts";

const on = usePlatform();
const client = () => ({ endpoint: on.endpoint, region: "us-east-1", account: undefined });
const TOPIC = "arn:aws:sns:us-east-1:000000000000:alarms";
const ALARM = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:busy";
const queues: Record<string, string> = {};

const createQueue = async (QueueName: string, service: string) => {
  queues[QueueName] = (await on.clients.sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl!;
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sqs:SendMessage", Resource: "*" }] });
  await on.clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl: queues[QueueName], Attributes: { Policy } }));
  return `arn:aws:sqs:us-east-1:000000000000:${QueueName}`;
};
const next = async (name: string): Promise<Record<string, unknown>> => {
  const { Messages } = await on.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: queues[name], WaitTimeSeconds: 10 }));
  return JSON.parse(Messages![0]!.Body!) as Record<string, unknown>;
};
const set = (StateValue: "OK" | "ALARM") => on.clients.cloudwatch.send(new SetAlarmStateCommand({ AlarmName: "busy", StateValue, StateReason: "testing" }));

beforeAll(async () => {
  const { sns, events } = pushClientsOf(on.endpoint);
  await sns.send(new CreateTopicCommand({ Name: "alarms" }));
  await sns.send(new SubscribeCommand({ TopicArn: TOPIC, Protocol: "sqs", Endpoint: await createQueue("mail", "sns.amazonaws.com") }));
  await events.send(new PutRuleCommand({ Name: "alarms", EventPattern: JSON.stringify({ source: ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"], detail: { state: { value: ["ALARM"] } } }) }));
  await events.send(new PutTargetsCommand({ Rule: "alarms", Targets: [{ Id: "q", Arn: await createQueue("events", "events.amazonaws.com") }] }));
  await on.clients.cloudwatch.send(new PutMetricAlarmCommand({ AlarmName: "busy", Namespace: "own", MetricName: "load", Statistic: "Maximum", Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "GreaterThanThreshold", AlarmActions: [TOPIC], OKActions: [TOPIC] }));
});

describe("an alarm's topic, and EventBridge", () => {
  it("are told when a metric goes too far", async () => {
    await on.clients.cloudwatch.send(new PutMetricDataCommand({ Namespace: "own", MetricData: [{ MetricName: "load", Value: 3 }] }));
    await callPlatform(client(), "POST", "clock", { advance: "1m" });
    expect((await on.clients.cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ["busy"] }))).MetricAlarms).toMatchObject([{ StateValue: "ALARM" }]);
    const mail = await next("mail");
    expect(mail).toMatchObject({ Type: "Notification", TopicArn: TOPIC, Subject: 'ALARM: "busy" in US East (N. Virginia)' });
    expect(JSON.parse(mail["Message"] as string)).toMatchObject({ AlarmName: "busy", NewStateValue: "ALARM", OldStateValue: "INSUFFICIENT_DATA", Trigger: { Statistic: "MAXIMUM" } });
    expect(await next("events")).toMatchObject({ source: "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", resources: [ALARM], detail: { alarmName: "busy", state: { value: "ALARM" }, previousState: { value: "INSUFFICIENT_DATA" } } });
  });

  it("are asked for their doors each time: a policy for CloudWatch, one for another alarm, and none", async () => {
    const { sns } = pushClientsOf(on.endpoint);
    const policy = (SourceArn: string) =>
      sns.send(new SetTopicAttributesCommand({ TopicArn: TOPIC, AttributeName: "Policy", AttributeValue: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "cloudwatch.amazonaws.com" }, Action: "sns:Publish", Resource: TOPIC, Condition: { ArnLike: { "aws:SourceArn": SourceArn } } }] }) }));
    await policy(ALARM);
    await set("OK");
    expect(await next("mail")).toMatchObject({ Subject: 'OK: "busy" in US East (N. Virginia)' });
    await policy(`${ALARM}-other`);
    await set("ALARM");
    await callPlatform(client(), "POST", "drain", { timeout: "30s" });
    const story = (await fetchStories(client(), "busy")).flatMap((one) => storyLines(one, (_style, text) => text)).join("\n");
    expect(story).toContain(`the event is not delivered to ${TOPIC}: its policy does not let the source in`);
    expect((await on.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: queues["mail"] }))).Messages).toBeUndefined();
    const { AlarmHistoryItems } = await on.clients.cloudwatch.send(new DescribeAlarmHistoryCommand({ AlarmName: "busy", HistoryItemType: "Action" }));
    const error = `CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: ${TOPIC} because no resource-based policy allows the SNS:Publish action`;
    expect(AlarmHistoryItems!.map(({ HistorySummary }) => HistorySummary)).toEqual([`Failed to execute action ${TOPIC}. Received error: "${error}"`, `Successfully executed action ${TOPIC}`, `Successfully executed action ${TOPIC}`]);
    expect(JSON.parse(AlarmHistoryItems![0]!.HistoryData!)).toMatchObject({ actionState: "Failed", notificationResource: TOPIC, error });
  });
});
