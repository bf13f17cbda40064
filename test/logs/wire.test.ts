import {
  CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, DeleteLogGroupCommand, DescribeLogGroupsCommand, DescribeLogStreamsCommand, FilterLogEventsCommand, GetLogEventsCommand,
  ListTagsForResourceCommand, PutLogEventsCommand, PutRetentionPolicyCommand, PutAccountPolicyCommand, StartLiveTailCommand, TagResourceCommand, UntagResourceCommand,
  type DescribeLogGroupsCommandInput, type DescribeLogStreamsCommandInput,
} from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import { awsCli, hasAwsCli } from "../support/aws-cli.ts";
import { clientsOf } from "../support/clients.ts";
import { startServer } from "../support/server.ts";

const GROUP = "/aws/lambda/wire";

describe("CloudWatch Logs over the wire", () => {
  it("serves the SDK: events in, events out, AWS's errors", async () => {
    const { endpoint } = await startServer();
    const { logs } = clientsOf(endpoint);
    await logs.send(new CreateLogGroupCommand({ logGroupName: GROUP }));
    await logs.send(new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName: "a" }));
    const now = Date.now();
    await logs.send(
      new PutLogEventsCommand({ logGroupName: GROUP, logStreamName: "a", logEvents: [{ timestamp: now, message: "START x" }, { timestamp: now + 1, message: '{"level":"ERROR","n":7}' }] }),
    );
    const got = await logs.send(new GetLogEventsCommand({ logGroupName: GROUP, logStreamName: "a", startFromHead: true }));
    expect(got.events!.map(({ message }) => message)).toEqual(["START x", '{"level":"ERROR","n":7}']);
    const found = await logs.send(new FilterLogEventsCommand({ logGroupName: GROUP, filterPattern: "{ $.level = ERROR && $.n > 3 }" }));
    expect(found.events).toHaveLength(1);

    await expect(logs.send(new DeleteLogGroupCommand({ logGroupName: "none" }))).rejects.toMatchObject({ name: "ResourceNotFoundException", message: "The specified log group does not exist." });
    await expect(logs.send(new CreateLogGroupCommand({ logGroupName: "no spaces" }))).rejects.toMatchObject({
      name: "InvalidParameterException", message: "1 validation error detected: Value at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+",
    });
    const unbuilt = new PutAccountPolicyCommand({ policyName: "p", policyType: "SUBSCRIPTION_FILTER_POLICY", policyDocument: "{}" });
    await expect(logs.send(unbuilt)).rejects.toMatchObject({ name: "NotImplemented", $metadata: { httpStatusCode: 501 } });
  });

  // Skipped where the AWS CLI is not installed.
  it.skipIf(!hasAwsCli)("serves the AWS CLI", async () => {
    const { endpoint } = await startServer();
    const aws = (...args: string[]) =>
      awsCli(["--endpoint-url", endpoint, "--region", "us-east-1", "--output", "json", ...args], {
        env: { PATH: process.env["PATH"], HOME: "/nonexistent", PYENV_ROOT: process.env["PYENV_ROOT"] ?? `${process.env["HOME"]}/.pyenv`, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
      });
    expect(await aws("logs", "create-log-group", "--log-group-name", GROUP)).toMatchObject({ stderr: "" });
    expect(JSON.parse((await aws("logs", "describe-log-groups")).stdout).logGroups).toMatchObject([{ logGroupName: GROUP }]);
    const refused = (await aws("logs", "create-log-group", "--log-group-name", GROUP).catch((error: unknown) => error)) as { stderr: string };
    expect(refused.stderr).toContain("ResourceAlreadyExistsException");
    expect(refused.stderr).toContain("The specified log group already exists");
  });

  it("lists groups and streams in the order of their names, by prefix and by what the name contains", async () => {
    const { endpoint } = await startServer();
    const { logs } = clientsOf(endpoint);
    for (const logGroupName of ["/aws/lambda/b", "/aws/lambda/a", "/aws/Lambda/c", "plain"]) await logs.send(new CreateLogGroupCommand({ logGroupName }));
    const names = async (input: DescribeLogGroupsCommandInput) => (await logs.send(new DescribeLogGroupsCommand(input))).logGroups!.map((group) => group.logGroupName);
    expect(await names({})).toEqual(["/aws/Lambda/c", "/aws/lambda/a", "/aws/lambda/b", "plain"]);
    expect(await names({ logGroupNamePrefix: "/aws/lambda/" })).toEqual(["/aws/lambda/a", "/aws/lambda/b"]);
    expect(await names({ logGroupNamePattern: "ambda/" })).toEqual(["/aws/Lambda/c", "/aws/lambda/a", "/aws/lambda/b"]);
    expect(await names({ logGroupNamePattern: "Lambda" })).toEqual(["/aws/Lambda/c"]);
    await expect(names({ logGroupNamePrefix: "/aws", logGroupNamePattern: "aws" })).rejects.toMatchObject({ name: "InvalidParameterException", message: "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters." });
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "plain" }));
    const arn = "arn:aws:logs:us-east-1:000000000000:log-group:plain";
    expect(logGroups).toEqual([{ logGroupName: "plain", arn: `${arn}:*`, logGroupArn: arn, creationTime: expect.any(Number), metricFilterCount: 0, storedBytes: 0, logGroupClass: "STANDARD", deletionProtectionEnabled: false }]);

    const now = Date.now();
    for (const [index, logStreamName] of ["z/1", "a/2", "a/1"].entries()) {
      await logs.send(new CreateLogStreamCommand({ logGroupName: "plain", logStreamName }));
      await logs.send(new PutLogEventsCommand({ logGroupName: "plain", logStreamName, logEvents: [{ timestamp: now + index, message: "12345" }] }));
    }
    const streams = async (input: Partial<DescribeLogStreamsCommandInput>) => (await logs.send(new DescribeLogStreamsCommand({ logGroupName: "plain", ...input }))).logStreams!;
    const streamNames = async (input: Partial<DescribeLogStreamsCommandInput>) => (await streams(input)).map((stream) => stream.logStreamName);
    expect(await streamNames({})).toEqual(["a/1", "a/2", "z/1"]);
    expect(await streamNames({ descending: true })).toEqual(["z/1", "a/2", "a/1"]);
    expect(await streamNames({ orderBy: "LastEventTime", descending: true })).toEqual(["a/1", "a/2", "z/1"]);
    expect(await streamNames({ logStreamNamePrefix: "a/" })).toEqual(["a/1", "a/2"]);
    await expect(streams({ orderBy: "LastEventTime", logStreamNamePrefix: "a/" })).rejects.toMatchObject({ name: "InvalidParameterException", message: "Cannot order by LastEventTime with a logStreamNamePrefix." });
    expect((await streams({}))[0]).toMatchObject({ arn: `${arn}:log-stream:a/1`, storedBytes: 0, firstEventTimestamp: now + 2, lastEventTimestamp: now + 2 });
    expect((await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "plain" }))).logGroups![0]!.storedBytes).toBe(3 * (5 + 26));
  });

  it("keeps classes, tags and retention, and refuses what AWS refuses", async () => {
    const { endpoint } = await startServer();
    const { logs } = clientsOf(endpoint);
    await logs.send(new CreateLogGroupCommand({ logGroupName: "rare", logGroupClass: "INFREQUENT_ACCESS", tags: { team: "red" } }));
    const resourceArn = "arn:aws:logs:us-east-1:000000000000:log-group:rare";
    await logs.send(new TagResourceCommand({ resourceArn, tags: { floor: "1" } }));
    await logs.send(new UntagResourceCommand({ resourceArn, tagKeys: ["team"] }));
    expect((await logs.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({ floor: "1" });
    for (const other of [`${resourceArn}:*`, `${resourceArn}:log-stream:s`, "plain"]) {
      await expect(logs.send(new ListTagsForResourceCommand({ resourceArn: other }))).rejects.toMatchObject({ name: "ValidationException", message: "Invalid resourceArn", $metadata: { httpStatusCode: 400 } });
    }
    expect((await logs.send(new DescribeLogGroupsCommand({ logGroupClass: "INFREQUENT_ACCESS" }))).logGroups).toHaveLength(1);
    expect((await logs.send(new DescribeLogGroupsCommand({ logGroupClass: "STANDARD" }))).logGroups).toEqual([]);
    await expect(logs.send(new FilterLogEventsCommand({ logGroupName: "rare" }))).rejects.toMatchObject({ name: "ValidationException", message: "This operation is only supported on the Standard log class.", $metadata: { httpStatusCode: 400 } });
    await logs.send(new PutRetentionPolicyCommand({ logGroupName: "rare", retentionInDays: 3653 }));
    await expect(logs.send(new PutRetentionPolicyCommand({ logGroupName: "rare", retentionInDays: 2 }))).rejects.toMatchObject({ name: "InvalidParameterException", message: expect.stringMatching(/^1 validation error detected: Value at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: \[/) });
    await expect(logs.send(new PutRetentionPolicyCommand({ logGroupName: "none", retentionInDays: 1 }))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  it("has no live tail yet, and says so", async () => {
    const { endpoint } = await startServer();
    const logs = new CloudWatchLogsClient({ endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1, disableHostPrefix: true });
    await expect(logs.send(new StartLiveTailCommand({ logGroupIdentifiers: ["arn:aws:logs:us-east-1:000000000000:log-group:g"] }))).rejects.toMatchObject({
      name: "NotImplemented", message: "CloudWatch Logs StartLiveTail is not built in this version of lambdad. docs/coverage.md lists what is.", $metadata: { httpStatusCode: 501 },
    });
  });

  it("can be followed as `aws logs tail --follow` does it: across streams, from the last timestamp on, each event once", async () => {
    const { endpoint } = await startServer();
    const { logs } = clientsOf(endpoint);
    await logs.send(new CreateLogGroupCommand({ logGroupName: GROUP }));
    const write = async (logStreamName: string, timestamp: number, ...messages: string[]) => {
      await logs.send(new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName })).catch(() => undefined);
      await logs.send(new PutLogEventsCommand({ logGroupName: GROUP, logStreamName, logEvents: messages.map((message) => ({ timestamp, message })) }));
    };
    const seen = new Map<string, string>();
    let startTime = Date.now() - 600_000;
    const poll = async () => {
      const fresh: string[] = [];
      let nextToken: string | undefined;
      do {
        const page = await logs.send(new FilterLogEventsCommand({ logGroupName: GROUP, startTime, interleaved: true, limit: 2, ...(nextToken === undefined ? {} : { nextToken }) }));
        for (const { eventId, message, timestamp } of page.events!) {
          startTime = Math.max(startTime, timestamp!);
          if (seen.has(eventId!)) continue;
          seen.set(eventId!, message!);
          fresh.push(message!);
        }
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      return fresh;
    };
    const now = Date.now();
    await write("one", now, "1");
    await write("two", now + 1, "2", "3");
    await write("one", now + 2, "4");
    expect(await poll()).toEqual(["1", "2", "3", "4"]);
    expect(await poll()).toEqual([]);
    // One more of the last millisecond, from a stream that was not there before.
    await write("three", now + 2, "5");
    await write("two", now + 3, "6");
    expect(await poll()).toEqual(["5", "6"]);
    expect(await poll()).toEqual([]);
  });
});
