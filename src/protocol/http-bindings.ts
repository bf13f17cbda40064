import { malformedXml, serializationFailure } from "./failures.ts";
import { parseForm } from "./form.ts";
import type { WireRequest, WireResponse } from "./http.ts";
import { restJsonCodec } from "./json.ts";
import type { RestMatch } from "./rest-router.ts";
import { formatTimestamp, toBytes } from "./scalars.ts";
import type { Member, Shape } from "./schema.ts";
import { parseXml, XmlSyntaxError } from "./xml-parse.ts";
import { readXml, scalarReader } from "./xml-reader.ts";
import { scalarWriter, writeXmlElement, XML_DECLARATION } from "./xml-writer.ts";

export type RestFormat = "json" | "xml";

const isStructure = (shape: Shape): boolean => shape.kind === "structure" || shape.kind === "union";

/** Commas separate the values of a header; those of dates do not. */
const splitHeader = (text: string, shape: Shape): string[] =>
  shape.kind === "timestamp" ? text.split(/(?<=GMT),\s*/) : (text.match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? []).map((part) => part.trim().replace(/^"(.*)"$/s, "$1").replaceAll('\\"', '"'));

const readText = ({ shape }: Member, texts: readonly string[], isHeader: boolean): unknown => {
  if (shape.kind === "list") {
    const item = shape.value!.shape;
    return (isHeader ? splitHeader(texts[0]!, item) : texts).map((text) => scalarReader(item)(text));
  }
  return scalarReader(shape)(texts[0]!);
};

const readBody = (shape: Shape, text: string, format: RestFormat): unknown => {
  if (text === "") return undefined;
  return format === "json" ? restJsonCodec.read(shape, text) : readXml(shape, parseXml(text));
};

const readPayload = async (member: Member, request: WireRequest, format: RestFormat): Promise<unknown> => {
  if (member.shape.isStreaming && member.shape.kind === "blob") return request.stream();
  const body = await request.buffer();
  if (body.length === 0) return undefined;
  if (member.shape.kind === "blob") return body;
  return isStructure(member.shape) ? readBody(member.shape, body.toString("utf8"), format) : body.toString("utf8");
};

/** The input of a REST operation: from path, query, headers and body. */
export const readRest = async ({ operation, labels, query }: RestMatch, request: WireRequest, format: RestFormat): Promise<Record<string, unknown>> => {
  const { input } = operation;
  const result: Record<string, unknown> = {};
  try {
    const payload = input.members.find((member) => member.traits.httpPayload === true);
    if (payload !== undefined) result[payload.name] = await readPayload(payload, request, format);
    else if (input.members.some(isInBody)) Object.assign(result, readBody(input, (await request.buffer()).toString("utf8"), format));
    for (const member of input.members) {
      const { httpLabel, httpQuery, httpQueryParams, httpHeader, httpPrefixHeaders } = member.traits;
      if (httpLabel === true) result[member.name] = scalarReader(member.shape)(labels[member.name] ?? "");
      else if (httpQuery !== undefined) assign(result, member, query.get(httpQuery), false);
      else if (httpHeader !== undefined) assign(result, member, asList(request.headers[httpHeader.toLowerCase()]), true);
      else if (httpPrefixHeaders !== undefined) result[member.name] = prefixed(request.headers, httpPrefixHeaders.toLowerCase());
      else if (httpQueryParams === true) result[member.name] = restOfQuery(member, query, boundNames(operation));
    }
  } catch (error) {
    if (!(error instanceof XmlSyntaxError)) throw error;
    throw format === "xml" ? malformedXml(error) : serializationFailure(error.message, error);
  }
  return result;
};

/** Query parameters that have a meaning of their own, in the path or for another member. */
const boundNames = ({ http, input }: RestMatch["operation"]): Set<string> =>
  new Set([...input.members.flatMap(({ traits }) => traits.httpQuery ?? []), ...parseForm(http?.uri.split("?")[1] ?? "").keys()]);

const restOfQuery = ({ shape }: Member, query: RestMatch["query"], bound: ReadonlySet<string>): Record<string, unknown> => {
  const found = Object.create(null) as Record<string, unknown>;
  for (const [name, values] of query) if (!bound.has(name)) found[name] = shape.value!.shape.kind === "list" ? values : values[0];
  return found;
};

const isInBody = ({ traits }: Member): boolean =>
  traits.httpLabel === undefined && traits.httpQuery === undefined && traits.httpQueryParams === undefined && traits.httpHeader === undefined && traits.httpPrefixHeaders === undefined && traits.httpResponseCode === undefined;

const asList = (text: string | undefined): string[] | undefined => (text === undefined ? undefined : [text]);

/** A parameter that cannot be set elsewhere must not come from the body. */
const assign = (result: Record<string, unknown>, member: Member, texts: readonly string[] | undefined, isHeader: boolean) => {
  if (texts === undefined || (isHeader && texts[0] === "" && member.shape.kind !== "string")) delete result[member.name];
  else result[member.name] = readText(member, texts, isHeader);
};

const prefixed = (headers: WireRequest["headers"], prefix: string): Record<string, string> | undefined => {
  const found = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(headers)) if (name.startsWith(prefix)) found[name.slice(prefix.length)] = value;
  return Object.keys(found).length === 0 ? undefined : found;
};

const writeText = (shape: Shape, value: unknown): string => {
  if (shape.kind === "list") return (value as unknown[]).map((item) => writeText(shape.value!.shape, item)).join(", ");
  if (shape.kind === "timestamp") return formatTimestamp(value as Date, shape.traits.timestampFormat ?? "http-date");
  return scalarWriter(shape, "http-date")(value);
};

/** HTTP headers are ASCII; what is not is left to the reader's UTF-8. */
const headerSafe = (text: string): string => Buffer.from(text.replaceAll(/[\r\n\0]/g, " "), "utf8").toString("latin1");

const contentType = (format: RestFormat): string => (format === "json" ? "application/json" : "application/xml");

const rootName = (shape: Shape, member?: Member): string => member?.traits.xmlName ?? shape.traits.xmlName ?? shape.name;

const writeBody = (shape: Shape, value: Record<string, unknown>, format: RestFormat, xmlNamespace: string | undefined, member?: Member): string => {
  if (format === "json") return restJsonCodec.write(shape, value);
  const attributes = xmlNamespace === undefined ? "" : ` xmlns="${xmlNamespace}"`;
  return XML_DECLARATION + writeXmlElement(shape, rootName(shape, member), attributes, value);
};

/** An output, or an error's members, over status, headers and body. */
export const writeRest = (shape: Shape, value: Record<string, unknown>, status: number, format: RestFormat, xmlNamespace?: string): WireResponse => {
  const headers: Record<string, string> = {};
  const response: WireResponse = { status, headers };
  const inBody: Record<string, unknown> = {};
  let payload: Member | undefined;
  for (const member of shape.members) {
    const content = value[member.name];
    const { httpHeader, httpPrefixHeaders, httpResponseCode, httpPayload } = member.traits;
    if (httpPayload === true) payload = member;
    if (content === undefined || content === null) continue;
    if (httpHeader !== undefined) headers[httpHeader.toLowerCase()] = headerSafe(writeText(member.shape, content));
    else if (httpPrefixHeaders !== undefined) for (const [name, text] of Object.entries(content as Record<string, string>)) headers[(httpPrefixHeaders + name).toLowerCase()] = headerSafe(text);
    else if (httpResponseCode === true) response.status = content as number;
    else if (httpPayload !== true) inBody[member.name] = content;
  }
  // A client takes a success of S3's without its element for a copy that failed on the way.
  if (payload !== undefined) writePayload(response, payload, value[payload.name] ?? (format === "xml" && isStructure(payload.shape) && status < 300 ? {} : undefined), format, xmlNamespace);
  else if (shape.members.some(isInBody)) {
    headers["content-type"] ??= contentType(format);
    response.body = writeBody(shape, inBody, format, xmlNamespace);
  }
  return response;
};

const writePayload = (response: WireResponse, member: Member, content: unknown, format: RestFormat, xmlNamespace: string | undefined) => {
  if (content === undefined || content === null) return;
  if (isStructure(member.shape)) {
    response.headers["content-type"] ??= contentType(format);
    response.body = writeBody(member.shape, content as Record<string, unknown>, format, xmlNamespace, member);
  } else if (typeof content === "object" && Symbol.asyncIterator in content) {
    response.headers["content-type"] ??= "application/octet-stream";
    response.body = content as AsyncIterable<Uint8Array>;
  } else {
    response.headers["content-type"] ??= member.shape.kind === "blob" ? "application/octet-stream" : "text/plain";
    response.body = toBytes(content);
  }
};
