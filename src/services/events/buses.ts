import type { DeadLetterConfig, LogConfig } from "@aws-sdk/client-eventbridge";
import { EVENT_BUSES_MAX } from "../../kit/limits/events.ts";
import { busArn, DEFAULT_BUS, findBus, type StoredBus } from "../../plumber/events/buses.ts";
import { deleteItem, listItems, type Place } from "../../plumber/events/rows.ts";
import { listRules } from "../../plumber/events/rules.ts";
import { countOwnBuses, getBus, listBuses, saveBus } from "./bus-rows.ts";
import { checkDeadLetterQueue } from "./dead-letter-rules.ts";
import { alreadyExists, limitExceeded, notBuilt, validation } from "./errors.ts";
import { busNamed, type BusName } from "./names.ts";
import type { EventsHandlers, EventsParts } from "./needs.ts";
import { cutPage, readPage } from "./pages.ts";
import { checkTagCount, readTags } from "./tag-rules.ts";

interface Settings {
  Description?: string | undefined;
  KmsKeyIdentifier?: string | undefined;
  DeadLetterConfig?: DeadLetterConfig | undefined;
  LogConfig?: LogConfig | undefined;
}

const checkSettings = ({ KmsKeyIdentifier, DeadLetterConfig, LogConfig }: Settings, { region }: Place): void => {
  if (KmsKeyIdentifier !== undefined && KmsKeyIdentifier !== "") throw notBuilt("KmsKeyIdentifier", "there is no KMS; leave it out, as events are kept where all of the server's state is");
  if (LogConfig !== undefined && (LogConfig.Level ?? "OFF") !== "OFF") throw notBuilt(`LogConfig with the level ${LogConfig.Level}`, "a bus writes no logs of its own; lambdad why <event id> tells what became of an event");
  checkDeadLetterQueue(DeadLetterConfig?.Arn, region);
};

/** A description that is not given stays as it is, and an empty one is taken away. The rest is as it is given, or not there. */
const change = (bus: StoredBus, { Description, DeadLetterConfig, LogConfig }: Settings): StoredBus => {
  const { description = "", deadLetterArn: _before, logConfig: _log, ...rest } = bus;
  const [newDescription, queue = ""] = [Description ?? description, DeadLetterConfig?.Arn];
  return {
    ...rest,
    ...(newDescription === "" ? {} : { description: newDescription }),
    ...(queue === "" ? {} : { deadLetterArn: queue }),
    ...(LogConfig === undefined ? {} : { logConfig: LogConfig }),
  };
};

const showSettings = ({ description, deadLetterArn, logConfig }: StoredBus) => ({
  Description: description,
  DeadLetterConfig: deadLetterArn === undefined ? undefined : { Arn: deadLetterArn },
  LogConfig: logConfig,
});

/** As a list tells it. The default bus, as long as nothing of it was changed, has no times. */
const showBus = (named: BusName, bus: StoredBus) => ({
  Name: named.name,
  Arn: busArn(named, named.name),
  Description: bus.description,
  Policy: bus.policy && JSON.stringify(bus.policy),
  CreationTime: bus.createdAt === 0 ? undefined : new Date(bus.createdAt),
  LastModifiedTime: bus.modifiedAt === 0 ? undefined : new Date(bus.modifiedAt),
});

export const busHandlers = ({ store, clock }: EventsParts) =>
  ({
    async CreateEventBus({ Name, EventSourceName, Tags, ...settings }, context) {
      const named = { account: context.account, region: context.region, name: Name! };
      if (EventSourceName !== undefined && EventSourceName !== Name) throw validation("Event bus name must match event source name.");
      if (EventSourceName !== undefined || Name!.startsWith("aws.partner/")) throw notBuilt("an event bus of a partner", "there are no partner event sources");
      if (Name!.includes("/")) throw validation("Event bus name must not contain '/'.");
      checkSettings(settings, context);
      const tags = readTags(Tags);
      checkTagCount(tags);
      const now = clock.now();
      const bus = change({ tags, createdAt: now, modifiedAt: now }, settings);
      await store.run(function* () {
        if ((yield* findBus(named, named.name)) !== undefined) throw alreadyExists(`Event bus ${named.name} already exists.`);
        if ((yield* countOwnBuses(named)) >= EVENT_BUSES_MAX) throw limitExceeded("The requested resource exceeds the maximum number allowed.");
        yield* saveBus(named, bus);
      });
      return { EventBusArn: busArn(named, named.name), ...showSettings(bus) };
    },

    async UpdateEventBus({ Name, ...settings }, context) {
      const named = busNamed(Name, context);
      checkSettings(settings, context);
      const bus = await store.run(function* () {
        const changed = { ...change(yield* getBus(named), settings), modifiedAt: clock.now() };
        yield* saveBus(named, changed);
        return changed;
      });
      return { Arn: busArn(named, named.name), Name: named.name, ...showSettings(bus) };
    },

    async DescribeEventBus({ Name }, context) {
      const named = busNamed(Name, context);
      const bus = await store.read(() => getBus(named));
      return { ...showBus(named, bus), ...showSettings(bus) };
    },

    /** Of a bus that is not there it is no error. An archive has a rule on its bus ("Deleting event archives", user guide), and would keep the events of the next bus of that name. */
    async DeleteEventBus({ Name }, context) {
      const named = busNamed(Name, context);
      if (named.name === DEFAULT_BUS) throw validation(`Cannot delete event bus ${DEFAULT_BUS}.`);
      await store.run(function* () {
        const [rule] = yield* listRules({ ...named, bus: named.name }, { most: 1 });
        if (rule !== undefined) throw validation("EventBus can't be deleted since it has rules.");
        const [archive] = yield* listItems(named, "archive", { most: 1, having: { sourceArn: busArn(named, named.name) } });
        if (archive !== undefined) throw validation(`EventBus can't be deleted since it has rules. The archive ${archive.name} keeps its events: delete it first.`);
        yield* deleteItem(named, "bus", named.name);
      });
    },

    async ListEventBuses({ NamePrefix: prefix = "", ...input }, context) {
      const page = readPage("ListEventBuses", input);
      const found = await store.read(() => listBuses(context, prefix, page.after, page.most + 1));
      const { rows, ...more } = cutPage("ListEventBuses", found, page, ({ name }) => name);
      return { EventBuses: rows.map((row) => showBus(row, row.body)), ...more };
    },
  }) satisfies EventsHandlers;
