import type { Store } from "../../store/store.ts";
import type { EventSourceMappings } from "./event-source-mappings.ts";
import { enabledMappings, findMapping, forgetDeletedMappings, type EventSourceMapping } from "./mapping.ts";
import { createRunner, type RunnerNeeds } from "./runner.ts";
import { createRunners } from "./runners.ts";

interface Needs extends RunnerNeeds {
  store: Store;
}

const isToRun = ({ isEnabled, transition }: EventSourceMapping): boolean => isEnabled && transition !== "Deleting";

/** A runner for each mapping that is enabled: as the store has them, followed after each commit. */
export const createEventSourceMappings = (needs: Needs): EventSourceMappings => {
  const { store, call, clock } = needs;
  const runners = createRunners<EventSourceMapping>({ call, clock, create: (mapping) => createRunner(needs, mapping), sourceArnOf: ({ sourceArn }) => sourceArn });
  const follow = (uuid: string, mapping: EventSourceMapping | undefined) => runners.follow(uuid, mapping !== undefined && isToRun(mapping) ? mapping : undefined);

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
    pending: runners.pending,
    rest: runners.rest,
    close: runners.close,
  };
};
