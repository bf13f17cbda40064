import type { ApiDestinationHttpMethod } from "@aws-sdk/client-eventbridge";
import type { Operation } from "../../store/store.ts";
import type { StoredConnection } from "./connections.ts";
import { findItem, type EventItem, type Place } from "./rows.ts";

export interface StoredApiDestination {
  /** The end of its ARN. */
  id: string;
  description?: string;
  connectionArn: string;
  /** With `*` for what a target fills in. */
  endpoint: string;
  method: ApiDestinationHttpMethod;
  ratePerSecond: number;
  /** Platform time, milliseconds. */
  createdAt: number;
  modifiedAt: number;
}

export const apiDestinationArn = ({ account, region }: Place, name: string, id: string): string => `arn:aws:events:${region}:${account}:api-destination/${name}/${id}`;

export function* findApiDestination(place: Place, name: string): Operation<EventItem<StoredApiDestination> | undefined> {
  return yield* findItem<StoredApiDestination>(place, "api-destination", name);
}

/** The connection that a destination names, unless another one has its name by now. */
export function* connectionOf(place: Place, { connectionArn }: Pick<StoredApiDestination, "connectionArn">): Operation<EventItem<StoredConnection> | undefined> {
  const [, name = "", id] = connectionArn.split("/");
  const found = yield* findItem<StoredConnection>(place, "connection", name);
  return found?.body.id === id ? found : undefined;
}
