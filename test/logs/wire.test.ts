import { spawnSync } from "node:child_process";
import { CreateLogGroupCommand, CreateLogStreamCommand, DeleteLogGroupCommand, FilterLogEventsCommand, GetLogEventsCommand, PutLogEventsCommand, PutSubscriptionFilterCommand } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { startServer } from "../support/server.ts";

const hasAwsCli = spawnSync("aws", ["--version"]).status === 0;
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
    await expect(logs.send(new CreateLogGroupCommand({ logGroupName: "no spaces" }))).rejects.toMatchObject({ name: "InvalidParameterException" });
    const unbuilt = new PutSubscriptionFilterCommand({ logGroupName: GROUP, filterName: "f", filterPattern: "", destinationArn: "arn:aws:lambda:us-east-1:000000000000:function:f" });
    await expect(logs.send(unbuilt)).rejects.toMatchObject({ name: "NotImplemented", $metadata: { httpStatusCode: 501 } });
  });

  // Skipped where the AWS CLI is not installed.
  it.skipIf(!hasAwsCli)("serves the AWS CLI", async () => {
    const { endpoint } = await startServer();
    const aws = (...args: string[]) =>
      spawnSync("aws", ["--endpoint-url", endpoint, "--region", "us-east-1", "--output", "json", ...args], {
        encoding: "utf8",
        env: { PATH: process.env["PATH"], HOME: "/nonexistent", PYENV_ROOT: process.env["PYENV_ROOT"] ?? `${process.env["HOME"]}/.pyenv`, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
      });
    expect(aws("logs", "create-log-group", "--log-group-name", GROUP)).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(aws("logs", "describe-log-groups").stdout).logGroups).toMatchObject([{ logGroupName: GROUP }]);
    const refused = aws("logs", "create-log-group", "--log-group-name", GROUP);
    expect(refused.stderr).toContain("ResourceAlreadyExistsException");
    expect(refused.stderr).toContain("The specified log group already exists");
  });
});
