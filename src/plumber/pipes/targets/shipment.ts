import type { Arn } from "../../../kit/arn.ts";
import type { Call, CallOptions } from "../../../kit/call.ts";
import type { Caller } from "../../../kit/caller.ts";
import type { Clock } from "../../../kit/clock.ts";
import type { Trace } from "../../../kit/ledger.ts";
import type { BatchItem } from "../../event-source-mapping/record.ts";
import type { Post } from "../endpoint.ts";
import type { Pipe } from "../pipe.ts";
import type { PipeEvent } from "../pipe-event.ts";

/** An event at its last stage: as it came there, and what its template made of it. */
export interface Outgoing {
  event: PipeEvent;
  text: string;
}

/** What a parameter of the target means for an event. Throws PipeFailure where the batch's budget for that is spent. */
export type ParameterOf = (given: string, event: PipeEvent) => string | undefined;

/** One batch, at the moment of one try. */
export interface Shipment {
  pipe: Pipe;
  arn: Arn;
  events: readonly Outgoing[];
  /** An enrichment may have answered one event that is no list. */
  isList: boolean;
  as: Caller;
  trace: Trace;
  requestId: string;
  /** The messages that it began with. */
  items: readonly BatchItem[];
  /** Their ids, of events that were not taken, by their places. */
  idsAt(places: readonly number[]): ReadonlySet<string>;
  parameter: ParameterOf;
}

export interface Sent {
  /** What the target's service answered. */
  answer: unknown;
  /** Ids of messages that it has not taken. */
  failed: ReadonlySet<string>;
  /** Of those: `the response names them` */
  why?: string;
}

export interface TargetNeeds {
  call: Call;
  clock: Clock;
  post: Post;
}

/** Rejects with ApiError as the target's service refuses it, or with PipeFailure. */
export type SendTo = (needs: TargetNeeds, shipment: Shipment) => Promise<Sent>;

export const NONE: ReadonlySet<string> = new Set();

export const at = ({ arn, as, trace, requestId }: Pick<Shipment, "arn" | "as" | "trace" | "requestId">): CallOptions => ({ as, account: arn.account, region: arn.region, requestId, trace });

/** Of all events of the batch. */
export const placesOf = ({ events }: Pick<Shipment, "events">): number[] => events.map((_event, place) => place);

export const bytesAt = ({ events }: Pick<Shipment, "events">) => (place: number): number => Buffer.byteLength(events[place]!.text);
