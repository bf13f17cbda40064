import { createEventStream } from "./event-stream.ts";
import { encodeHeader, headerWriter } from "./header-values.ts";
import type { WireResponse } from "./http.ts";
import { restJsonCodec } from "./json.ts";
import type { Member, Operation, ServiceModel, Shape } from "./schema.ts";
import { writeXmlElement, XML_DECLARATION } from "./xml-writer.ts";

type Output = Record<string, unknown>;
type Binding = (output: Output, response: WireResponse) => void;

const writers = new WeakMap<Operation, (output: Output) => WireResponse>();

/** The response of a REST operation, without the headers that every response has. */
export function writeRest(model: ServiceModel, operation: Operation, isXml: boolean, output: Output): WireResponse {
  let writer = writers.get(operation);
  if (writer === undefined) writers.set(operation, (writer = compile(model, operation, isXml)));
  return writer(output);
}

/** The members of an output or an error that go into headers. */
export function bindHeaders(shape: Shape): Binding[] {
  return shape.members.flatMap((member) => {
    const { httpHeader, httpPrefixHeaders } = member.traits;
    if (httpHeader !== undefined) return [bindHeader(member, httpHeader.toLowerCase())];
    if (httpPrefixHeaders !== undefined) return [bindPrefixHeaders(member.name, httpPrefixHeaders.toLowerCase())];
    return [];
  });
}

/** The shape without what goes elsewhere than into the body. */
export function bodyShape(shape: Shape): Shape {
  let body = bodies.get(shape);
  if (body === undefined) {
    const isInBody = ({ traits: t }: Member) => t.httpHeader === undefined && t.httpPrefixHeaders === undefined && t.httpResponseCode !== true;
    bodies.set(shape, (body = { ...shape, members: shape.members.filter(isInBody) }));
  }
  return body;
}

const bodies = new WeakMap<Shape, Shape>();

function compile(model: ServiceModel, operation: Operation, isXml: boolean): (output: Output) => WireResponse {
  const { output: shape, http } = operation;
  const bindings = bindHeaders(shape);
  const code = shape.members.find((member) => member.traits.httpResponseCode === true);
  if (code !== undefined) bindings.push(bindStatus(code));
  const payload = shape.members.find((member) => member.traits.httpPayload === true);
  if (payload !== undefined) bindings.push(bindPayload(model, payload, isXml));
  else if (bodyShape(shape).members.length > 0) bindings.push(isXml ? bindXmlBody(model, operation) : bindJsonBody(shape));
  const status = http?.code ?? 200;
  return (output) => {
    const response: WireResponse = { status, headers: {} };
    for (const bind of bindings) bind(output, response);
    if (response.status === 204) delete response.body;
    return response;
  };
}

function bindHeader(member: Member, header: string): Binding {
  const write = headerWriter(member);
  return (output, { headers }) => {
    const value = output[member.name];
    if (value !== undefined && value !== null) headers[header] = write(value);
  };
}

function bindPrefixHeaders(name: string, prefix: string): Binding {
  return (output, { headers }) => {
    for (const [key, value] of Object.entries((output[name] ?? {}) as Record<string, string>)) headers[prefix + key.toLowerCase()] = encodeHeader(value);
  };
}

function bindStatus({ name }: Member): Binding {
  return (output, response) => {
    const status = output[name];
    if (typeof status === "number") response.status = status;
  };
}

function bindPayload(model: ServiceModel, { name, shape, traits }: Member, isXml: boolean): Binding {
  if (shape.kind === "union" && shape.isStreaming) {
    return (output, response) => {
      response.headers["content-type"] = "application/vnd.amazon.eventstream";
      response.body = createEventStream(shape, isXml ? "restXml" : "restJson1", output[name] as AsyncIterable<unknown>);
    };
  }
  if (shape.kind === "blob" || shape.kind === "string") {
    const type = shape.kind === "blob" ? "application/octet-stream" : "text/plain";
    return (output, response) => {
      const value = output[name];
      response.headers["content-type"] ??= type;
      if (value !== undefined && value !== null) response.body = value as Uint8Array | string | AsyncIterable<Uint8Array>;
    };
  }
  // The root element is always there: the JS client takes an empty CopyObject answer for a failure.
  if (isXml) return bindXml(model, shape, traits.xmlName ?? shape.traits.xmlName ?? shape.name, (output) => output[name]);
  return (output, response) => {
    response.headers["content-type"] = "application/json";
    response.body = restJsonCodec.write(shape, output[name] ?? {});
  };
}

function bindJsonBody(shape: Shape): Binding {
  const body = bodyShape(shape);
  const inBody = new Set(body.members.map((member) => member.name));
  const isWhole = inBody.size === shape.members.length;
  return (output, response) => {
    const own = isWhole ? output : Object.fromEntries(Object.entries(output).filter(([name]) => inBody.has(name)));
    response.headers["content-type"] = "application/json";
    response.body = restJsonCodec.write(body, own);
  };
}

function bindXmlBody(model: ServiceModel, { name, output: shape }: Operation): Binding {
  const body = bodyShape(shape);
  if (name === "GetBucketLocation") return bindBucketLocation(model);
  return bindXml(model, body, shape.traits.xmlName ?? shape.name, (output) => output);
}

function bindXml(model: ServiceModel, shape: Shape, rootName: string, select: (output: Output) => unknown): Binding {
  const namespace = xmlns(model);
  return (output, response) => {
    response.headers["content-type"] = "application/xml";
    response.body = XML_DECLARATION + writeXmlElement(shape, rootName, namespace, select(output));
  };
}

/** S3 does not wrap this one: the root element is the member. */
function bindBucketLocation(model: ServiceModel): Binding {
  const string: Shape = { kind: "string", name: "LocationConstraint", members: [], isStreaming: false, traits: {} };
  return bindXml(model, string, "LocationConstraint", (output) => output["LocationConstraint"]);
}

const xmlns = (model: ServiceModel) => (model.xmlNamespace === undefined ? "" : ` xmlns="${model.xmlNamespace}"`);

