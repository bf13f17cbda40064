import { isApiError } from "../../kit/api-error.ts";
import { parseArn } from "../../kit/arn.ts";
import { root } from "../../kit/caller.ts";
import type { Store } from "../../store/store.ts";
import { queueUrlOf } from "../queue-url.ts";
import type { EventSourceMappings } from "./event-source-mappings.ts";
import { enabledMappings, findMapping, forgetDeletedMappings, type EventSourceMapping } from "./mapping.ts";
import { createRunner, type Runner, type RunnerNeeds } from "./runner.ts";

interface Needs extends RunnerNeeds {
  store: Store;
}

/** A runner for each mapping that is enabled: as the store has them, followed after each commit. */
export const createEventSourceMappings = (needs: Needs): EventSourceMappings => {
  const { store, call, clock } = needs;
  const runners = new Map<string, Runner>();
  /** Runners that receive nothing more, and what is still at work of them. */
  const ending = new Map<Runner, Promise<void>>();
  let isClosed = false;

  const end = (uuid: string) => {
    const runner = runners.get(uuid);
    if (runner === undefined) return;
    runners.delete(uuid);
    ending.set(runner, runner.stop().finally(() => ending.delete(runner)));
  };
  const follow = (uuid: string, mapping: EventSourceMapping | undefined) => {
    if (isClosed) return;
    if (mapping === undefined || !mapping.isEnabled || mapping.transition === "Deleting") return end(uuid);
    const runner = runners.get(uuid);
    if (runner === undefined) runners.set(uuid, createRunner(needs, mapping));
    else runner.update(mapping);
  };
  const all = (): Runner[] => [...runners.values(), ...ending.keys()];

  /** Zero for a queue that is not there. */
  const visibleIn = async (sourceArn: string): Promise<number> => {
    const arn = parseArn(sourceArn)!;
    try {
      const { Attributes } = await call("sqs", "GetQueueAttributes", { QueueUrl: queueUrlOf(arn), AttributeNames: ["ApproximateNumberOfMessages"] }, { as: root(arn.account), region: arn.region, expects: ["QueueDoesNotExist"] });
      return Number(Attributes?.["ApproximateNumberOfMessages"] ?? 0);
    } catch (error) {
      if (isApiError(error)) return 0;
      throw error;
    }
  };

  return {
    async start() {
      const enabled = await store.run(function* () {
        yield* forgetDeletedMappings(clock.now());
        return yield* enabledMappings();
      });
      for (const mapping of enabled) follow(mapping.uuid, mapping);
    },
    changed: async (uuid) => follow(uuid, await store.read(() => findMapping(uuid, clock.now()))),
    lastProcessingResult: (uuid) => runners.get(uuid)?.problem,
    async pending() {
      const sources = new Set([...runners.values()].map(({ mapping }) => mapping.sourceArn));
      const visible = await Promise.all([...sources].map(visibleIn));
      return { batches: all().reduce((sum, runner) => sum + runner.inFlight, 0), messages: visible.reduce((sum, count) => sum + count, 0) };
    },
    async close(graceMs = Infinity) {
      isClosed = true;
      for (const uuid of runners.keys()) end(uuid);
      const done = new AbortController();
      const through = Promise.all(ending.values()).finally(() => done.abort());
      await (graceMs === Infinity ? through : Promise.race([through, clock.sleep(graceMs, done.signal).catch(() => undefined)]));
    },
  };
};
