import type { ApiError } from "../kit/api-error.ts";
import { writeCbor } from "./cbor.ts";
import type { WireResponse } from "./http.ts";
import { awsJsonCodec, restJsonCodec } from "./json.ts";
import { bindHeaders, bodyShape } from "./rest-writer.ts";
import type { Operation, ProtocolName, ServiceModel, Shape } from "./schema.ts";
import { escapeXml, writeXmlContent, XML_DECLARATION } from "./xml-writer.ts";

/** Where an error is answered: as much as is known by then. */
export interface ErrorPlace {
  model?: ServiceModel;
  operation?: Operation;
  protocol: ProtocolName;
}

/** An error with what its model says of it. */
interface Failure {
  /** The name in the JSON protocols. */
  name: string;
  /** The code in awsQuery, and in the header of services that spoke it once. */
  queryCode: string;
  status: number;
  isServerFault: boolean;
  message: string;
  shape: Shape | undefined;
  members: Record<string, unknown>;
}

export function writeError(place: ErrorPlace, error: ApiError, requestId: string, request: { method: string; path?: string }): WireResponse {
  const failure = describe(place, error);
  const response: WireResponse = { status: failure.status, headers: {} };
  if (failure.shape !== undefined) for (const bind of bindHeaders(failure.shape)) bind(failure.members, response);
  switch (place.protocol) {
    case "restXml": writeS3(failure, response, requestId, request); break;
    case "awsQuery": writeQuery(place, failure, response, requestId); break;
    case "restJson1": writeRestJson(failure, response); break;
    default: writeRpc(place, failure, response);
  }
  return response;
}

function describe({ model, protocol }: ErrorPlace, error: ApiError): Failure {
  const shape = model === undefined ? undefined : findError(model, error.code);
  const traits = shape?.traits ?? {};
  const [queryCode = unmodelledQueryCode(error.code), queryStatus] = traits.awsQueryError ?? [];
  const isServerFault = shape === undefined ? (error.status ?? 400) >= 500 : traits.error === "server";
  const modelled = protocol === "awsQuery" ? (queryStatus ?? traits.httpError) : traits.httpError;
  const status = modelled ?? error.status ?? (error.code === "NotFound" && protocol === "restXml" ? 404 : isServerFault ? 500 : 400);
  const members = { ...error.members };
  // Seen in every error that Lambda models with it.
  if (model?.name === "lambda" && shape?.members.some((m) => m.name === "Type")) members["Type"] ??= isServerFault ? "Service" : "User";
  return { name: shape?.name ?? error.code, queryCode, status, isServerFault, message: error.message, shape, members };
}

/** Of a service that speaks JSON too, and says so with the longer name there. */
const unmodelledQueryCode = (code: string): string => (code === "AccessDeniedException" ? "AccessDenied" : code);

const byCode = new WeakMap<ServiceModel, Map<string, Shape>>();

/** By the shape's name, or by its code in awsQuery: `NoSuchEntityException` and `NoSuchEntity` are one. */
function findError(model: ServiceModel, code: string): Shape | undefined {
  let shapes = byCode.get(model);
  if (shapes === undefined) {
    shapes = new Map();
    for (const shape of model.errors.values()) {
      const queryCode = shape.traits.awsQueryError?.[0];
      if (queryCode !== undefined && !shapes.has(queryCode)) shapes.set(queryCode, shape);
    }
    for (const [name, shape] of model.errors) shapes.set(name, shape);
    byCode.set(model, shapes);
  }
  return shapes.get(code);
}

/** The members of a JSON error: what the model has, the message under the name that the model gives it. */
function content({ shape, members, message, name }: Failure): Record<string, unknown> {
  if (shape === undefined) return { ...members, [name === "AccessDeniedException" ? "Message" : "message"]: message };
  const known = new Set(bodyShape(shape).members.map((member) => member.name));
  const own = Object.fromEntries(Object.entries(members).filter(([key]) => known.has(key)));
  return { ...own, [known.has("Message") ? "Message" : "message"]: message };
}

/** The shape with a message, so that the writer keeps it even where the model has none. */
function errorShape({ shape }: Failure): Shape {
  const body = shape === undefined ? anonymous : bodyShape(shape);
  return body.members.some(({ name }) => name === "message" || name === "Message") ? body : { ...body, members: [...body.members, ...anonymous.members] };
}

const text: Shape = { kind: "string", name: "String", members: [], isStreaming: false, traits: {} };
const anonymous: Shape = {
  kind: "structure", name: "Error", isStreaming: false, traits: {},
  members: ["message", "Message"].map((name) => ({ name, isRequired: false, shape: text, traits: {} })),
};

function writeRestJson(failure: Failure, response: WireResponse): void {
  response.headers["x-amzn-errortype"] = failure.name;
  response.headers["content-type"] = "application/json";
  response.body = restJsonCodec.write(errorShape(failure), content(failure));
}

function writeRpc({ model, protocol }: ErrorPlace, failure: Failure, response: WireResponse): void {
  const type = model?.errorNamespace === undefined || failure.shape === undefined ? coralType(model, failure.name) : `${model.errorNamespace}#${failure.name}`;
  if (model?.isQueryCompatible === true) response.headers["x-amzn-query-error"] = `${failure.queryCode};${failure.isServerFault ? "Receiver" : "Sender"}`;
  if (protocol === "rpcv2Cbor") {
    response.headers["content-type"] = "application/cbor";
    response.body = writeCbor({ __type: type, ...content(failure) });
    return;
  }
  response.headers["content-type"] = `application/x-amz-json-${protocol === "awsJson1_1" ? "1.1" : "1.0"}`;
  const rest = awsJsonCodec.write(errorShape(failure), content(failure)).slice(1);
  response.body = `{"__type":${JSON.stringify(type)},${rest}`;
}

/** Services that name their own errors in full name those of AWS's framework in full too. */
function coralType(model: ServiceModel | undefined, name: string): string {
  if (model?.errorNamespace === undefined) return name;
  return name === "ValidationException" ? `com.amazon.coral.validate#${name}` : `com.amazon.coral.service#${name}`;
}

function writeQuery({ model }: ErrorPlace, failure: Failure, response: WireResponse, requestId: string): void {
  const namespace = model?.xmlNamespace === undefined ? "" : ` xmlns="${model.xmlNamespace}"`;
  const fault = failure.isServerFault ? "Receiver" : "Sender";
  response.headers["content-type"] = "text/xml";
  response.body = `${XML_DECLARATION}<ErrorResponse${namespace}><Error><Type>${fault}</Type><Code>${escapeXml(failure.queryCode)}</Code>${xmlContent(failure)}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
}

/** No body where HTTP allows none: the answer to a HEAD, and 304. */
function writeS3(failure: Failure, response: WireResponse, requestId: string, request: { method: string; path?: string }): void {
  if (request.method === "HEAD" || failure.status === 304) return;
  const hostId = Buffer.from(`${requestId}/${requestId}`).toString("base64");
  response.headers["content-type"] = "application/xml";
  response.body = `${XML_DECLARATION}<Error><Code>${escapeXml(failure.name)}</Code>${xmlContent(failure)}<RequestId>${requestId}</RequestId><HostId>${hostId}</HostId></Error>`;
}

/** `<Message>` and the further members; those that the model does not know are written as text. */
function xmlContent({ shape, members, message }: Failure): string {
  const known = new Set(shape?.members.map((member) => member.name));
  const rest = { ...members };
  delete rest["message"];
  delete rest["Message"];
  const modelled = shape === undefined ? "" : writeXmlContent({ ...shape, members: bodyShape(shape).members.filter((m) => m.name !== "message" && m.name !== "Message") }, rest);
  const extra = Object.entries(rest).filter(([name, value]) => !known.has(name) && value !== undefined);
  return `<Message>${escapeXml(message)}</Message>${modelled}${extra.map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`).join("")}`;
}
