import { createHash } from "node:crypto";
import type { Caller } from "../../kit/caller.ts";
import { bucketArn } from "../../kit/arn.ts";
import type { RequestContext } from "../service.ts";
import { ownerPrincipalId } from "./account-ids.ts";
import type { BucketRow } from "./bucket-rows.ts";
import type { EventName } from "./notification-rules.ts";
import { urlEncodeKey } from "./url-encoding.ts";

/** What happened to an object; `size` and `etag` are absent when it was removed. */
export interface ObjectEvent {
  name: EventName;
  key: string;
  /** Milliseconds since the epoch. */
  at: number;
  size?: number;
  etag?: string;
}

const SEQUENCER_DIGITS = 18;

/** The request's second id, which S3 writes beside the first. */
export const hostId = (requestId: string): string => createHash("sha512").update(requestId).digest("base64").slice(0, 76);

const principalId = (caller: Caller): string => (caller.type === "service" ? caller.service : `AWS:${caller.userId}`);

/** What a queue gets when it is configured ("Event message structure", S3 user guide). */
export const testEvent = (bucket: BucketRow, now: number, requestId: string): string =>
  JSON.stringify({ Service: "Amazon S3", Event: "s3:TestEvent", Time: new Date(now).toISOString(), Bucket: bucket.name, RequestId: requestId, HostId: hostId(requestId) });

const sequencerOf = (sequence: number): string => sequence.toString(16).toUpperCase().padStart(SEQUENCER_DIGITS, "0");

/** What EventBridge calls what happened, and by which request ("EventBridge event message structure", S3 user guide). */
const ON_BUS: Record<EventName, { detailType: string; reason?: string; deletionType?: string }> = {
  "s3:ObjectCreated:Put": { detailType: "Object Created", reason: "PutObject" },
  "s3:ObjectCreated:Copy": { detailType: "Object Created", reason: "CopyObject" },
  "s3:ObjectCreated:CompleteMultipartUpload": { detailType: "Object Created", reason: "CompleteMultipartUpload" },
  "s3:ObjectRemoved:Delete": { detailType: "Object Deleted", reason: "DeleteObject", deletionType: "Permanently Deleted" },
  "s3:ObjectTagging:Put": { detailType: "Object Tags Added" },
  "s3:ObjectTagging:Delete": { detailType: "Object Tags Deleted" },
};

const requesterOf = ({ caller }: RequestContext): string => (caller.type === "service" ? caller.service : caller.account);

/** The event as the account's default bus gets it: what it is called, and its detail as JSON. The key is as it is, not URL-encoded. */
export const busEvent = (bucket: BucketRow, event: ObjectEvent, sequence: number, context: RequestContext): { detailType: string; detail: string } => {
  const { detailType, reason, deletionType } = ON_BUS[event.name];
  const detail = {
    version: "0",
    bucket: { name: bucket.name },
    object: { key: event.key, ...(event.size === undefined ? {} : { size: event.size }), ...(event.etag === undefined ? {} : { etag: event.etag }), sequencer: sequencerOf(sequence) },
    "request-id": context.requestId,
    requester: requesterOf(context),
    "source-ip-address": context.source.ip,
    ...(reason === undefined ? {} : { reason }),
    ...(deletionType === undefined ? {} : { "deletion-type": deletionType }),
  };
  return { detailType, detail: JSON.stringify(detail) };
};

/** The event that the target gets, version 2.1 of S3's "Event message structure". */
export const eventPayload = (bucket: BucketRow, event: ObjectEvent, configurationId: string, sequence: number, context: RequestContext): string =>
  JSON.stringify({
    Records: [
      {
        eventVersion: "2.1",
        eventSource: "aws:s3",
        awsRegion: bucket.region,
        eventTime: new Date(event.at).toISOString(),
        eventName: event.name.slice("s3:".length),
        userIdentity: { principalId: principalId(context.caller) },
        requestParameters: { sourceIPAddress: context.source.ip },
        responseElements: { "x-amz-request-id": context.requestId, "x-amz-id-2": hostId(context.requestId) },
        s3: {
          s3SchemaVersion: "1.0",
          configurationId,
          bucket: { name: bucket.name, ownerIdentity: { principalId: ownerPrincipalId(bucket.account) }, arn: bucketArn(bucket.name) },
          object: {
            key: urlEncodeKey(event.key),
            ...(event.size === undefined ? {} : { size: event.size }),
            ...(event.etag === undefined ? {} : { eTag: event.etag }),
            sequencer: sequencerOf(sequence),
          },
        },
      },
    ],
  });
