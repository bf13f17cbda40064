import { API_DESTINATION_RATE_PER_SECOND, EVENT_API_DESTINATIONS_MAX } from "../../kit/limits/events.ts";
import { apiDestinationArn, connectionOf, findApiDestination, type StoredApiDestination } from "../../plumber/events/api-destinations.ts";
import { countItems, deleteItem, listItems, saveItem, type EventItem, type Place } from "../../plumber/events/rows.ts";
import type { Operation } from "../../store/store.ts";
import { checkEndpoint } from "./endpoint-rules.ts";
import { alreadyExists, limitExceeded, notFound, validation } from "./errors.ts";
import { parseIdentifiedArn } from "./names.ts";
import type { EventsHandlers, EventsParts } from "./needs.ts";
import { cutPage, readPage } from "./pages.ts";

type Record = EventItem<StoredApiDestination>;

/** Throws ResourceNotFoundException. */
export function* getApiDestination(place: Place, name: string): Operation<Record> {
  const found = yield* findApiDestination(place, name);
  if (found === undefined) throw notFound(`Failed to describe the api-destination(s). An api-destination '${name}' does not exist.`);
  return found;
}

/** The connection that it is to go by: of this account and region, and there. */
function* checkConnection(place: Place, connectionArn: string): Operation<void> {
  const named = parseIdentifiedArn(connectionArn, "connection");
  if (named === undefined || named.account !== place.account || named.region !== place.region) throw validation(`Invalid ARN: '${connectionArn}'.`);
  if ((yield* connectionOf(place, { connectionArn })) === undefined) throw notFound(`Connection '${named.name}' does not exist.`);
}

/** It is as its connection is. */
function* stateOf(record: Record): Operation<"ACTIVE" | "INACTIVE"> {
  return (yield* connectionOf(record, record.body))?.body.state === "AUTHORIZED" ? "ACTIVE" : "INACTIVE";
}

const showDestination = (record: Record, state: "ACTIVE" | "INACTIVE") => ({
  ApiDestinationArn: apiDestinationArn(record, record.name, record.body.id),
  Name: record.name,
  ApiDestinationState: state,
  ConnectionArn: record.body.connectionArn,
  InvocationEndpoint: record.body.endpoint,
  HttpMethod: record.body.method,
  InvocationRateLimitPerSecond: record.body.ratePerSecond,
  CreationTime: new Date(record.body.createdAt),
  LastModifiedTime: new Date(record.body.modifiedAt),
});

const showState = (record: Record, state: "ACTIVE" | "INACTIVE") => {
  const { ApiDestinationArn, ApiDestinationState, CreationTime, LastModifiedTime } = showDestination(record, state);
  return { ApiDestinationArn, ApiDestinationState, CreationTime, LastModifiedTime };
};

export const apiDestinationHandlers = ({ store, clock, random }: EventsParts) => {
  function* save(record: Record) {
    yield* saveItem(record, "api-destination");
    return showState(record, yield* stateOf(record));
  }

  return {
    async CreateApiDestination({ Name, Description, ConnectionArn, InvocationEndpoint, HttpMethod, InvocationRateLimitPerSecond = API_DESTINATION_RATE_PER_SECOND }, context) {
      checkEndpoint(InvocationEndpoint!, "InvocationEndpoint");
      const [id, now] = [random.uuid(), clock.now()];
      return store.run(function* () {
        if ((yield* findApiDestination(context, Name!)) !== undefined) throw alreadyExists(`An api-destination '${Name}' already exists.`);
        yield* checkConnection(context, ConnectionArn!);
        if ((yield* countItems(context, "api-destination")) >= EVENT_API_DESTINATIONS_MAX) throw limitExceeded("The requested resource exceeds the maximum number allowed.");
        const body: StoredApiDestination = {
          id, ...(Description === undefined ? {} : { description: Description }), connectionArn: ConnectionArn!, endpoint: InvocationEndpoint!, method: HttpMethod!, ratePerSecond: InvocationRateLimitPerSecond, createdAt: now, modifiedAt: now,
        };
        return yield* save({ account: context.account, region: context.region, name: Name!, body });
      });
    },

    /** What is not given stays as it is. */
    async UpdateApiDestination({ Name, Description, ConnectionArn, InvocationEndpoint, HttpMethod, InvocationRateLimitPerSecond }, context) {
      if (InvocationEndpoint !== undefined) checkEndpoint(InvocationEndpoint, "InvocationEndpoint");
      return store.run(function* () {
        const found = yield* getApiDestination(context, Name!);
        if (ConnectionArn !== undefined) yield* checkConnection(context, ConnectionArn);
        const { body: before } = found;
        const description = Description ?? before.description;
        const body: StoredApiDestination = {
          ...before, ...(description === undefined ? {} : { description }), connectionArn: ConnectionArn ?? before.connectionArn, endpoint: InvocationEndpoint ?? before.endpoint, method: HttpMethod ?? before.method,
          ratePerSecond: InvocationRateLimitPerSecond ?? before.ratePerSecond, modifiedAt: clock.now(),
        };
        return yield* save({ ...found, body });
      });
    },

    async DescribeApiDestination({ Name }, context) {
      return store.read(function* () {
        const record = yield* getApiDestination(context, Name!);
        return { ...showDestination(record, yield* stateOf(record)), Description: record.body.description };
      });
    },

    async DeleteApiDestination({ Name }, context) {
      await store.run(function* () {
        yield* getApiDestination(context, Name!);
        yield* deleteItem(context, "api-destination", Name!);
      });
      return {};
    },

    async ListApiDestinations({ NamePrefix: prefix = "", ConnectionArn, ...input }, context) {
      const page = readPage("ListApiDestinations", input);
      return store.read(function* () {
        const found = yield* listItems<StoredApiDestination>(context, "api-destination", { prefix, after: page.after, most: page.most + 1, having: { connectionArn: ConnectionArn } });
        const { rows, ...more } = cutPage("ListApiDestinations", found, page, ({ name }) => name);
        const ApiDestinations = [];
        for (const record of rows) ApiDestinations.push(showDestination(record, yield* stateOf(record)));
        return { ApiDestinations, ...more };
      });
    },
  } satisfies EventsHandlers;
};
