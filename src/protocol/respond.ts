import type { ApiError } from "../kit/api-error.ts";
import { writeCbor } from "./cbor.ts";
import type { Claim } from "./claim.ts";
import { writeError, type ErrorPlace } from "./error-writer.ts";
import { createEventStream } from "./event-stream.ts";
import type { WireResponse } from "./http.ts";
import { awsJsonCodec } from "./json.ts";
import { writeRest } from "./rest-writer.ts";
import type { Operation, ProtocolName, ServiceModel, Shape } from "./schema.ts";
import { writeXmlElement, XML_DECLARATION } from "./xml-writer.ts";

/** What the handler returned, as the protocol of the request writes it; with AWS's headers for the request id. */
export function encode({ model, operation, protocol }: Claim, output: Record<string, unknown>, requestId: string): WireResponse {
  return withRequestId(protocol, requestId, encodeOutput(model, operation, protocol, output, requestId));
}

/** An error in the protocol's shape. Modelled errors take their status from the model, others from the error (or 400). */
export function encodeError(place: ErrorPlace, error: ApiError, requestId: string, request: { method: string; path?: string }): WireResponse {
  return withRequestId(place.protocol, requestId, writeError(place, error, requestId, request));
}

function encodeOutput(model: ServiceModel, operation: Operation, protocol: ProtocolName, output: Record<string, unknown>, requestId: string): WireResponse {
  switch (protocol) {
    case "restJson1": return writeRest(model, operation, false, output);
    case "restXml": return writeRest(model, operation, true, output);
    case "awsQuery": return writeQuery(model, operation, output, requestId);
    case "awsJson1_0":
    case "awsJson1_1": return writeRpc(operation, protocol, output, `application/x-amz-json-${protocol === "awsJson1_0" ? "1.0" : "1.1"}`);
    case "rpcv2Cbor": return writeRpc(operation, protocol, output, "application/cbor");
  }
}

/** S3's second id is any long text that its support can look up; ours repeats the first. */
const hostId = (requestId: string) => Buffer.from(`${requestId}/${requestId}`).toString("base64");

function withRequestId(protocol: ProtocolName, requestId: string, response: WireResponse): WireResponse {
  const { headers } = response;
  if (protocol === "restXml") {
    headers["x-amz-request-id"] = requestId;
    headers["x-amz-id-2"] = hostId(requestId);
  } else headers["x-amzn-requestid"] = requestId;
  if (protocol === "rpcv2Cbor") headers["smithy-protocol"] = "rpc-v2-cbor";
  return response;
}

function writeRpc({ output: shape }: Operation, protocol: ProtocolName, output: Record<string, unknown>, contentType: string): WireResponse {
  const stream = streamMember(shape);
  if (stream !== undefined) return writeRpcStream(shape, stream, protocol, output);
  const headers: Record<string, string> = { "content-type": contentType };
  if (protocol === "rpcv2Cbor") return { status: 200, headers, body: writeCbor(output) };
  if (shape.kind === "unit") return { status: 200, headers };
  return { status: 200, headers, body: awsJsonCodec.write(shape, output) };
}

const streamMember = (shape: Shape) => shape.members.find((member) => member.shape.isStreaming && member.shape.kind === "union");

function writeRpcStream(shape: Shape, stream: { name: string; shape: Shape }, protocol: ProtocolName, output: Record<string, unknown>): WireResponse {
  const { [stream.name]: events, ...rest } = output;
  const initial = { shape: { ...shape, members: shape.members.filter((member) => member.name !== stream.name) }, value: rest };
  return {
    status: 200,
    headers: { "content-type": "application/vnd.amazon.eventstream" },
    body: createEventStream(stream.shape, protocol, events as AsyncIterable<unknown>, initial),
  };
}

function writeQuery(model: ServiceModel, { name, output: shape }: Operation, output: Record<string, unknown>, requestId: string): WireResponse {
  const result = shape.kind === "unit" ? "" : writeXmlElement(shape, `${name}Result`, "", output);
  const namespace = model.xmlNamespace === undefined ? "" : ` xmlns="${model.xmlNamespace}"`;
  return {
    status: 200,
    headers: { "content-type": "text/xml" },
    body: `${XML_DECLARATION}<${name}Response${namespace}>${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`,
  };
}
