import { describe, expect, it } from "vitest";
import { context, GROUP, NOW, startLogs } from "./support.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

describe("log groups", () => {
  it("are created once, described with both ARNs, and deleted", async () => {
    const { call } = startLogs();
    await call("CreateLogGroup", { logGroupName: GROUP, tags: { team: "a" } });
    await expect(call("CreateLogGroup", { logGroupName: GROUP })).rejects.toMatchObject({
      code: "ResourceAlreadyExistsException",
      message: "The specified log group already exists",
    });
    const { logGroups } = await call("DescribeLogGroups", {});
    expect(logGroups).toEqual([
      {
        logGroupName: GROUP,
        creationTime: expect.closeTo(NOW, -4),
        metricFilterCount: 0,
        arn: `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}:*`,
        logGroupArn: `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}`,
        storedBytes: 0,
        logGroupClass: "STANDARD",
        deletionProtectionEnabled: false,
      },
    ]);
    await call("DeleteLogGroup", { logGroupName: GROUP });
    expect((await call("DescribeLogGroups", {})).logGroups).toEqual([]);
    await expect(call("DeleteLogGroup", { logGroupName: GROUP })).rejects.toMatchObject({
      code: "ResourceNotFoundException",
      message: "The specified log group does not exist.",
    });
  });

  it("are apart by region and account", async () => {
    const { call } = startLogs();
    await call("CreateLogGroup", { logGroupName: GROUP });
    expect((await call("DescribeLogGroups", {}, { region: "eu-west-1" })).logGroups).toEqual([]);
    expect((await call("DescribeLogGroups", {}, { account: "111111111111" })).logGroups).toEqual([]);
  });

  it("are listed in pages by prefix, pattern and identifier", async () => {
    const { call } = startLogs();
    for (let i = 0; i < 7; i++) await call("CreateLogGroup", { logGroupName: `/app/${i}` });
    await call("CreateLogGroup", { logGroupName: "other" });
    const names: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await call("DescribeLogGroups", { logGroupNamePrefix: "/app/", limit: 3, ...(nextToken === undefined ? {} : { nextToken }) });
      expect(page.logGroups!.length).toBeLessThanOrEqual(3);
      names.push(...page.logGroups!.map((group) => group.logGroupName!));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    expect(names).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => `/app/${i}`));
    await call("PutRetentionPolicy", { logGroupName: "other", retentionInDays: 7 });
    const [found, ...others] = (await call("DescribeLogGroups", { logGroupNamePattern: "the" })).logGroups!;
    expect([Object.keys(found!).toSorted(), others]).toEqual([["arn", "creationTime", "logGroupArn", "logGroupClass", "logGroupName"], []]);
    const arn = "arn:aws:logs:us-east-1:000000000000:log-group:other";
    expect((await call("DescribeLogGroups", { logGroupIdentifiers: [arn, "/app/2"] })).logGroups).toHaveLength(2);
    await expect(call("DescribeLogGroups", { nextToken: "nonsense" })).rejects.toMatchObject({ code: "InvalidParameterException" });
  });

  it("carry tags, by ARN and by the older operations", async () => {
    const { call } = startLogs();
    await call("CreateLogGroup", { logGroupName: GROUP, tags: { a: "1" } });
    const resourceArn = `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}`;
    await call("TagResource", { resourceArn, tags: { b: "2" } });
    await call("TagLogGroup", { logGroupName: GROUP, tags: { c: "3" } });
    await call("UntagResource", { resourceArn, tagKeys: ["a"] });
    expect(await call("ListTagsForResource", { resourceArn })).toEqual({ tags: { b: "2", c: "3" } });
    await call("UntagLogGroup", { logGroupName: GROUP, tags: ["b"] });
    expect(await call("ListTagsLogGroup", { logGroupName: GROUP })).toEqual({ tags: { c: "3" } });
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, "v"]));
    await expect(call("TagResource", { resourceArn, tags: many })).rejects.toMatchObject({ code: "TooManyTagsException" });
    await expect(call("ListTagsForResource", { resourceArn: `${resourceArn}-none` })).rejects.toMatchObject({ code: "ResourceNotFoundException" });
  });

  it("are not deleted while they are protected", async () => {
    const { call } = startLogs();
    await call("CreateLogGroup", { logGroupName: GROUP, deletionProtectionEnabled: true });
    await expect(call("DeleteLogGroup", { logGroupName: GROUP })).rejects.toMatchObject({ code: "ValidationException" });
    await call("PutLogGroupDeletionProtection", { logGroupIdentifier: GROUP, deletionProtectionEnabled: false });
    await call("DeleteLogGroup", { logGroupName: GROUP });
  });

  it("cannot have AWS's own names", async () => {
    const { call } = startLogs();
    await expect(call("CreateLogGroup", { logGroupName: "aws/lambda/hello" })).rejects.toMatchObject({ code: "InvalidParameterException", message: "Log groups starting with AWS/ are reserved for AWS." });
  });

  it("refuse what they could not honour", async () => {
    const { call } = startLogs();
    for (const logGroupClass of ["DELIVERY", "ESSENTIALS"] as const) await expect(call("CreateLogGroup", { logGroupName: GROUP, logGroupClass })).rejects.toMatchObject({ status: 501, message: expect.stringContaining(logGroupClass) });
    await expect(call("CreateLogGroup", { logGroupName: GROUP, kmsKeyId: "arn:aws:kms:us-east-1:000000000000:key/x" })).rejects.toMatchObject({ status: 501 });
  });
});

describe("retention", () => {
  it("takes AWS's numbers of days only", async () => {
    const { call } = startLogs();
    await call("CreateLogGroup", { logGroupName: GROUP });
    await expect(call("PutRetentionPolicy", { logGroupName: GROUP, retentionInDays: 2 })).rejects.toMatchObject({
      code: "InvalidParameterException",
      message: expect.stringContaining("Member must satisfy enum value set: [1, 3, 5"),
    });
    await call("PutRetentionPolicy", { logGroupName: GROUP, retentionInDays: 7 });
    expect((await call("DescribeLogGroups", {})).logGroups![0]).toMatchObject({ retentionInDays: 7 });
    await call("DeleteRetentionPolicy", { logGroupName: GROUP });
    expect((await call("DescribeLogGroups", {})).logGroups![0]).not.toHaveProperty("retentionInDays");
  });

  it("lets events vanish when the platform's clock passes it", async () => {
    const { call, write, clock } = startLogs();
    await write("s", ["one"]);
    await call("PutRetentionPolicy", { logGroupName: GROUP, retentionInDays: 3 });
    const events = async () => (await call("GetLogEvents", { logGroupName: GROUP, logStreamName: "s" })).events;
    await clock.advance(2 * DAY_MS);
    expect(await events()).toHaveLength(1);
    await clock.advance(1 * DAY_MS + 1_000);
    expect(await events()).toEqual([]);
    expect((await call("FilterLogEvents", { logGroupName: GROUP })).events).toEqual([]);
  });

  it("is swept from the disk behind later writes", async () => {
    const { call, write, clock, store } = startLogs();
    await write("s", ["old"]);
    await call("PutRetentionPolicy", { logGroupName: GROUP, retentionInDays: 1 });
    await clock.advance(2 * DAY_MS);
    await write("s", ["new"]);
    await expect
      .poll(() => store.run(function* () {
        return (yield { sql: "select message from log_event", values: [] }).map((row) => row["message"]);
      }))
      .toEqual(["new"]);
    expect((await call("DescribeLogGroups", {})).logGroups![0]!.storedBytes).toBe(3 + 26);
  });
});

describe("permissions", () => {
  it("has an entry for every handler, and the other way round", () => {
    const { service } = startLogs();
    expect(Object.keys(service.permissions).toSorted()).toEqual(Object.keys(service.handlers).toSorted());
  });

  it("asks for the ARNs that AWS names in its refusals", async () => {
    const { service } = startLogs();
    const put = await service.permissions.PutLogEvents!({ logGroupName: GROUP, logStreamName: "s", logEvents: [] }, context());
    expect(put).toEqual([{ action: "logs:PutLogEvents", resource: `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}:log-stream:s` }]);
    const create = await service.permissions.CreateLogGroup!({ logGroupName: GROUP }, context());
    expect(create).toEqual([{ action: "logs:CreateLogGroup", resource: `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}:log-stream:`, context: {} }]);
    expect(service.ledgerKeys!("PutLogEvents", { logGroupName: GROUP }, context())).toEqual([GROUP, "hello"]);
  });

  it("tell the tags of a group, and those that are asked for", async () => {
    const { service: { permissions }, call } = startLogs();
    const [create] = await permissions.CreateLogGroup!({ logGroupName: GROUP, tags: { stage: "test" } }, context());
    expect(create!.context).toEqual({ "aws:RequestTag/stage": "test", "aws:TagKeys": ["stage"] });
    await call("CreateLogGroup", { logGroupName: GROUP, tags: { team: "a" } });
    const resourceArn = `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}`;
    const asked = [...(await permissions.DeleteLogGroup!({ logGroupName: GROUP }, context())), ...(await permissions.UntagResource!({ resourceArn, tagKeys: ["x"] }, context())), ...(await permissions.CreateLogStream!({ logGroupName: GROUP, logStreamName: "s" }, context()))];
    expect(asked.map((one) => one.context)).toEqual([{ "aws:ResourceTag/team": "a" }, { "aws:ResourceTag/team": "a", "aws:TagKeys": ["x"] }, { "aws:ResourceTag/team": "a" }]);
    expect(asked[2]!.resource).toBe(`${resourceArn}:log-stream:s`);
  });
});

describe("what is deleted", () => {
  const count = async ({ store }: Pick<ReturnType<typeof startLogs>, "store">, table: string) =>
    store.run(function* () {
      return Number((yield { sql: `select count(*) as n from ${table}`, values: [] })[0]!["n"]);
    });

  it("is gone at once for whoever asks, and leaves the disk in pieces behind the answer", async () => {
    const logs = startLogs();
    const { call, write } = logs;
    for (let i = 0; i < 3; i++) await write("s", Array.from({ length: 1_500 }, (_, n) => `${i} ${n}`));
    await write("other", ["stays"]);
    await call("DeleteLogStream", { logGroupName: GROUP, logStreamName: "s" });
    const left = await count(logs, "log_event");
    expect(left).toBeGreaterThanOrEqual(4_501 - 2 * 2_000);
    expect((await call("DescribeLogStreams", { logGroupName: GROUP })).logStreams!.map((stream) => stream.logStreamName)).toEqual(["other"]);
    expect((await call("FilterLogEvents", { logGroupName: GROUP })).events!.map(({ message }) => message)).toEqual(["stays"]);
    await call("CreateLogStream", { logGroupName: GROUP, logStreamName: "s" });
    expect((await call("GetLogEvents", { logGroupName: GROUP, logStreamName: "s" })).events).toEqual([]);
    await expect.poll(() => count(logs, "log_event")).toBe(1);
    expect((await call("DescribeLogGroups", {})).logGroups!.map((group) => group.storedBytes)).toEqual([5 + 26]);
    await call("DeleteLogGroup", { logGroupName: GROUP });
    await write("s", ["new"]);
    expect((await call("FilterLogEvents", { logGroupName: GROUP })).events!.map(({ message }) => message)).toEqual(["new"]);
    await expect.poll(() => count(logs, "log_event")).toBe(1);
    await expect.poll(() => count(logs, "log_group")).toBe(1);
    expect(await count(logs, "log_stream")).toBe(1);
  });

  it("goes on leaving after a restart, and its ids are not given again meanwhile", async () => {
    const first = startLogs();
    await first.write("s", Array.from({ length: 9_000 }, (_, n) => String(n)));
    await first.call("DeleteLogGroup", { logGroupName: GROUP });
    await first.store.close();
    const logs = startLogs({ path: first.path });
    await logs.write("s", ["new"]);
    expect((await logs.call("FilterLogEvents", { logGroupName: GROUP })).events!.map(({ message }) => message)).toEqual(["new"]);
    await expect.poll(() => count(logs, "log_event")).toBe(1);
    await expect.poll(() => count(logs, "log_group")).toBe(1);
  });
});
