import type { ApiError } from "../kit/api-error.ts";
import { writeRest } from "./http-bindings.ts";
import type { WireResponse } from "./http.ts";
import { awsJsonCodec, restJsonCodec } from "./json.ts";
import type { Operation, ProtocolName, ServiceModel, Shape } from "./schema.ts";
import { escapeXml, writeXmlContent, writeXmlElement, XML_DECLARATION } from "./xml-writer.ts";

interface Where {
  model: ServiceModel;
  operation: Operation;
  protocol: ProtocolName;
}

const HTTP_OK = 200;

/** S3's second id of a request: opaque, as long as AWS's. */
const hostIdOf = (requestId: string): string => Buffer.from(requestId.repeat(4).padEnd(56, "0").slice(0, 56)).toString("base64");

const idHeaders = (model: ServiceModel | undefined, requestId: string): Record<string, string> =>
  model?.name === "s3" ? { "x-amz-request-id": requestId, "x-amz-id-2": hostIdOf(requestId) } : { "x-amzn-requestid": requestId };

const json = (protocol: ProtocolName): string => (protocol === "awsJson1_0" ? "application/x-amz-json-1.0" : "application/x-amz-json-1.1");

const queryBody = ({ model, operation }: Where, output: Record<string, unknown>, requestId: string): string => {
  const { name } = operation;
  const result = operation.output.kind === "unit" ? "" : writeXmlElement(operation.output, `${name}Result`, "", output);
  return `<${name}Response xmlns="${model.xmlNamespace ?? ""}">${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`;
};

/** GetBucketLocation alone has no element around its one member. */
const writeBucketLocation = (model: ServiceModel, output: Record<string, unknown>): string =>
  `${XML_DECLARATION}<LocationConstraint xmlns="${model.xmlNamespace}">${escapeXml(String(output["LocationConstraint"] ?? ""))}</LocationConstraint>`;

/** An output as the client that asked expects it. */
export const encode = (where: Where, output: Record<string, unknown>, requestId: string): WireResponse => {
  const { model, operation, protocol } = where;
  const ids = idHeaders(model, requestId);
  if (protocol === "awsQuery") return { status: HTTP_OK, headers: { "content-type": "text/xml", ...ids }, body: queryBody(where, output, requestId) };
  if (protocol.startsWith("awsJson")) {
    return { status: HTTP_OK, headers: { "content-type": json(protocol), ...ids }, body: operation.output.kind === "unit" ? "" : awsJsonCodec.write(operation.output, output) };
  }
  const status = operation.http?.code ?? HTTP_OK;
  if (model.name === "s3" && operation.name === "GetBucketLocation") return { status, headers: { "content-type": "application/xml", ...ids }, body: writeBucketLocation(model, output) };
  const response = writeRest(operation.output, output, status, protocol === "restJson1" ? "json" : "xml", model.xmlNamespace);
  Object.assign(response.headers, ids);
  return response;
};

interface Failed {
  model?: ServiceModel;
  operation?: Operation;
  protocol: ProtocolName;
}

/** What the model says of an error, and what was said of it where it was thrown. */
const facts = ({ model }: Failed, error: ApiError): { shape: Shape | undefined; status: number; queryCode: string; isServerFault: boolean } => {
  const shape = model?.errors.get(error.code);
  const traits = shape?.traits ?? {};
  const status = traits.httpError ?? traits.awsQueryError?.[1] ?? error.status ?? (traits.error === "server" ? 500 : 400);
  return { shape, status, queryCode: traits.awsQueryError?.[0] ?? error.code, isServerFault: status >= 500 };
};

const messageMember = (shape: Shape | undefined): string => shape?.members.find((member) => member.name.toLowerCase() === "message")?.name ?? "message";

const membersOf = (shape: Shape | undefined, error: ApiError): Record<string, unknown> => ({ ...error.members, [messageMember(shape)]: error.message });

const modelled = (shape: Shape | undefined, error: ApiError, write: (shape: Shape, value: Record<string, unknown>) => string): Record<string, unknown> =>
  shape === undefined ? { message: error.message } : (JSON.parse(write(shape, membersOf(shape, error))) as Record<string, unknown>);

const restJsonError = (where: Failed, error: ApiError): WireResponse => {
  const { shape, status } = facts(where, error);
  const headers = { "content-type": "application/json", "x-amzn-errortype": error.code };
  if (shape === undefined) return { status, headers, body: JSON.stringify({ message: error.message, Message: error.message }) };
  const response = writeRest(shape, membersOf(shape, error), status, "json");
  Object.assign(response.headers, headers);
  response.body ??= restJsonCodec.write(shape, membersOf(shape, error));
  return response;
};

const awsJsonError = (where: Failed, error: ApiError): WireResponse => {
  const { shape, status, queryCode, isServerFault } = facts(where, error);
  const type = where.model?.errorNamespace === undefined ? error.code : `${where.model.errorNamespace}#${error.code}`;
  const compatible = where.model?.isQueryCompatible === true ? { "x-amzn-query-error": `${queryCode};${isServerFault ? "Receiver" : "Sender"}` } : {};
  return { status, headers: { "content-type": json(where.protocol), ...compatible }, body: JSON.stringify({ __type: type, ...modelled(shape, error, awsJsonCodec.write) }) };
};

const queryError = (where: Failed, error: ApiError, requestId: string): WireResponse => {
  const { shape, status, queryCode, isServerFault } = facts(where, error);
  const extra = shape === undefined ? "" : writeXmlContent({ ...shape, members: shape.members.filter((member) => member.name.toLowerCase() !== "message") }, error.members);
  const body = `<ErrorResponse xmlns="${where.model?.xmlNamespace ?? ""}"><Error><Type>${isServerFault ? "Receiver" : "Sender"}</Type><Code>${escapeXml(queryCode)}</Code><Message>${escapeXml(error.message)}</Message>${extra}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
  return { status, headers: { "content-type": "text/xml" }, body };
};

const restXmlError = (where: Failed, error: ApiError, requestId: string, isHead: boolean): WireResponse => {
  const { shape, status } = facts(where, error);
  if (isHead) return { status: error.code === "NotFound" ? 404 : status, headers: {} };
  const known = Object.entries(error.members).map(([name, value]) => (value === undefined || value === null ? "" : `<${name}>${escapeXml(String(value))}</${name}>`));
  const body = `${XML_DECLARATION}<Error><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>${known.join("")}<RequestId>${requestId}</RequestId><HostId>${hostIdOf(requestId)}</HostId></Error>`;
  return { status: shape === undefined ? status : (shape.traits.httpError ?? error.status ?? status), headers: { "content-type": "application/xml" }, body };
};

/** A refusal in AWS's code, status and shape for the protocol that asked. */
export const encodeError = (where: Failed, error: ApiError, requestId: string, request: { method: string }): WireResponse => {
  const write = (): WireResponse => {
    if (where.protocol === "awsQuery") return queryError(where, error, requestId);
    if (where.protocol === "restXml") return restXmlError(where, error, requestId, request.method === "HEAD");
    return where.protocol === "restJson1" ? restJsonError(where, error) : awsJsonError(where, error);
  };
  const response = write();
  Object.assign(response.headers, idHeaders(where.model, requestId));
  return response;
};
