import { ApiError } from "../kit/api-error.ts";
import { malformedXml, serializationFailure } from "./failures.ts";
import { headerReader } from "./header-values.ts";
import type { WireRequest } from "./http.ts";
import { restJsonCodec } from "./json.ts";
import type { Member, Operation, ProtocolName, Shape, Traits } from "./schema.ts";
import { parseXml } from "./xml-parse.ts";
import { readXml, scalarReader } from "./xml-reader.ts";

export interface RestRequest {
  request: WireRequest;
  labels: ReadonlyMap<string, string>;
  query: ReadonlyMap<string, readonly string[]>;
}

type Input = Record<string, unknown>;
type Binding = (rest: RestRequest, input: Input) => void | Promise<void>;

const readers = new WeakMap<Operation, (rest: RestRequest) => Promise<Input>>();

/** The input of a REST request: labels, query, headers and body, each to the member that the model binds it to. */
export function readRest(operation: Operation, protocol: ProtocolName, rest: RestRequest): Promise<Input> {
  let reader = readers.get(operation);
  if (reader === undefined) readers.set(operation, (reader = compile(operation, protocol === "restXml")));
  return reader(rest);
}

function compile({ input: shape, http }: Operation, isXml: boolean): (rest: RestRequest) => Promise<Input> {
  const literals = new Set((http?.uri.split("?")[1] ?? "").split("&").map((part) => part.split("=")[0] as string));
  const bindings: Binding[] = [];
  const body: Member[] = [];
  for (const member of shape.members) {
    const binding = bindOutsideOfBody(member, isXml, shape, literals) ?? (member.traits.httpPayload === true ? bindPayload(member, isXml) : undefined);
    if (binding === undefined) body.push(member);
    else bindings.push(binding);
  }
  const hasPayload = shape.members.some((member) => member.traits.httpPayload === true);
  if (body.length > 0 && !hasPayload) bindings.push(bindBody({ ...shape, members: body }, isXml));
  return async (rest) => {
    const input: Input = {};
    for (const bind of bindings) {
      const pending = bind(rest, input);
      if (pending !== undefined) await pending;
    }
    return input;
  };
}

function bindOutsideOfBody(member: Member, isXml: boolean, input: Shape, literals: ReadonlySet<string>): Binding | undefined {
  const { traits, name } = member;
  if (traits.httpLabel === true) return bindLabel(member, isXml);
  if (traits.httpHeader !== undefined) return bindHeader(member, traits.httpHeader.toLowerCase(), isXml);
  if (traits.httpQuery !== undefined) return bindQuery(member, traits.httpQuery, isXml);
  if (traits.httpPrefixHeaders !== undefined) return bindPrefixHeaders(name, traits.httpPrefixHeaders.toLowerCase());
  if (traits.httpQueryParams === true) return bindQueryParams(member, new Set([...literals, ...input.members.flatMap((m) => m.traits.httpQuery ?? [])]));
  return undefined;
}

/** @param where what the caller calls it: the name of the header or the parameter */
function strictly(read: (text: string) => unknown, where: string, isXml: boolean, { numberType }: Traits = {}): (text: string) => unknown {
  const s3Text = numberType === "integer" || numberType === "long" ? `Provided ${where} not an integer or within integer range` : `The value of ${where} is not valid`;
  return (text) => {
    try {
      return read(text);
    } catch (cause) {
      if (!isXml) throw serializationFailure(`${where}: ${(cause as Error).message}`, cause);
      throw new ApiError("InvalidArgument", s3Text, { status: 400, members: { ArgumentName: where, ArgumentValue: text.slice(0, 1024) }, cause });
    }
  };
}

function bindLabel({ name, shape }: Member, isXml: boolean): Binding {
  const read = strictly(scalarReader(shape), name, isXml);
  return ({ labels }, input) => {
    const text = labels.get(name);
    if (text !== undefined) input[name] = read(decodeLabel(text, isXml));
  };
}

function decodeLabel(text: string, isXml: boolean): string {
  try {
    return text.includes("%") ? decodeURIComponent(text) : text;
  } catch (cause) {
    if (isXml) throw new ApiError("InvalidURI", "Couldn't parse the specified URI.", { status: 400, cause });
    throw serializationFailure("The path is not percent-encoded UTF-8", cause);
  }
}

function bindHeader(member: Member, header: string, isXml: boolean): Binding {
  const read = strictly(headerReader(member), header, isXml);
  const isText = member.shape.kind === "string";
  // RFC 9110, 13.1: a condition whose date is not one is passed over.
  const isCondition = header === "if-modified-since" || header === "if-unmodified-since";
  return ({ request }, input) => {
    const text = request.headers[header];
    if (text === undefined || (text === "" && !isText)) return;
    if (isCondition && Number.isNaN(Date.parse(text))) return;
    input[member.name] = read(text);
  };
}

function bindPrefixHeaders(name: string, prefix: string): Binding {
  return ({ request }, input) => {
    const found = Object.create(null) as Record<string, string>;
    for (const [header, text] of Object.entries(request.headers)) {
      if (header.startsWith(prefix) && header.length > prefix.length) found[header.slice(prefix.length)] = text;
    }
    if (Object.keys(found).length > 0) input[name] = found;
  };
}

function bindQuery({ name, shape }: Member, parameter: string, isXml: boolean): Binding {
  const isList = shape.kind === "list";
  const read = strictly(scalarReader(isList ? (shape.value as Member).shape : shape), parameter, isXml, shape.traits);
  const isText = shape.kind === "string" || isList;
  return ({ query }, input) => {
    const values = query.get(parameter);
    const first = values?.[0];
    if (values === undefined || first === undefined || (first === "" && !isText)) return;
    input[name] = isList ? values.map(read) : read(first);
  };
}

function bindQueryParams({ name, shape }: Member, known: ReadonlySet<string>): Binding {
  const isList = shape.value?.shape.kind === "list";
  return ({ query }, input) => {
    const found = Object.create(null) as Input;
    for (const [parameter, values] of query) if (!known.has(parameter)) found[parameter] = isList ? [...values] : values[0];
    if (Object.keys(found).length > 0) input[name] = found;
  };
}

function bindPayload({ name, shape, traits }: Member, isXml: boolean): Binding {
  if (shape.kind === "blob" && shape.isStreaming) {
    return ({ request }, input) => {
      input[name] = request.stream();
    };
  }
  return async ({ request }, input) => {
    const body = await request.buffer();
    if (body.length === 0) return;
    if (shape.kind === "blob") input[name] = body;
    else if (shape.kind === "string") input[name] = body.toString();
    else input[name] = readBodyText(shape, traits.xmlName ?? shape.traits.xmlName ?? shape.name, body.toString(), isXml);
  };
}

function bindBody(shape: Shape, isXml: boolean): Binding {
  const rootName = shape.traits.xmlName ?? shape.name;
  return async ({ request }, input) => {
    const body = await request.buffer();
    if (body.length > 0) Object.assign(input, readBodyText(shape, rootName, body.toString(), isXml));
  };
}

function readBodyText(shape: Shape, rootName: string, text: string, isXml: boolean): Input {
  if (!isXml) return restJsonCodec.read(shape, text);
  try {
    const root = parseXml(text);
    if (root.name !== rootName) throw new Error(`the root element is ${root.name}, not ${rootName}`);
    return readXml(shape, root) as Input;
  } catch (cause) {
    throw malformedXml(cause);
  }
}
