import { describe, expect, it } from "vitest";
import { root, type RoleSessionCaller } from "../../src/kit/caller.ts";
import { sqlOne } from "../../src/store/store.ts";
import { eventually } from "../support/temporary.ts";
import { ACCOUNT, requestContext as context } from "../support/context.ts";
import { bucketWith, OTHER_ACCOUNT, refusal, stream } from "./support.ts";

const arn = (name: string, at = "us-east-1") => `arn:aws:lambda:${at}:${ACCOUNT}:function:${name}`;
type Opened = Awaited<ReturnType<typeof bucketWith>>;

const rule = (name: string, Events: string[], filter: Record<string, string> = {}, Id?: string) => ({
  LambdaFunctionArn: arn(name),
  Events: Events as "s3:ObjectCreated:*"[],
  ...(Id === undefined ? {} : { Id }),
  ...(Object.keys(filter).length === 0 ? {} : { Filter: { Key: { FilterRules: Object.entries(filter).map(([Name, Value]) => ({ Name: Name as "prefix", Value })) } } }),
});
const configure = ({ s3 }: Opened, rules: ReturnType<typeof rule>[], over: object = {}) =>
  s3.PutBucketNotificationConfiguration({ Bucket: "bucket", NotificationConfiguration: { LambdaFunctionConfigurations: rules }, ...over }, context());
const events = ({ invocations }: Opened) => invocations.filter(({ type }) => type === "Event");
const put = ({ s3 }: Opened, Key: string, at = context()) => s3.PutObject({ Bucket: "bucket", Key, Body: stream("body") }, at);
const pendingIs = (opened: Opened, count: number) => eventually(`${count} events arrive`, () => events(opened).length === count && events(opened));

describe("a bucket's notification configuration", () => {
  it("is given back as it was put, ids made up where there were none", async () => {
    const opened = await bucketWith();
    expect(await opened.s3.GetBucketNotificationConfiguration({ Bucket: "bucket" }, context())).toEqual({});
    await configure(opened, [rule("a", ["s3:ObjectCreated:*"], { Prefix: "in/", SUFFIX: ".jpg" }), rule("b", ["s3:ObjectRemoved:Delete"], {}, "mine")]);
    const { LambdaFunctionConfigurations } = await opened.s3.GetBucketNotificationConfiguration({ Bucket: "bucket" }, context());
    expect(LambdaFunctionConfigurations).toEqual([
      { Id: expect.stringMatching(/^[0-9a-f-]{36}$/), LambdaFunctionArn: arn("a"), Events: ["s3:ObjectCreated:*"], Filter: { Key: { FilterRules: [{ Name: "Prefix", Value: "in/" }, { Name: "Suffix", Value: ".jpg" }] } } },
      { Id: "mine", LambdaFunctionArn: arn("b"), Events: ["s3:ObjectRemoved:Delete"] },
    ]);
    await configure(opened, []);
    expect(await opened.s3.GetBucketNotificationConfiguration({ Bucket: "bucket" }, context())).toEqual({});
  });

  it("asks each function's door as a delivery will, and names those that are shut", async () => {
    const opened = await bucketWith({}, { isDoorOpen: (name) => name.endsWith("open") });
    await configure(opened, [rule("open", ["s3:ObjectCreated:*"])]);
    expect(opened.invocations).toEqual([
      expect.objectContaining({ functionArn: arn("open"), type: "DryRun", options: expect.objectContaining({
        account: ACCOUNT, region: "us-east-1",
        as: expect.objectContaining({ type: "service", service: "s3.amazonaws.com", sourceArn: "arn:aws:s3:::bucket", sourceAccount: ACCOUNT }),
      }) }),
    ]);
    expect(await refusal(configure(opened, [rule("shut", ["s3:ObjectCreated:Put"]), rule("open", ["s3:ObjectRemoved:*"]), rule("locked", ["s3:ObjectTagging:*"])]))).toEqual({
      code: "InvalidArgument",
      status: 400,
      message: "Unable to validate the following destination configurations",
      members: {
        ArgumentName1: `${arn("shut")}, null`, ArgumentValue1: `Not authorized to invoke function [${arn("shut")}]`,
        ArgumentName2: `${arn("locked")}, null`, ArgumentValue2: `Not authorized to invoke function [${arn("locked")}]`,
      },
    });
    expect((await opened.s3.GetBucketNotificationConfiguration({ Bucket: "bucket" }, context())).LambdaFunctionConfigurations).toHaveLength(1);
    await configure(opened, [rule("shut", ["s3:ObjectCreated:Put"])], { SkipDestinationValidation: true });
    expect((await opened.s3.GetBucketNotificationConfiguration({ Bucket: "bucket" }, context())).LambdaFunctionConfigurations![0]!.LambdaFunctionArn).toBe(arn("shut"));
  });

  const created = ["s3:ObjectCreated:*"];
  const ambiguous = "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same event type.";
  it.each([
    [[rule("a", created), rule("b", created)], ambiguous],
    [[rule("a", created), rule("b", ["s3:ObjectCreated:Put"], { prefix: "x" })], ambiguous],
    [[rule("a", created, { prefix: "in/" }), rule("b", created, { prefix: "in/deep/" })], ambiguous],
    [[rule("a", created, { prefix: "in/", suffix: ".jpg" }), rule("b", created, { prefix: "in/", suffix: "g" })], ambiguous],
    [[rule("a", created, { prefix: "in/", suffix: ".jpg" }), rule("b", created, { prefix: "in/", suffix: ".png" })], undefined],
    [[rule("a", created, { prefix: "in/" }), rule("b", created, { prefix: "out/" })], undefined],
    [[rule("a", created), rule("b", ["s3:ObjectRemoved:*"])], undefined],
    [[rule("a", ["s3:ObjectCreated:Put"]), rule("b", ["s3:ObjectCreated:Copy"])], undefined],
    [[rule("a", created, { prefix: "" })], undefined],
    [[rule("a", created, {}, "same"), rule("b", ["s3:ObjectRemoved:*"], {}, "same")], "Same ID used for multiple configurations. IDs must be unique"],
    [[rule("a", created, { infix: "x" })], "filter rule name must be either prefix or suffix"],
    [[rule("a", created, { prefix: "x", Prefix: "y" })], "Cannot specify more than one prefix rule in a filter."],
    [[rule("a", created, { prefix: "x".repeat(1025) })], "Size of filter rule value cannot exceed 1024 bytes in UTF-8"],
    [[{ ...rule("a", created), LambdaFunctionArn: "arn:aws:lambda" }], "The ARN could not be parsed"],
    [[{ ...rule("a", created), LambdaFunctionArn: arn("a", "eu-west-1") }], "The notification destination service region is not valid for the bucket location constraint"],
    [[rule("a", ["nonsense"])], "The event is not supported for notifications"],
  ])("%j: %s", async (rules, message) => {
    const opened = await bucketWith();
    const outcome = configure(opened, rules as ReturnType<typeof rule>[]);
    if (message === undefined) await outcome;
    else expect(await refusal(outcome)).toMatchObject({ code: "InvalidArgument", message });
  });

  it.each([
    [{ LambdaFunctionConfigurations: [rule("a", ["s3:ReducedRedundancyLostObject"])] }, /ReducedRedundancyLostObject/],
  ])("says that %j is not built", async (NotificationConfiguration, text) => {
    const { s3 } = await bucketWith();
    const refused = await refusal(s3.PutBucketNotificationConfiguration({ Bucket: "bucket", NotificationConfiguration }, context()));
    expect(refused).toMatchObject({ code: "NotImplemented", status: 501, message: expect.stringMatching(text) });
  });
});

describe("events", () => {
  const session: RoleSessionCaller = { type: "role-session", account: ACCOUNT, arn: "arn:aws:sts::000000000000:assumed-role/r/s", userId: "AROAEXAMPLE:s", roleArn: "arn:aws:iam::000000000000:role/r", sessionName: "s", expiresAt: Infinity };

  it("have AWS's record, and reach the function as S3 acting for the bucket", async () => {
    const opened = await bucketWith();
    await configure(opened, [rule("f", ["s3:ObjectCreated:*"], {}, "conf")]);
    const at = context({ caller: session });
    const { ETag } = await put(opened, "in/größe (1)+x.jpg", at);
    const [event] = await pendingIs(opened, 1);
    expect(event).toMatchObject({
      functionArn: arn("f"),
      options: { trace: { id: at.trace.id }, account: ACCOUNT, as: { service: "s3.amazonaws.com", sourceArn: "arn:aws:s3:::bucket", sourceAccount: ACCOUNT } },
    });
    expect(JSON.parse(event!.payload)).toEqual({
      Records: [{
        eventVersion: "2.1",
        eventSource: "aws:s3",
        awsRegion: "us-east-1",
        eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        eventName: "ObjectCreated:Put",
        userIdentity: { principalId: "AWS:AROAEXAMPLE:s" },
        requestParameters: { sourceIPAddress: "203.0.113.7" },
        responseElements: { "x-amz-request-id": at.requestId, "x-amz-id-2": expect.stringMatching(/^.{76}$/) },
        s3: {
          s3SchemaVersion: "1.0",
          configurationId: "conf",
          bucket: { name: "bucket", ownerIdentity: { principalId: expect.stringMatching(/^A[0-9A-Z]{13}$/) }, arn: "arn:aws:s3:::bucket" },
          object: { key: "in/gr%C3%B6%C3%9Fe+%281%29%2Bx.jpg", size: 4, eTag: ETag!.slice(1, -1), sequencer: expect.stringMatching(/^[0-9A-F]{18}$/) },
        },
      }],
    });
  });

  it("go to each rule that matches, and to no other", async () => {
    const opened = await bucketWith();
    await configure(opened, [
      rule("jpg", ["s3:ObjectCreated:*"], { prefix: "in/", suffix: ".jpg" }),
      rule("png", ["s3:ObjectCreated:*"], { prefix: "in/", suffix: ".png" }),
      rule("removed", ["s3:ObjectRemoved:*"]),
      rule("copied", ["s3:ObjectCreated:Copy"], { prefix: "out/" }),
    ]);
    await put(opened, "in/a.jpg");
    await put(opened, "in/b.png");
    await put(opened, "in/c.JPG");
    await put(opened, "out/d.jpg");
    await opened.s3.CopyObject({ Bucket: "bucket", Key: "out/e", CopySource: "bucket/in/a.jpg" }, context());
    await opened.s3.DeleteObject({ Bucket: "bucket", Key: "in/b.png" }, context());
    await opened.s3.DeleteObject({ Bucket: "bucket", Key: "never/was" }, context());
    const arrived = await pendingIs(opened, 4);
    const told = arrived.map(({ functionArn, payload }) => {
      const [{ eventName, s3 }] = (JSON.parse(payload) as { Records: [{ eventName: string; s3: { object: { key: string; size?: number; eTag?: string } } }] }).Records;
      return [functionArn.split(":").at(-1), eventName, s3.object.key, s3.object.size];
    });
    expect(told.toSorted()).toEqual([["copied", "ObjectCreated:Copy", "out/e", 4], ["jpg", "ObjectCreated:Put", "in/a.jpg", 4], ["png", "ObjectCreated:Put", "in/b.png", 4], ["removed", "ObjectRemoved:Delete", "in/b.png", undefined]]);
  });

  it("of one key are ordered by their sequencers", async () => {
    const opened = await bucketWith();
    await configure(opened, [rule("f", ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"])]);
    for (let i = 0; i < 5; i++) {
      await put(opened, "key");
      await opened.s3.DeleteObject({ Bucket: "bucket", Key: "key" }, context());
    }
    const arrived = await pendingIs(opened, 10);
    const sequencers = arrived.map(({ payload }) => JSON.parse(payload).Records[0].s3.object.sequencer as string);
    expect(new Set(sequencers).size).toBe(10);
    const names = arrived.map(({ payload }) => JSON.parse(payload).Records[0] as { eventName: string; s3: { object: { sequencer: string } } }).toSorted((a, b) => (a.s3.object.sequencer < b.s3.object.sequencer ? -1 : 1)).map(({ eventName }) => eventName);
    expect(names).toEqual(Array.from({ length: 5 }, () => ["ObjectCreated:Put", "ObjectRemoved:Delete"]).flat());
  });

  it("are one commit with their object: refused writes tell nobody", async () => {
    const opened = await bucketWith({ key: "there" });
    await configure(opened, [rule("f", ["s3:ObjectCreated:*"])]);
    await refusal(opened.s3.PutObject({ Bucket: "bucket", Key: "key", Body: stream("x"), IfNoneMatch: "*" }, context()));
    await refusal(opened.s3.PutObject({ Bucket: "bucket", Key: "key", Body: stream("x"), ChecksumCRC32: "AAAAAA==" }, context()));
    expect(await opened.store.run(() => sqlOne("select count(*) as n from delivery"))).toEqual({ n: 0 });
    expect(events(opened)).toEqual([]);
  });

  it("are told to the ledger: what matched, and which filter did not", async () => {
    const opened = await bucketWith();
    await configure(opened, [rule("jpg", ["s3:ObjectCreated:*"], { suffix: ".jpg" }), rule("png", ["s3:ObjectCreated:*"], { suffix: ".png" })]);
    const at = context();
    await put(opened, "a.png", at);
    for (const key of [at.requestId, "bucket/a.png"]) {
      const [story] = await opened.ledger.find(key);
      expect(story!.traceId).toBe(at.trace.id);
      const entries = story!.entries.filter(({ kind }) => kind === "event" || kind === "match");
      expect(entries.map(({ kind }) => kind)).toEqual(["event", "match", "match"]);
      expect(entries[1]!.summary).toMatch(/does not match: its suffix is "\.jpg", the key is "a\.png"/);
      expect(entries[2]!.detail).toMatchObject({ isMatched: true, targetArn: arn("png") });
    }
    await configure(opened, []);
    await put(opened, "b.png");
    const [quiet] = await opened.ledger.find("bucket/b.png");
    expect(quiet!.entries[0]!.summary).toMatch(/no notification configuration/);
  });
});

describe("permissions", () => {
  it("name the bucket's owner, whom the ARN does not tell", async () => {
    const { service, s3 } = await bucketWith();
    await s3.CreateBucket({ Bucket: "theirs" }, context({ caller: root(OTHER_ACCOUNT) }));
    const { permissions } = service;
    expect(await permissions.GetObject!({ Bucket: "theirs", Key: "a/b" }, context())).toEqual([{ action: "s3:GetObject", resource: "arn:aws:s3:::theirs/a/b", account: OTHER_ACCOUNT }]);
    expect(await permissions.GetObject!({ Bucket: "missing", Key: "k" }, context())).toEqual([{ action: "s3:GetObject", resource: "arn:aws:s3:::missing/k" }]);
    expect(await permissions.CopyObject!({ Bucket: "bucket", Key: "k", CopySource: "/theirs/s%20x" }, context())).toEqual([
      { action: "s3:GetObject", resource: "arn:aws:s3:::theirs/s x", account: OTHER_ACCOUNT },
      { action: "s3:PutObject", resource: "arn:aws:s3:::bucket/k", account: ACCOUNT, context: { "s3:x-amz-copy-source": "/theirs/s%20x" } },
    ]);
    expect(await permissions.ListObjectsV2!({ Bucket: "bucket", Prefix: "in/" }, context())).toEqual([{ action: "s3:ListBucket", resource: "arn:aws:s3:::bucket", account: ACCOUNT, context: { "s3:prefix": "in/" } }]);
    expect(await permissions.DeleteObjects!({ Bucket: "bucket", Delete: { Objects: [{ Key: "a" }] } }, context())).toEqual([]);
    await s3.DeleteBucket({ Bucket: "theirs" }, context());
    await s3.CreateBucket({ Bucket: "theirs" }, context());
    expect((await permissions.GetObject!({ Bucket: "theirs", Key: "k" }, context()))[0]!.account).toBe(ACCOUNT);
  });

  it("and refusals are found by their objects in the ledger", async () => {
    const { ledgerKeys } = (await bucketWith()).service;
    expect(ledgerKeys!("CopyObject", { Bucket: "bucket", Key: "k", CopySource: "/other/a%20b" }, context())).toEqual(["bucket", "bucket/k", "other/a b"]);
    expect(ledgerKeys!("DeleteObjects", { Bucket: "bucket", Delete: { Objects: [{ Key: "a" }, { Key: "b" }] } }, context())).toEqual(["bucket", "bucket/a", "bucket/b"]);
    expect(ledgerKeys!("CopyObject", { Bucket: "bucket", Key: "k", CopySource: "%" }, context())).toEqual(["bucket", "bucket/k", "%"]);
    expect(ledgerKeys!("ListBuckets", {}, context())).toEqual([]);
  });

  it("are stated for every operation", async () => {
    const { service } = await bucketWith();
    expect(Object.keys(service.permissions).toSorted()).toEqual(Object.keys(service.handlers).toSorted());
  });
});
