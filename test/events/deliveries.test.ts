import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import { systemRandom } from "../../src/kit/random.ts";
import type { Delivery } from "../../src/plumber/delivery.ts";
import { nextTry } from "../../src/plumber/retry.ts";
import { eventually } from "../support/temporary.ts";
import { busArnOf, DEAD, FUNCTION, openEvents, PLACE, QUEUE, refuses, ruleArnOf, type Sent } from "./data-ground.ts";

const SHOP = { eventPattern: '{"source":["shop"]}' };
const DAY = 24 * 60 * 60_000;
const RULE = ruleArnOf("r");
const toDead = { Id: "1", Arn: FUNCTION, DeadLetterConfig: { Arn: DEAD } };
const dead = (sent: readonly Sent[]) => sent.filter(({ input }) => String(input["QueueUrl"]).endsWith("/dead"));
const attributesOf = (one: Sent) => Object.fromEntries(Object.entries(one.input["MessageAttributes"] as Record<string, { StringValue: string }>).map(([name, { StringValue }]) => [name, StringValue]));
const failing = (error: ApiError) => ({ input }: Sent) => {
  if (input["FunctionName"] !== undefined) throw error;
};

describe("a rule's targets", () => {
  it("are each given the event as they take it: a FIFO queue with its group, a topic, a log group in its stream", async () => {
    const group = `arn:aws:logs:us-east-1:${PLACE.account}:log-group:/aws/events/x`;
    const on = openEvents({
      behave: ({ operation }, count) => {
        if (operation === "PutLogEvents" && count < 6 && !made) throw new ApiError("ResourceNotFoundException", "no stream");
        if (operation === "CreateLogStream") made = true;
      },
    });
    let made = false;
    await on.rule("r", { ...SHOP, targets: [
      { Id: "q", Arn: `${QUEUE}.fifo`, SqsParameters: { MessageGroupId: "$.detail.shelf" } }, { Id: "t", Arn: `arn:aws:sns:us-east-1:${PLACE.account}:t`, InputPath: "$.detail" },
      { Id: "l", Arn: group }, { Id: "m", Arn: `${group}:*`, InputTransformer: { InputPathsMap: { at: "$.time", shelf: "$.detail.shelf" }, InputTemplate: '{"timestamp": <at>, "message": "shelf <shelf>"}' } },
    ] });
    await on.put({ Detail: '{"shelf":"A7"}', Time: new Date("2026-11-20T10:00:00Z") });
    await on.settled();
    const of = (operation: string) => on.sent.filter((one) => one.operation === operation);
    expect(of("SendMessage")).toMatchObject([{ input: { MessageGroupId: "A7", MessageBody: expect.stringContaining('"shelf":"A7"') } }]);
    expect(of("SendMessage")[0]!.input).not.toHaveProperty("MessageDeduplicationId");
    expect(of("Publish")).toMatchObject([{ input: { Message: '{"shelf":"A7"}' } }]);
    const lines = of("PutLogEvents").map(({ input }) => (input["logEvents"] as { timestamp: number; message: string }[])[0]!);
    expect(lines).toContainEqual({ timestamp: Date.UTC(2026, 10, 20, 10), message: "shelf A7" });
    expect(lines.some(({ message }) => message.startsWith('{"version":"0"'))).toBe(true);
    expect(of("CreateLogStream")).not.toHaveLength(0);
    expect(of("PutLogEvents").every(({ input }) => input["logGroupName"] === "/aws/events/x")).toBe(true);
  });

  it("are reached in the name of the target's role, or of EventBridge for this rule", async () => {
    const role = `arn:aws:iam::${PLACE.account}:role/r`;
    const credentials = { AccessKeyId: "ASIA", SecretAccessKey: "s", SessionToken: "t", Expiration: new Date(Date.now() + DAY) };
    const on = openEvents({ behave: ({ operation }) => (operation === "AssumeRole" ? { Credentials: credentials, AssumedRoleUser: { Arn: "arn:session", AssumedRoleId: "AROA:s" } } : undefined) });
    await on.rule("r", { ...SHOP, roleArn: "arn:aws:iam::000000000000:role/rules-own", targets: [{ Id: "1", Arn: FUNCTION, RoleArn: role }, { Id: "2", Arn: QUEUE }] });
    await on.put();
    await on.settled();
    expect(on.sent.find(({ operation }) => operation === "AssumeRole")).toMatchObject({ input: { RoleArn: role }, options: { as: { service: "events.amazonaws.com", sourceArn: RULE } } });
    expect(on.sent.find(({ operation }) => operation === "Invoke")!.options.as).toMatchObject({ type: "role-session", roleArn: role });
    expect(on.sent.find(({ operation }) => operation === "SendMessage")!.options.as).toMatchObject({ type: "service", sourceArn: RULE, sourceAccount: PLACE.account });
  });

  it("that do not let it in, or are gone, are given up at once: the event goes to the dead-letter queue with AWS's attributes", async () => {
    const codes: [code: string, expected: string][] = [["AccessDeniedException", "NO_PERMISSIONS"], ["ResourceNotFoundException", "NO_RESOURCE"], ["InvalidRequestContentException", "INVALID_JSON"]];
    for (const [code, expected] of codes) {
      const on = openEvents({ behave: failing(new ApiError(code, "because")) });
      await on.rule("r", { ...SHOP, targets: [{ ...toDead, Input: '"constant"' }] });
      await on.put();
      await on.settled();
      const [letter] = dead(on.sent);
      expect(on.sent).toHaveLength(2);
      expect(JSON.parse(letter!.text)).toMatchObject({ source: "shop", "detail-type": "order" });
      expect(attributesOf(letter!)).toEqual({ RULE_ARN: RULE, TARGET_ARN: FUNCTION, ERROR_CODE: expected, ERROR_MESSAGE: "because", RETRY_ATTEMPTS: "0" });
      expect(letter!.options.as).toMatchObject({ service: "events.amazonaws.com", sourceArn: RULE });
      expect(Object.fromEntries(on.counted)).toMatchObject({ "FailedInvocations r": 1, "InvocationsSentToDlq r": 1, "Invocations r": 1, Invocations: 1 });
    }
  });

  it("that fail are tried again until the retry policy is exhausted, with pauses that double and differ", async () => {
    const on = openEvents({ behave: failing(new ApiError("TooManyRequestsException", "slow")), random: { ...systemRandom, below: () => 0 } });
    await on.rule("r", { ...SHOP, targets: [{ ...toDead, RetryPolicy: { MaximumRetryAttempts: 4 } }] });
    await on.put();
    await on.settled();
    await on.clock.advance(60_000);
    await on.settled();
    const tries = on.sent.filter(({ operation }) => operation === "Invoke").map(({ at }) => at);
    expect(tries).toHaveLength(5);
    // The shortest that chance allows.
    expect(tries.slice(1).map((at, index) => Math.round((at - tries[index]!) / 100) * 100)).toEqual([500, 1_000, 2_000, 4_000]);
    expect(attributesOf(dead(on.sent)[0]!)).toMatchObject({ ERROR_CODE: "THROTTLING", RETRY_ATTEMPTS: "4", EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts" });
    expect(Object.fromEntries(on.counted)).toMatchObject({ "InvocationAttempts r": 5, "RetryInvocationAttempts r": 4, "FailedInvocations r": 1, RetryInvocationAttempts: 4, "RetryInvocationAttempts default": 4 });
    const names = [...on.counted.keys()];
    expect(names.filter((name) => name.startsWith("IngestionToInvocation")).toSorted()).toEqual(["Complete", "Start"].flatMap((which) => ["", " default", " r"].map((of) => `IngestionToInvocation${which}Latency${of}`)));
    expect(names.filter((name) => name.startsWith("Throttled") || /^(Failed|InvocationsSent)\w+( default)?$/.test(name))).toEqual([]);
  });

  it("are tried for a day by default, 185 times at most, or for as long as the policy says", async () => {
    for (const [policy, last] of [[{ MaximumEventAgeInSeconds: 60 }, 60_000], [{ MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 }, 0]] as const) {
      const on = openEvents({ behave: failing(new ApiError("ServiceException", "no")) });
      await on.rule("r", { ...SHOP, targets: [{ ...toDead, RetryPolicy: policy }] });
      await on.put();
      await on.settled();
      await on.clock.advance(2 * 60_000);
      await on.settled();
      const tries = on.sent.filter(({ operation }) => operation === "Invoke").map(({ at }) => at);
      expect(tries.at(-1)! - tries[0]!).toBeLessThanOrEqual(last + 100);
      expect(tries.at(-1)! - tries[0]!).toBeGreaterThanOrEqual(last * 0.4);
      expect(["MaximumEventAgeInSeconds", "MaximumRetryAttempts"]).toContain(attributesOf(dead(on.sent)[0]!)["EXHAUSTED_RETRY_CONDITION"]);
    }
    const on = openEvents({ behave: failing(new ApiError("ServiceException", "no")) });
    await on.rule("r", { ...SHOP, targets: [toDead] });
    await on.put();
    const { retry } = JSON.parse((await on.deliveries())[0]!["body"] as string) as Delivery;
    expect(retry).toMatchObject({ attemptsMax: 185, ageMs: DAY });
    for (const below of [() => 0, systemRandom.below, (most: number) => most - 1]) {
      let [attempts, now] = [0, 0];
      for (let next = nextTry(retry, { attempts, acceptedAt: 0, now, random: { below } }); "delayMs" in next; next = nextTry(retry, { attempts, acceptedAt: 0, now, random: { below } })) [attempts, now] = [attempts + 1, now + next.delayMs];
      expect(attempts).toBeGreaterThan(140);
      expect(attempts).toBeLessThanOrEqual(185);
      expect(now).toBeLessThanOrEqual(DAY);
    }
  });

  it("that cannot be given what their template makes of it are told so in the dead letter, and not bothered", async () => {
    const on = openEvents();
    await on.rule("r", { ...SHOP, targets: [{ ...toDead, InputTransformer: { InputTemplate: '"a"\n"b"' } }] });
    await on.put();
    await on.settled();
    expect(on.sent).toHaveLength(1);
    expect(attributesOf(dead(on.sent)[0]!)).toMatchObject({ ERROR_CODE: "INVALID_JSON", RETRY_ATTEMPTS: "0" });
  });

  it("without a dead-letter queue, or with one that is shut, are counted and told as lost", async () => {
    const on = openEvents({ behave: refuses("AccessDeniedException") });
    await on.rule("r", { ...SHOP, targets: [{ Id: "1", Arn: FUNCTION }] });
    await on.rule("s", { ...SHOP, targets: [toDead] });
    const EventId = (await on.put()).Entries![0]!.EventId!;
    await on.settled();
    expect(Object.fromEntries(on.counted)).toMatchObject({ "FailedInvocations r": 1, "FailedInvocations s": 1, "InvocationsFailedToBeSentToDlq s": 1 });
    const drops = on.told.filter(({ kind }) => kind === "drop");
    expect(drops.every(({ keys }) => keys.includes(EventId))).toBe(true);
    expect(drops.map(({ summary }) => summary).toSorted()).toEqual([
      `the dead letter is not delivered to ${DEAD}: its policy does not let the source in`,
      `the event is not delivered to ${FUNCTION}: its policy does not let the source in`,
      `the event is not delivered to ${FUNCTION}: its policy does not let the source in; it goes to the dead-letter queue ${DEAD}`,
    ]);
  });
});

describe("a rule whose target is another bus", () => {
  const role = `arn:aws:iam::${PLACE.account}:role/r`;
  const session = { Credentials: { AccessKeyId: "ASIA", SecretAccessKey: "s", SessionToken: "t", Expiration: new Date(Date.now() + DAY) }, AssumedRoleUser: { Arn: "arn:session", AssumedRoleId: "AROA:s" } };
  const open = () => openEvents({ behave: ({ operation }) => (operation === "AssumeRole" ? session : undefined) });
  const toBus = (bus: string) => ({ Id: "bus", Arn: busArnOf(bus), RoleArn: role, DeadLetterConfig: { Arn: DEAD } });

  it("forwards the event as it is, once: from there it goes to no third one, and loops end", async () => {
    const on = open();
    await on.bus("b");
    await on.rule("forward", { ...SHOP, targets: [toBus("b")] });
    await on.rule("there", { ...SHOP, bus: "b" });
    await on.rule("back", { ...SHOP, bus: "b", targets: [toBus("default")] });
    const EventId = (await on.put({ Detail: '{"n":1.0}' })).Entries![0]!.EventId!;
    await eventually("it is there", async () => on.sent.some(({ operation }) => operation === "Invoke") && dead(on.sent).length === 1);
    await on.settled();
    const invoked = on.sent.filter(({ operation }) => operation === "Invoke");
    expect(invoked).toHaveLength(1);
    expect(invoked[0]!.text).toContain(`{"version":"0","id":"${EventId}","detail-type":"order","source":"shop","account":"000000000000",`);
    expect(invoked[0]!.text).toContain('"detail":{"n":1.0}');
    expect(attributesOf(dead(on.sent)[0]!)).toMatchObject({ ERROR_CODE: "THIRD_ACCOUNT_HOP_DETECTED", TARGET_ARN: busArnOf("default"), RULE_ARN: ruleArnOf("b/back") });
    expect(dead(on.sent)[0]!.options.as).toMatchObject({ sourceArn: ruleArnOf("b/back") });
  });

  it("that is gone is told so", async () => {
    const on = open();
    await on.rule("forward", { ...SHOP, targets: [toBus("gone")] });
    await on.put();
    await eventually("it is given up", async () => dead(on.sent).length === 1);
    expect(attributesOf(dead(on.sent)[0]!)).toMatchObject({ ERROR_CODE: "NO_RESOURCE", ERROR_MESSAGE: "Event bus gone does not exist." });
  });
});
