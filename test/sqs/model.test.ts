import fc from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createStillClock } from "./still-clock.ts";
import { arn, NOW, openMessages, url, type OpenMessages } from "./support.ts";

/** A message as the model knows it. */
interface Known {
  id: string;
  group: string;
  visibleAt: number;
  receives: number;
  handle?: string;
  isDeleted: boolean;
}

/** All that was ever sent, in order, and the time. What a queue has to do follows from it by looking at every message. */
interface Model {
  now: number;
  messages: Known[];
  handles: string[];
}

interface Real {
  opened: OpenMessages;
  name: string;
}

type Command = fc.AsyncCommand<Model, Real>;

const RECEIVES_MAX = 3;
const VISIBILITY_MS = 30_000;
const GROUPS = ["a", "b", "c"];

const there = ({ messages }: Model) => messages.filter(({ isDeleted }) => !isDeleted);
const isVisible = ({ now }: Model, message: Known) => message.visibleAt <= now;
const isInFlight = (model: Model, message: Known) => message.receives > 0 && !isVisible(model, message);
const isExhausted = ({ receives }: Known) => receives >= RECEIVES_MAX;

/** Of a standard queue: whatever is visible. */
const available = (model: Model): Known[] => there(model).filter((message) => isVisible(model, message) && !isExhausted(message));

/** Of a FIFO queue, by group: the first ones, as long as nobody has any of it. */
const availableInOrder = (model: Model): Map<string, Known[]> =>
  new Map(GROUPS.flatMap((group): [string, Known[]][] => {
    const all = there(model).filter((message) => message.group === group);
    if (all.some((message) => isInFlight(model, message))) return [];
    const first: Known[] = [];
    for (const message of all) {
      if (!isVisible(model, message)) break;
      if (!isExhausted(message)) first.push(message);
    }
    return [[group, first]];
  }));

const holds = (model: Model, handle: string) => there(model).find((message) => message.handle === handle);

const checkCounts = async (model: Model, { opened, name }: Real) => {
  const counts = await opened.counts(name);
  const dead = await opened.counts(`dead-${name}`);
  const all = there(model);
  const inFlight = all.filter((message) => isInFlight(model, message)).length;
  const delayed = all.filter((message) => message.receives === 0 && !isVisible(model, message)).length;
  expect({ ...counts, visible: counts.visible + dead.visible }).toEqual({ visible: all.length - inFlight - delayed, delayed, inFlight });
};

const sends = (isFifo: boolean): fc.Arbitrary<Command> =>
  fc.record({ group: fc.constantFrom(...GROUPS), delay: fc.constantFrom(0, 0, 0, 5, 60) }).map(({ group, delay }) => ({
    check: () => true,
    async run(model, { opened, name }) {
      const sent = await opened.send(name, `m${model.messages.length}`, isFifo ? { MessageGroupId: group, MessageDeduplicationId: `m${model.messages.length}` } : { DelaySeconds: delay });
      model.messages.push({ id: sent.MessageId!, group, visibleAt: model.now + (isFifo ? 0 : delay * 1_000), receives: 0, isDeleted: false });
    },
    toString: () => `send ${group} after ${delay} s`,
  }));

const receives = (isFifo: boolean): fc.Arbitrary<Command> =>
  fc.record({ count: fc.integer({ min: 1, max: 10 }), visibility: fc.constantFrom(undefined, 0, 7, 300) }).map(({ count, visibility }) => ({
    check: () => true,
    async run(model, { opened, name }) {
      const groups = availableInOrder(model);
      const possible = isFifo ? [...groups.values()].flat() : available(model);
      const received = await opened.receive(name, { MaxNumberOfMessages: count, ...(visibility === undefined ? {} : { VisibilityTimeout: visibility }) });
      expect(received.length).toBe(Math.min(count, possible.length));
      const given = received.map(({ MessageId }) => possible.find(({ id }) => id === MessageId));
      expect(given).not.toContain(undefined);
      expect(new Set(given).size).toBe(given.length);
      if (isFifo) for (const group of GROUPS) expect(given.filter((message) => message!.group === group)).toEqual((groups.get(group) ?? []).slice(0, given.filter((message) => message!.group === group).length));
      received.forEach(({ ReceiptHandle: handle }, index) => {
        Object.assign(given[index]!, { handle, receives: given[index]!.receives + 1, visibleAt: model.now + (visibility === undefined ? VISIBILITY_MS : visibility * 1_000) });
        model.handles.push(handle!);
      });
    },
    toString: () => `receive ${count} for ${visibility ?? "the queue's"} s`,
  }));

const whichHandle = fc.nat();
const pick = ({ handles }: Model, which: number) => handles[handles.length - 1 - (which % handles.length)]!;

const deletes = (isFifo: boolean): fc.Arbitrary<Command> =>
  whichHandle.map((which) => ({
    check: ({ handles }) => handles.length > 0,
    async run(model, { opened, name }) {
      const handle = pick(model, which);
      const message = holds(model, handle);
      // What is gone was deleted, or is in the dead-letter queue: the model does not know when it went there.
      const isSuperseded = model.messages.some(({ handle: last, isDeleted }) => !isDeleted && last === handle);
      const outcome = await opened.remove(name, handle).then(() => "deleted", (error: Error) => error.message);
      if (message === undefined) {
        if (!isFifo) expect(outcome).toBe("deleted");
        return;
      }
      expect(isSuperseded).toBe(true);
      if (isExhausted(message) && isVisible(model, message)) {
        // In the dead-letter queue, or on its way there.
        if (outcome === "deleted" && (await opened.counts(name)).visible + (await opened.counts(`dead-${name}`)).visible + 1 === there(model).filter((one) => isVisible(model, one)).length) message.isDeleted = true;
      } else if (isFifo && isVisible(model, message)) expect(outcome).toMatch("The receipt handle has expired");
      else {
        expect(outcome).toBe("deleted");
        message.isDeleted = true;
      }
    },
    toString: () => `delete ${which}`,
  }));

const holdsOn = (): fc.Arbitrary<Command> =>
  fc.record({ which: whichHandle, seconds: fc.constantFrom(0, 3, 100, 43_200) }).map(({ which, seconds }) => ({
    check: ({ handles }) => handles.length > 0,
    async run(model, { opened, name }) {
      const handle = pick(model, which);
      const message = holds(model, handle);
      const outcome = await opened.hold(name, handle, seconds).then(() => "changed", (error: Error) => error.message);
      if (message === undefined || isVisible(model, message)) expect(outcome).toMatch(/Message does not exist or is not available|The receipt handle has expired/);
      else if (outcome !== "changed") expect([outcome, seconds]).toEqual([expect.stringContaining("Total VisibilityTimeout for the message is beyond the limit"), 43_200]);
      else message.visibleAt = model.now + seconds * 1_000;
    },
    toString: () => `hold ${which} for ${seconds} s`,
  }));

const advances = (): fc.Arbitrary<Command> =>
  fc.constantFrom(1, 5, 30, 61, 301).map((seconds) => ({
    check: () => true,
    async run(model, { opened }) {
      await opened.clock.advance(seconds * 1_000);
      model.now += seconds * 1_000;
    },
    toString: () => `${seconds} s pass`,
  }));

const counts = (): fc.Arbitrary<Command> => fc.constant({ check: () => true, run: checkCounts, toString: () => "count" });

const commands = (isFifo: boolean) =>
  fc.commands([sends(isFifo), sends(isFifo), receives(isFifo), receives(isFifo), deletes(isFifo), holdsOn(), advances(), counts()], { maxCommands: 60, size: "max" });

/** What is left at the end: all that was not deleted is had, here or in the dead-letter queue. */
const drain = async (model: Model, { opened, name }: Real) => {
  await opened.clock.advance(43_200_000);
  const left: string[] = [];
  for (const from of [name, `dead-${name}`]) {
    for (let received = await opened.receive(from, { MaxNumberOfMessages: 10 }); received.length > 0; received = await opened.receive(from, { MaxNumberOfMessages: 10 })) {
      left.push(...received.map(({ MessageId }) => MessageId!));
      for (const { ReceiptHandle } of received) await opened.remove(from, ReceiptHandle);
    }
  }
  expect(left.toSorted()).toEqual(there(model).map(({ id }) => id).toSorted());
};

it.each([["standard", "q"], ["FIFO", "q.fifo"]])("a %s queue does what a simple model of it says, whatever is done with it", async (_kind, name) => {
  const isFifo = name.endsWith(".fifo");
  await fc.assert(
    fc.asyncProperty(commands(isFifo), async (all) => {
      const directory = mkdtempSync(join(tmpdir(), "lambdad-model-"));
      const opened = openMessages({ directory, clock: createStillClock(NOW) });
      try {
        await opened.createQueue(`dead-${name}`);
        await opened.createQueue(name, { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn(`dead-${name}`), maxReceiveCount: RECEIVES_MAX }) });
        const model: Model = { now: NOW, messages: [], handles: [] };
        const real: Real = { opened, name };
        await fc.asyncModelRun(() => ({ model, real }), all);
        await drain(model, real);
      } finally {
        await opened.close();
        rmSync(directory, { recursive: true, force: true });
      }
    }),
    { numRuns: 60 },
  );
}, 120_000);

it("sends, receives and deletes in one commit each", async () => {
  const opened = openMessages();
  await opened.createQueue("q");
  const runs: unknown[] = [];
  const { run } = opened.store;
  opened.store.run = (operation, urgency) => (runs.push(operation), run(operation, urgency));
  await opened.call("SendMessageBatch", { QueueUrl: url("q"), Entries: Array.from({ length: 10 }, (_, index) => ({ Id: `m${index}`, MessageBody: "x" })) });
  await opened.counts("q");
  const before = runs.length;
  const received = await opened.receive("q", { MaxNumberOfMessages: 10 });
  await opened.call("DeleteMessageBatch", { QueueUrl: url("q"), Entries: received.map(({ ReceiptHandle }, index) => ({ Id: `m${index}`, ReceiptHandle })) });
  expect(runs.length - before).toBe(2);
});
