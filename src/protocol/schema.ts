/** The schema that readers, writers and validators are compiled from; made from `models/<service>.json`. */

export type ProtocolName = "restJson1" | "restXml" | "awsJson1_0" | "awsJson1_1" | "awsQuery" | "rpcv2Cbor";

export interface ServiceModel {
  /** Our name of it, the folder under `src/services/`: the SigV4 signing name where it is unique (`lambda`, `s3`, `events`). */
  name: string;
  /** The SDK's service id: `EventBridge`. */
  sdkId: string;
  signingName: string;
  /** The prefix of its IAM actions: `s3`, `events`, `cloudwatch`. */
  iamPrefix: string;
  /** `2015-03-31` */
  apiVersion: string;
  /** First is what the SDKs speak today; the others are accepted too. */
  protocols: readonly ProtocolName[];
  /** `AmazonSQS` of `X-Amz-Target: AmazonSQS.SendMessage`. */
  targetPrefix?: string;
  xmlNamespace?: string;
  /** Error code of a broken constraint: `ValidationException`, `InvalidParameterValue` … */
  validationCode: string;
  /** It spoke awsQuery once: errors of its other protocols also carry the old code, in `x-amzn-query-error`. */
  isQueryCompatible: boolean;
  /** `com.amazonaws.sqs` of `"__type": "com.amazonaws.sqs#QueueDoesNotExist"`; absent where AWS writes the bare name. */
  errorNamespace?: string;
  operations: ReadonlyMap<string, Operation>;
  errors: ReadonlyMap<string, Shape>;
}

export interface Operation {
  name: string;
  readonly input: Shape;
  readonly output: Shape;
  http?: { method: string; uri: string; code: number };
  /** Error names this operation models. */
  readonly errors: readonly string[];
}

export type ShapeKind =
  | "string" | "number" | "boolean" | "blob" | "timestamp" | "bigint" | "bigdecimal" | "document"
  | "list" | "map" | "structure" | "union" | "unit";

export type NumberType = "integer" | "long" | "float" | "double";
export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds";

/** What the schemas and the service models say of a shape or a member; absent is false or none. */
export interface Traits {
  httpLabel?: true;
  httpQuery?: string;
  httpQueryParams?: true;
  httpHeader?: string;
  httpPrefixHeaders?: string;
  httpPayload?: true;
  httpResponseCode?: true;
  jsonName?: string;
  xmlName?: string;
  xmlFlattened?: true;
  xmlAttribute?: true;
  /** `[prefix, uri]` */
  xmlNamespace?: readonly [string, string];
  timestampFormat?: TimestampFormat;
  eventHeader?: true;
  eventPayload?: true;
  idempotencyToken?: true;
  sensitive?: true;
  sparse?: true;
  streaming?: true;
  /** `client` or `server`: whose fault an error is. */
  error?: "client" | "server";
  httpError?: number;
  /** `[code, status]` of an error in awsQuery. */
  awsQueryError?: readonly [string, number];
  /** Inclusive; null is unbounded. Characters of a string, entries of a list or map, bytes of a blob. */
  length?: readonly [number | null, number | null];
  range?: readonly [number | null, number | null];
  /** AWS's own text of it, for the message. */
  pattern?: string;
  /** The same as JavaScript reads it with the `u` flag, where that differs. */
  regex?: string;
  enum?: readonly string[];
  numberType?: NumberType;
}

export interface Shape {
  kind: ShapeKind;
  name: string;
  readonly members: readonly Member[];
  /** Of a list: its member; of a map: its value. */
  readonly value?: Member;
  readonly key?: Member;
  /** A blob or an event union that is streamed, not buffered. */
  isStreaming: boolean;
  traits: Readonly<Traits>;
}

export interface Member {
  name: string;
  isRequired: boolean;
  readonly shape: Shape;
  /** The member's own traits over its shape's: httpHeader, xmlName, jsonName … */
  readonly traits: Readonly<Traits>;
}
