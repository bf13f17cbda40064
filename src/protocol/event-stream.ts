import { crc32 } from "node:zlib";
import { isApiError } from "../kit/api-error.ts";
import { assert } from "../kit/assert.ts";
import { writeCbor } from "./cbor.ts";
import { awsJsonCodec, restJsonCodec } from "./json.ts";
import { toBytes } from "./scalars.ts";
import type { Member, ProtocolName, Shape } from "./schema.ts";
import { writeXmlElement } from "./xml-writer.ts";

/** What the events of a stream are written with. */
interface EventCodec { contentType: string; write(shape: Shape, value: unknown): Buffer | string }

/**
 * The events that a handler yields (`{ PayloadChunk: { Payload } }`), as frames of `application/vnd.amazon.eventstream`.
 * An ApiError that the handler throws midway becomes an exception event; anything else breaks the connection.
 * @param initial the other members of the output: RPC protocols send them ahead, REST has them in headers
 */
export async function* createEventStream(
  union: Shape,
  protocol: ProtocolName,
  events: AsyncIterable<unknown> | undefined,
  initial?: { shape: Shape; value: unknown },
): AsyncGenerator<Uint8Array> {
  const codec = codecOf(protocol);
  if (initial !== undefined) {
    yield encodeMessage([[":message-type", "event"], [":event-type", "initial-response"], [":content-type", codec.contentType]], codec.write(initial.shape, initial.value));
  }
  try {
    for await (const event of events ?? []) yield encodeEvent(union, codec, event as Record<string, unknown>);
  } catch (error) {
    if (!isApiError(error)) throw error;
    const modelled = union.members.find((member) => member.shape.name === error.code);
    const content = { ...error.members, message: error.message, Message: error.message };
    yield modelled === undefined
      ? encodeMessage([[":message-type", "error"], [":error-code", error.code], [":error-message", error.message]], "")
      : encodeMessage(
          [[":message-type", "exception"], [":exception-type", modelled.name], [":content-type", codec.contentType]],
          codec.write(modelled.shape, modelledOnly(modelled.shape, content)),
        );
  }
}

const modelledOnly = ({ members }: Shape, value: Record<string, unknown>) =>
  Object.fromEntries(members.filter((m) => value[m.name] !== undefined).map((m) => [m.name, value[m.name]]));

function codecOf(protocol: ProtocolName): EventCodec {
  switch (protocol) {
    case "restXml":
    case "awsQuery": return { contentType: "application/xml", write: (shape, value) => writeXmlElement(shape, shape.traits.xmlName ?? shape.name, "", value) };
    case "rpcv2Cbor": return { contentType: "application/cbor", write: (_shape, value) => writeCbor(value) };
    case "restJson1": return { contentType: "application/json", write: restJsonCodec.write };
    case "awsJson1_0":
    case "awsJson1_1": return { contentType: "application/json", write: awsJsonCodec.write };
  }
}

type HeaderValue = string | number | boolean | Date | Uint8Array;
type Header = [name: string, value: HeaderValue];

function encodeEvent(union: Shape, codec: EventCodec, event: Record<string, unknown>): Buffer {
  const member = union.members.find(({ name }) => event[name] !== undefined);
  assert(member !== undefined, `an event of ${union.name} has no member of it`);
  const value = event[member.name] as Record<string, unknown>;
  const headers: Header[] = [[":message-type", "event"], [":event-type", member.name]];
  for (const { name, traits } of member.shape.members) {
    if (traits.eventHeader === true && value[name] !== undefined) headers.push([name, value[name] as HeaderValue]);
  }
  const payload = member.shape.members.find(({ traits }) => traits.eventPayload === true);
  if (payload !== undefined) return encodePayload(payload, codec, headers, value[payload.name]);
  const body = { ...member.shape, members: member.shape.members.filter(({ traits }) => traits.eventHeader !== true) };
  if (body.members.length === 0) return encodeMessage(headers, "");
  return encodeMessage([...headers, [":content-type", codec.contentType]], codec.write(eventBody(member.shape, body), value));
}

/** The same shape while it is whole, so that its writer is compiled once. */
const eventBody = (whole: Shape, body: Shape) => (whole.members.length === body.members.length ? whole : body);

function encodePayload({ shape }: Member, codec: EventCodec, headers: Header[], value: unknown): Buffer {
  if (shape.kind === "blob") return encodeMessage([...headers, [":content-type", "application/octet-stream"]], value === undefined ? "" : toBytes(value));
  if (shape.kind === "string") return encodeMessage([...headers, [":content-type", "text/plain"]], (value ?? "") as string);
  return encodeMessage([...headers, [":content-type", codec.contentType]], value === undefined ? "" : codec.write(shape, value));
}

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;

/** One message: total length, headers' length, CRC of both, headers, payload, CRC of all. */
export function encodeMessage(headers: readonly Header[], payload: Uint8Array | string): Buffer {
  const head = Buffer.concat(headers.map(encodeHeaderEntry));
  const body = toBytes(payload);
  const message = Buffer.allocUnsafe(PRELUDE_BYTES + head.length + body.length + CRC_BYTES);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(head.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  message.set(head, PRELUDE_BYTES);
  message.set(body, PRELUDE_BYTES + head.length);
  message.writeUInt32BE(crc32(message.subarray(0, message.length - CRC_BYTES)), message.length - CRC_BYTES);
  return message;
}

const TRUE = 0, FALSE = 1, LONG = 5, BYTES = 6, STRING = 7, TIMESTAMP = 8;

function encodeHeaderEntry([name, value]: Header): Buffer {
  const nameBytes = Buffer.from(name);
  return Buffer.concat([Buffer.of(nameBytes.length), nameBytes, encodeHeaderValue(value)]);
}

function encodeHeaderValue(value: HeaderValue): Buffer {
  if (typeof value === "boolean") return Buffer.of(value ? TRUE : FALSE);
  if (typeof value === "number" || value instanceof Date) {
    const bytes = Buffer.alloc(9, typeof value === "number" ? LONG : TIMESTAMP);
    bytes.writeBigInt64BE(BigInt(Math.trunc(Number(value))), 1);
    return bytes;
  }
  const content = toBytes(value);
  const bytes = Buffer.alloc(3, typeof value === "string" ? STRING : BYTES);
  bytes.writeUInt16BE(content.length, 1);
  return Buffer.concat([bytes, content]);
}
