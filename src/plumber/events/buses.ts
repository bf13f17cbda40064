import type { LogConfig } from "@aws-sdk/client-eventbridge";
import type { PolicyDocument } from "../../iam/document.ts";
import { findItem, type Place } from "./rows.ts";
import type { Operation } from "../../store/store.ts";

export interface StoredBus {
  description?: string;
  deadLetterArn?: string;
  logConfig?: LogConfig;
  policy?: PolicyDocument;
  tags: Record<string, string>;
  /** Platform time, milliseconds. */
  createdAt: number;
  modifiedAt: number;
}

export const DEFAULT_BUS = "default";

export const busArn = ({ account, region }: Place, name: string): string => `arn:aws:events:${region}:${account}:event-bus/${name}`;

/** Every account has the default bus in every region, without anything kept of it until it is changed. */
export function* findBus(place: Place, name: string): Operation<StoredBus | undefined> {
  const found = yield* findItem<StoredBus>(place, "bus", name);
  return found?.body ?? (name === DEFAULT_BUS ? { tags: {}, createdAt: 0, modifiedAt: 0 } : undefined);
}
