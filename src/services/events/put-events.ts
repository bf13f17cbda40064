import type { PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { tagKeys } from "../../iam/tag-keys.ts";
import { isApiError, type ApiError } from "../../kit/api-error.ts";
import { EVENT_DELIVERIES_CHARACTERS_MAX, EVENT_REQUEST_BYTES_MAX } from "../../kit/limits/events.ts";
import { readTraceHeader } from "../../kit/trace-header.ts";
import { busArn, findBus } from "../../plumber/events/buses.ts";
import type { RequestContext, Permission } from "../service.ts";
import type { Accepted } from "./accept.ts";
import { busNotFound, notBuilt, validation } from "./errors.ts";
import { readEvent, wholeSecond, writeEvent, type BusEvent } from "./event.ts";
import { busNamed, type BusName } from "./names.ts";
import type { EventsHandlers, EventsParts } from "./needs.ts";
import { checkEntry, entryBytes, type CheckedEntry, type EntryFailure } from "./put-events-entry.ts";
import { EVENTS_PRINCIPAL } from "./rule-targets.ts";

/** Undefined for one that no bus has: AWS takes such an entry and drops the event. */
const busOf = ({ EventBusName }: PutEventsRequestEntry, context: RequestContext): BusName | undefined => {
  try {
    return busNamed(EventBusName, context);
  } catch (error) {
    if (isApiError(error, "ResourceNotFoundException")) return undefined;
    throw error;
  }
};

type PermissionOn = (bus: BusName, entry: PutEventsRequestEntry, context: RequestContext) => Promise<Permission>;

const createPermissionOn = ({ store }: Pick<EventsParts, "store">): PermissionOn => async (bus, { Source = "", DetailType = "" }, { forwardedEvent }) => {
  const found = await store.read(() => findBus(bus, bus.name));
  const { source, detailType } = forwardedEvent === undefined ? { source: Source, detailType: DetailType } : readEvent(forwardedEvent);
  return {
    action: "events:PutEvents",
    resource: busArn(bus, bus.name),
    context: { "events:source": source, "events:detail-type": detailType, "events:eventBusInvocation": String(forwardedEvent !== undefined), ...tagKeys("ResourceTag", found?.tags ?? {}) },
  };
};

/** A service tells its events to the buses of whom it acts for, and asks nobody; a rule that forwards events is a stranger to the other bus. */
const isAtHome = ({ caller }: RequestContext, bus: BusName): boolean => caller.type === "service" && caller.service !== EVENTS_PRINCIPAL && (caller.sourceAccount ?? caller.account) === bus.account;

/** Of the buses of the caller's own account: without them the whole call is refused. Those of others are asked entry by entry. */
export const createPutEventsPermissions = (parts: Pick<EventsParts, "store">) => async ({ Entries = [] }: { Entries?: PutEventsRequestEntry[] | undefined }, context: RequestContext): Promise<Permission[]> => {
  const permissionOn = createPermissionOn(parts);
  const asked = new Map<string, Permission>();
  for (const entry of Entries) {
    const bus = busOf(entry, context);
    if (bus === undefined || bus.account !== context.caller.account || isAtHome(context, bus)) continue;
    // Most requests say the same of all of their entries: the bus is read once for them.
    const about = JSON.stringify([busArn(bus, bus.name), entry.Source, entry.DetailType]);
    if (!asked.has(about)) asked.set(about, await permissionOn(bus, entry, context));
  }
  return [...asked.values()];
};

const denied = (refusal: ApiError): EntryFailure => ({ ErrorCode: "AccessDeniedException", ErrorMessage: refusal.message });

const TOO_COSTLY_TO_MATCH: EntryFailure = { ErrorCode: "InvalidArgument", ErrorMessage: "Parameter Detail is not valid. Reason: to match it against the event bus's rules would take too long; its arrays are long, and their patterns have many alternatives." };

const TOO_MUCH_TO_DELIVER: EntryFailure = { ErrorCode: "InvalidArgument", ErrorMessage: "Parameter Detail is not valid. Reason: it is too large for as many targets as the event bus's rules have for it. Let it name where its data is, or let fewer rules match it." };

const TOO_MUCH_AT_ONCE: EntryFailure = { ErrorCode: "ThrottlingException", ErrorMessage: "Rate exceeded: the entries before it are large, and go to many targets. Put it again, in a request of its own." };

const failureOf = (tooMuch: NonNullable<Accepted["tooMuch"]>, room: number): EntryFailure => (tooMuch === "matching" ? TOO_COSTLY_TO_MATCH : room < EVENT_DELIVERIES_CHARACTERS_MAX ? TOO_MUCH_AT_ONCE : TOO_MUCH_TO_DELIVER);

const LATEST_TIME_MS = Date.UTC(10_000, 0) - 1;

type Outcome = { accepted: Accepted } | { droppedId: string; bus: string } | { failure: EntryFailure };

export const putEventsHandlers = ({ store, clock, random, ledger, acceptance, measure }: EventsParts) => {
  const permissionOn = createPermissionOn({ store });
  const eventOf = (entry: PutEventsRequestEntry, checked: CheckedEntry, bus: BusName, context: RequestContext): BusEvent | EntryFailure => {
    const ingestedAt = clock.now();
    const time = entry.Time === undefined ? ingestedAt : entry.Time.getTime();
    if (!(time >= 0 && time <= LATEST_TIME_MS)) return { ErrorCode: "InvalidArgument", ErrorMessage: "Parameter Time is not valid. Reason: it has to be between the years 1970 and 9999." };
    const { source, detailType, detail } = checked;
    const about = { id: random.uuid(), source, detailType, time: wholeSecond(time) };
    const json = writeEvent({ ...about, account: context.caller.account, region: bus.region, resources: entry.Resources ?? [], detail: detail.text });
    return { ...about, json, isPlain: detail.isPlain, ingestedAt, trace: readTraceHeader(entry.TraceHeader) ?? context.trace, isForwarded: false };
  };
  const forwarded = (json: string, { trace, requestId }: RequestContext): BusEvent => ({ ...readEvent(json), json, ingestedAt: clock.now(), trace, isForwarded: true, broughtBy: requestId });

  /** @param room What is left of the characters that targets may get with one request. */
  const accept = async (entry: PutEventsRequestEntry, context: RequestContext, room: number): Promise<Outcome> => {
    const { forwardedEvent } = context;
    const checked = forwardedEvent === undefined ? checkEntry(entry, context.caller.type === "service") : undefined;
    if (checked !== undefined && "ErrorCode" in checked) return { failure: checked };
    const bus = busOf(entry, context);
    if (bus !== undefined && bus.account !== context.caller.account && !isAtHome(context, bus)) {
      const refusal = await context.refusalOf(await permissionOn(bus, entry, context));
      if (refusal !== undefined) return { failure: denied(refusal) };
    }
    if (bus === undefined || (await store.read(() => findBus(bus, bus.name))) === undefined) {
      // Whoever delivers to it has a dead-letter queue to tell.
      if (context.isInternal) throw busNotFound(bus?.name ?? entry.EventBusName!);
      return { droppedId: random.uuid(), bus: entry.EventBusName! };
    }
    const event = checked === undefined ? forwarded(forwardedEvent!, context) : eventOf(entry, checked, bus, context);
    if ("ErrorCode" in event) return { failure: event };
    const accepted = await acceptance.plan(bus, event, { room });
    return accepted.tooMuch === undefined ? { accepted } : { failure: failureOf(accepted.tooMuch, room) };
  };

  const tellDropped = (droppedId: string, bus: string, { account, region, requestId, trace }: RequestContext) =>
    ledger.record({ traceId: trace.id, kind: "drop", account, region, keys: [droppedId, requestId, bus], summary: `the event ${droppedId} is dropped: there is no event bus ${bus}`, detail: { eventId: droppedId, bus } });

  return {
    async PutEvents({ Entries = [], EndpointId }, context) {
      const began = clock.monotonic();
      try {
        if (EndpointId !== undefined) throw notBuilt("EndpointId", "there are no global endpoints. Leave it out, and the events come to the buses of this region.");
        const bytes = Entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
        if (bytes > EVENT_REQUEST_BYTES_MAX) throw validation("Total size of the entries in the request is over the limit.");
        const outcomes: Outcome[] = [];
        let room = EVENT_DELIVERIES_CHARACTERS_MAX;
        for (const entry of Entries) {
          const outcome = await accept(entry, context, room);
          if ("accepted" in outcome) room -= outcome.accepted.characters;
          outcomes.push(outcome);
        }
        const accepted = outcomes.flatMap((outcome) => ("accepted" in outcome ? [outcome.accepted] : []));
        await acceptance.commit(accepted);
        acceptance.announce(accepted, [context.requestId]);
        for (const outcome of outcomes) if ("droppedId" in outcome) tellDropped(outcome.droppedId, outcome.bus, context);
        const failed = outcomes.filter((outcome) => "failure" in outcome).length;
        measure.put(context, { entries: Entries.length, failed, bytes, milliseconds: clock.monotonic() - began });
        return { FailedEntryCount: failed, Entries: outcomes.map((outcome) => ("failure" in outcome ? outcome.failure : { EventId: "accepted" in outcome ? outcome.accepted.event.id : outcome.droppedId })) };
      } catch (error) {
        measure.putFailed(context);
        throw error;
      }
    },
  } satisfies EventsHandlers;
};
