import { describe, expect, it } from "vitest";
import { GROUP, NOW, startLogs } from "./support.ts";

const HOUR_MS = 60 * 60 * 1000;
const messagesOf = (page: { events?: { message?: string | undefined }[] | undefined }) => page.events!.map(({ message }) => message);
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`);

describe("PutLogEvents", () => {
  it("needs the group and the stream", async () => {
    const { call } = startLogs();
    const input = { logGroupName: GROUP, logStreamName: "s", logEvents: [{ timestamp: NOW, message: "x" }] };
    await expect(call("PutLogEvents", input)).rejects.toMatchObject({ message: "The specified log group does not exist." });
    await call("CreateLogGroup", { logGroupName: GROUP });
    await expect(call("PutLogEvents", input)).rejects.toMatchObject({ code: "ResourceNotFoundException", message: "The specified log stream does not exist." });
  });

  it("refuses disorder, too long a span and too much", async () => {
    const { call, write } = startLogs();
    await write("s", ["x"]);
    const put = (logEvents: { timestamp: number; message: string }[]) => call("PutLogEvents", { logGroupName: GROUP, logStreamName: "s", logEvents });
    const at = (hours: number, message = "x") => ({ timestamp: NOW + hours * HOUR_MS, message });
    await expect(put([at(0), at(-1)])).rejects.toMatchObject({ message: "Log events in a single PutLogEvents request must be in chronological order." });
    await expect(put([at(-25), at(0)])).rejects.toMatchObject({
      message: "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.",
    });
    await expect(put([at(0, "x".repeat(1_048_551))])).rejects.toMatchObject({ message: "Log event too large: 1048577 bytes exceeds limit of 1048576" });
    await expect(put([at(0, "x".repeat(600_000)), at(0, "x".repeat(600_000))])).rejects.toMatchObject({
      message: "Upload too large: 1200052 bytes exceeds limit of 1048576",
    });
  });

  it("keeps the events inside the window, and says which are not", async () => {
    const { call, write } = startLogs();
    await write("s", ["kept"]);
    const put = (...hours: number[]) =>
      call("PutLogEvents", {
        logGroupName: GROUP,
        logStreamName: "s",
        logEvents: hours.map((hour) => ({ timestamp: NOW + hour * HOUR_MS, message: `${hour}` })),
      });
    expect((await put(-14 * 24 - 1, -14 * 24 + 1)).rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1 });
    expect((await put(0, 1, 3, 4)).rejectedLogEventsInfo).toEqual({ tooNewLogEventStartIndex: 2 });
    await call("PutRetentionPolicy", { logGroupName: GROUP, retentionInDays: 1 });
    expect((await put(-30, -25, -23)).rejectedLogEventsInfo).toEqual({ expiredLogEventEndIndex: 2 });
    expect((await put(0)).rejectedLogEventsInfo).toBeUndefined();
    expect(messagesOf(await call("FilterLogEvents", { logGroupName: GROUP }))).toEqual(expect.arrayContaining(["kept", "-23", "0", "1"]));
  });

  it("ignores the sequence token and gives one", async () => {
    const { call, write } = startLogs();
    await write("s", ["x"]);
    const { nextSequenceToken } = await call("PutLogEvents", {
      logGroupName: GROUP,
      logStreamName: "s",
      logEvents: [{ timestamp: NOW, message: "y" }],
      sequenceToken: "wrong",
    });
    expect(nextSequenceToken).toMatch(/^\d{56}$/);
  });

  it("takes whole batches, many at once, and counts them", async () => {
    const { call, write } = startLogs();
    await write("s", ["first"]);
    const batches = Array.from({ length: 4 }, (_, b) =>
      call("PutLogEvents", {
        logGroupName: GROUP,
        logStreamName: "s",
        logEvents: Array.from({ length: 1_234 }, (_, i) => ({ timestamp: NOW + i, message: `${b}/${i}` })),
      }),
    );
    await Promise.all(batches);
    const { events } = await call("GetLogEvents", { logGroupName: GROUP, logStreamName: "s", startFromHead: true });
    expect(events).toHaveLength(4 * 1_234 + 1);
    const bytes = events!.reduce((sum, { message }) => sum + message!.length + 26, 0);
    expect((await call("DescribeLogGroups", {})).logGroups![0]!.storedBytes).toBe(bytes);
    await call("DeleteLogStream", { logGroupName: GROUP, logStreamName: "s" });
    await expect.poll(async () => (await call("DescribeLogGroups", {})).logGroups![0]!.storedBytes).toBe(0);
  });

  it("goes on with its ids after a restart", async () => {
    const first = startLogs();
    await first.write("s", ["a", "b"]);
    const second = startLogs({ path: first.path });
    await second.write("s", ["c"]);
    const { events } = await second.call("FilterLogEvents", { logGroupName: GROUP });
    expect(new Set(events!.map(({ eventId }) => eventId)).size).toBe(3);
  });
});

describe("GetLogEvents", () => {
  it("reads from the head, and gives the same token back at the end", async () => {
    const { call, write } = startLogs();
    await write("s", numbered(5));
    const get = (nextToken?: string) =>
      call("GetLogEvents", { logGroupName: GROUP, logStreamName: "s", limit: 2, startFromHead: true, ...(nextToken === undefined ? {} : { nextToken }) });
    const first = await get();
    expect(messagesOf(first)).toEqual(["m0", "m1"]);
    expect(first.nextForwardToken).toMatch(/^f\/\d{56}\/s$/);
    expect(first.nextBackwardToken).toMatch(/^b\/\d{56}\/s$/);
    const second = await get(first.nextForwardToken);
    const third = await get(second.nextForwardToken);
    expect([...messagesOf(second), ...messagesOf(third)]).toEqual(["m2", "m3", "m4"]);
    const end = await get(third.nextForwardToken);
    expect(end).toMatchObject({ events: [], nextForwardToken: third.nextForwardToken });
    await write("s", ["late"], NOW + 60_000);
    expect(messagesOf(await get(end.nextForwardToken))).toEqual(["late"]);
    expect(messagesOf(await get(third.nextBackwardToken))).toEqual(["m2", "m3"]);
  });

  it("reads the latest page first without startFromHead, oldest first within it", async () => {
    const { call, write } = startLogs();
    await write("s", numbered(5));
    const last = await call("GetLogEvents", { logGroupName: GROUP, logStreamName: "s", limit: 2 });
    expect(messagesOf(last)).toEqual(["m3", "m4"]);
    const before = await call("GetLogEvents", { logGroupName: GROUP, logStreamName: "s", limit: 10, nextToken: last.nextBackwardToken });
    expect(messagesOf(before)).toEqual(["m0", "m1", "m2"]);
    const begin = await call("GetLogEvents", { logGroupName: GROUP, logStreamName: "s", nextToken: before.nextBackwardToken });
    expect(begin).toMatchObject({ events: [], nextBackwardToken: before.nextBackwardToken });
  });

  it("includes startTime and excludes endTime", async () => {
    const { call, write } = startLogs();
    await write("s", numbered(5), NOW);
    const page = await call("GetLogEvents", { logGroupIdentifier: GROUP, logStreamName: "s", startTime: NOW + 1, endTime: NOW + 3 });
    expect(messagesOf(page)).toEqual(["m1", "m2"]);
  });

  it("ends a page at 1 MB", async () => {
    const { call, write } = startLogs();
    for (let i = 0; i < 3; i++) await write("s", ["x".repeat(500_000)], NOW + i);
    const page = await call("GetLogEvents", { logGroupName: GROUP, logStreamName: "s", startFromHead: true });
    expect(page.events).toHaveLength(2);
  });

  it("refuses a foreign token and an ambiguous group", async () => {
    const { call, write } = startLogs();
    await write("s", ["x"]);
    await expect(call("GetLogEvents", { logGroupName: GROUP, logStreamName: "s", nextToken: "f/1/s" })).rejects.toMatchObject({
      code: "InvalidParameterException",
      message: "The specified nextToken is invalid.",
    });
    await expect(call("GetLogEvents", { logGroupName: GROUP, logGroupIdentifier: GROUP, logStreamName: "s" })).rejects.toMatchObject({ code: "InvalidParameterException" });
    await expect(call("GetLogEvents", { logStreamName: "s" })).rejects.toMatchObject({ code: "InvalidParameterException" });
  });
});

describe("FilterLogEvents", () => {
  it("interleaves streams by time and pages through what matches", async () => {
    const { call, write } = startLogs();
    await write("a", ["ERROR a0", "fine", "ERROR a2"], NOW);
    await write("b", ["ERROR b0", "fine", "ERROR b2"], NOW);
    const found: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await call("FilterLogEvents", { logGroupName: GROUP, filterPattern: "ERROR", limit: 1, ...(nextToken === undefined ? {} : { nextToken }) });
      found.push(...(messagesOf(page) as string[]));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    expect(found).toEqual(["ERROR a0", "ERROR b0", "ERROR a2", "ERROR b2"]);
  });

  it("chooses streams by name and by prefix", async () => {
    const { call, write } = startLogs();
    await write("2026/a", ["one"]);
    await write("2026/b", ["two"]);
    await write("2025/c", ["three"]);
    expect(messagesOf(await call("FilterLogEvents", { logGroupName: GROUP, logStreamNames: ["2026/b"] }))).toEqual(["two"]);
    expect(messagesOf(await call("FilterLogEvents", { logGroupName: GROUP, logStreamNamePrefix: "2026/" }))).toEqual(["one", "two"]);
    await expect(call("FilterLogEvents", { logGroupName: GROUP, logStreamNames: ["none"] })).rejects.toMatchObject({ message: "The specified log stream does not exist." });
    await expect(call("FilterLogEvents", { logGroupName: GROUP, logStreamNames: ["2026/b"], logStreamNamePrefix: "2" })).rejects.toMatchObject({ code: "InvalidParameterException" });
  });

  it("includes both ends of the time range", async () => {
    const { call, write } = startLogs();
    await write("s", numbered(5), NOW);
    expect(messagesOf(await call("FilterLogEvents", { logGroupName: GROUP, startTime: NOW + 1, endTime: NOW + 3 }))).toEqual(["m1", "m2", "m3"]);
  });

  it("reads backwards with startFromHead false", async () => {
    const { call, write } = startLogs();
    await write("s", numbered(3), NOW);
    const page = await call("FilterLogEvents", { logGroupName: GROUP, startFromHead: false, startTime: NOW, limit: 2 });
    expect(messagesOf(page)).toEqual(["m2", "m1"]);
    expect(messagesOf(await call("FilterLogEvents", { logGroupName: GROUP, startTime: NOW, nextToken: page.nextToken }))).toEqual(["m0"]);
    await expect(call("FilterLogEvents", { logGroupName: GROUP, startFromHead: false })).rejects.toMatchObject({ code: "InvalidParameterException" });
  });

  it("gives each event an id of 56 digits that sorts as the events do", async () => {
    const { call, write } = startLogs();
    await write("s", numbered(12));
    const ids = (await call("FilterLogEvents", { logGroupName: GROUP })).events!.map(({ eventId }) => eventId!);
    expect(ids.every((id) => /^\d{56}$/.test(id))).toBe(true);
    expect(ids.toSorted()).toEqual(ids);
  });

  it("reads no group of class INFREQUENT_ACCESS", async () => {
    const { call } = startLogs();
    await call("CreateLogGroup", { logGroupName: "ia", logGroupClass: "INFREQUENT_ACCESS" });
    await expect(call("FilterLogEvents", { logGroupName: "ia" })).rejects.toMatchObject({ code: "ValidationException" });
  });
});

describe("DescribeLogStreams", () => {
  it("orders by name or by the last event, in pages", async () => {
    const { call, write } = startLogs();
    await write("b", ["x"], NOW + 3);
    await write("a", ["x"], NOW + 5);
    await write("c", ["x"], NOW + 4);
    const list = async (input: { orderBy?: "LastEventTime" | "LogStreamName"; descending?: boolean; logStreamNamePrefix?: string }) => {
      const names: string[] = [];
      let nextToken: string | undefined;
      do {
        const page = await call("DescribeLogStreams", { logGroupName: GROUP, limit: 2, ...input, ...(nextToken === undefined ? {} : { nextToken }) });
        names.push(...page.logStreams!.map(({ logStreamName }) => logStreamName!));
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      return names.join("");
    };
    expect(await list({})).toBe("abc");
    expect(await list({ descending: true })).toBe("cba");
    expect(await list({ orderBy: "LastEventTime" })).toBe("bca");
    expect(await list({ orderBy: "LastEventTime", descending: true })).toBe("acb");
    expect(await list({ logStreamNamePrefix: "c" })).toBe("c");
    await expect(list({ orderBy: "LastEventTime", logStreamNamePrefix: "c" })).rejects.toMatchObject({
      message: "Cannot order by LastEventTime with a logStreamNamePrefix.",
    });
  });

  it("tells first, last and ingestion time", async () => {
    const { call, write } = startLogs();
    await write("s", ["a", "b"], NOW - 1_000);
    const { logStreams } = await call("DescribeLogStreams", { logGroupName: GROUP });
    expect(logStreams).toEqual([
      {
        logStreamName: "s",
        creationTime: expect.closeTo(NOW, -4),
        firstEventTimestamp: NOW - 1_000,
        lastEventTimestamp: NOW - 999,
        lastIngestionTime: expect.closeTo(NOW, -4),
        uploadSequenceToken: expect.stringMatching(/^\d{56}$/),
        arn: `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}:log-stream:s`,
        storedBytes: 0,
      },
    ]);
  });
});
