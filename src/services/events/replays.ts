import { REPLAYS_RUNNING_MAX } from "../../kit/limits/events.ts";
import { parseArn } from "../../kit/arn.ts";
import { ApiError } from "../../kit/api-error.ts";
import { listItems, type Place } from "../../plumber/events/rows.ts";
import type { Operation } from "../../store/store.ts";
import type { Service } from "../service.ts";
import { findArchive } from "./archive-rows.ts";
import { alreadyExists, limitExceeded, notFound, validation } from "./errors.ts";
import { parseBusArn, parseRuleArn } from "./names.ts";
import type { EventsHandlers, EventsParts, EventsTypes } from "./needs.ts";
import { cutPage, readPage, refuseSeveralFilters } from "./pages.ts";
import { countReplaysAtWork, findReplay, replayArn, saveReplay, type StoredReplay } from "./replay-rows.ts";

const invalid = (name: string, reason: string) => validation(`Parameter ${name} is not valid. Reason: ${reason}`);

function* getReplay(place: Place, name: string): Operation<StoredReplay> {
  const replay = yield* findReplay(place, name);
  if (replay === undefined) throw notFound(`Replay ${name} does not exist.`);
  return replay;
}

const timeOf = (milliseconds: number | undefined): Date | undefined => (milliseconds === undefined ? undefined : new Date(milliseconds));

const show = (name: string, { sourceArn, state, stateReason, from, until, last, startedAt, endedAt }: StoredReplay) => ({
  ReplayName: name,
  EventSourceArn: sourceArn,
  State: state,
  StateReason: stateReason,
  EventStartTime: new Date(from),
  EventEndTime: new Date(until),
  EventLastReplayedTime: timeOf(last?.at),
  ReplayStartTime: new Date(startedAt),
  ReplayEndTime: timeOf(endedAt),
});

/** The archive's name, of the account's own. */
const archiveNamed = (arn: string, { account, region }: Place): string => {
  const parsed = parseArn(arn);
  const name = /^archive\/(.+)$/.exec(parsed?.resource ?? "")?.[1];
  if (parsed?.service !== "events" || parsed.partition !== "aws" || name === undefined) throw invalid("EventSourceArn", "Must contain an archive ARN.");
  if (parsed.account !== account || parsed.region !== region) throw invalid("EventSourceArn", `Archive ${name} does not exist.`);
  return name;
};

/** Of rules on the bus that the events go to. */
const checkFilters = (arns: readonly string[], bus: { account: string; region: string; name: string }): void => {
  for (const arn of arns) {
    const rule = parseRuleArn(arn);
    if (rule === undefined || rule.account !== bus.account || rule.region !== bus.region || rule.bus !== bus.name) throw invalid("Destination.FilterArns", `${arn} is not the ARN of a rule of the event bus ${bus.name}.`);
  }
};

export const replayHandlers = ({ store, clock, replays, sweeps }: EventsParts) =>
  ({
    async StartReplay({ ReplayName, Description, EventSourceArn, EventStartTime, EventEndTime, Destination }, context) {
      const name = ReplayName!;
      const place = { account: context.account, region: context.region };
      const { Arn: destinationArn, FilterArns } = Destination!;
      const bus = parseBusArn(destinationArn!);
      if (bus === undefined) throw invalid("Destination.Arn", "Must contain an event bus ARN.");
      if (EventStartTime! >= EventEndTime!) throw invalid("EventEndTime", "EventStartTime must be before EventEndTime.");
      const archiveName = archiveNamed(EventSourceArn!, place);
      checkFilters(FilterArns ?? [], bus);
      const replay = await store.run(function* () {
        const archive = yield* findArchive(place, archiveName);
        if (archive === undefined) throw invalid("EventSourceArn", `Archive ${archiveName} does not exist.`);
        if (archive.sourceArn !== destinationArn) throw invalid("Destination.Arn", "Cross event bus replay is not permitted.");
        if ((yield* findReplay(place, name)) !== undefined) throw alreadyExists(`Replay ${name} already exists.`);
        if ((yield* countReplaysAtWork(place)) >= REPLAYS_RUNNING_MAX) throw limitExceeded(`There are ${REPLAYS_RUNNING_MAX} replays at work already: wait for one, or cancel it.`);
        const body: StoredReplay = {
          ...(Description === undefined ? {} : { description: Description }), sourceArn: EventSourceArn!, archiveId: archive.id, destinationArn: destinationArn!,
          ...(FilterArns === undefined || FilterArns.length === 0 ? {} : { filterArns: FilterArns }),
          from: EventStartTime!.getTime(), until: EventEndTime!.getTime(), state: "STARTING", startedAt: clock.now(),
        };
        yield* saveReplay({ ...place, name }, body);
        return body;
      });
      replays.run({ ...place, name });
      sweeps.poke();
      return { ReplayArn: replayArn(place, name), State: replay.state, ReplayStartTime: new Date(replay.startedAt) };
    },

    async CancelReplay({ ReplayName }, context) {
      const name = ReplayName!;
      const place = { account: context.account, region: context.region };
      await store.run(function* () {
        const replay = yield* getReplay(place, name);
        if (replay.state !== "STARTING" && replay.state !== "RUNNING") throw new ApiError("IllegalStatusException", `Replay ${name} is not in a valid state for this operation.`);
        yield* saveReplay({ ...place, name }, { ...replay, state: "CANCELLING" });
      });
      replays.run({ ...place, name });
      return { ReplayArn: replayArn(place, name), State: "CANCELLING" as const };
    },

    async DescribeReplay({ ReplayName }, context) {
      const replay = await store.read(() => getReplay(context, ReplayName!));
      return { ReplayArn: replayArn(context, ReplayName!), ...show(ReplayName!, replay), Description: replay.description, Destination: { Arn: replay.destinationArn, FilterArns: replay.filterArns === undefined ? [] : [...replay.filterArns] } };
    },

    async ListReplays({ NamePrefix, State, EventSourceArn, ...input }, context) {
      refuseSeveralFilters("ListReplays", NamePrefix, State, EventSourceArn);
      const page = readPage("ListReplays", input);
      const found = await store.read(() => listItems<StoredReplay>(context, "replay", { prefix: NamePrefix ?? "", after: page.after, most: page.most + 1, having: { state: State, sourceArn: EventSourceArn } }));
      const { rows, ...more } = cutPage("ListReplays", found, page, ({ name }) => name);
      return { Replays: rows.map(({ name, body }) => show(name, body)), ...more };
    },
  }) satisfies EventsHandlers;

const onReplay = (action: string) => ({ ReplayName }: { ReplayName?: string | undefined }, context: Place) => [{ action: `events:${action}`, resource: replayArn(context, ReplayName!) }];

export const replayPermissions = {
  CancelReplay: onReplay("CancelReplay"),
  DescribeReplay: onReplay("DescribeReplay"),
  ListReplays: () => [{ action: "events:ListReplays", resource: "*" }],
} satisfies Service<EventsTypes>["permissions"];
