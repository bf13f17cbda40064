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
            sequencer: sequence.toString(16).toUpperCase().padStart(SEQUENCER_DIGITS, "0"),
          },
        },
      },
    ],
  });
