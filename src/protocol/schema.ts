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
  operations: ReadonlyMap<string, Operation>;
  errors: ReadonlyMap<string, Shape>;
}

export interface Operation {
  name: string;
  input: Shape;
  output: Shape;
  http?: { method: string; uri: string; code: number };
  /** Error names this operation models. */
  errors: readonly string[];
}

export type ShapeKind =
  | "string" | "number" | "boolean" | "blob" | "timestamp" | "bigint" | "bigdecimal" | "document"
  | "list" | "map" | "structure" | "union" | "unit";

export interface Shape {
  kind: ShapeKind;
  name: string;
  members: readonly Member[];
  /** Of a list: its member; of a map: its value. */
  value?: Member;
  key?: Member;
  /** A blob or an event union that is streamed, not buffered. */
  isStreaming: boolean;
  traits: Readonly<Record<string, unknown>>;
}

export interface Member {
  name: string;
  isRequired: boolean;
  readonly shape: Shape;
  /** The member's own traits over its shape's: httpHeader, xmlName, jsonName … */
  traits: Readonly<Record<string, unknown>>;
}
