import { ApiError } from "../kit/api-error.ts";
import { readBody } from "./body.ts";
import { readCbor } from "./cbor.ts";
import { serializationFailure } from "./failures.ts";
import { createFormTree, parseForm } from "./form.ts";
import type { WireRequest } from "./http.ts";
import { awsJsonCodec } from "./json.ts";
import { readQuery } from "./query-reader.ts";
import { readRest } from "./rest-reader.ts";
import { createRouter, type Router } from "./router.ts";
import type { Operation, ProtocolName, ServiceModel } from "./schema.ts";

/** A request that is known to be for an operation; its input is not read yet. */
export interface Claim {
  model: ServiceModel;
  operation: Operation;
  protocol: ProtocolName;
  /** Decodes the input, strictly: SerializationException, MalformedXML, MalformedInput … To be called after authentication. */
  read(): Promise<Record<string, unknown>>;
}

/** Which operation of the service a request is for, by the protocols that the service speaks; undefined when it is none. */
export async function claim(model: ServiceModel, request: WireRequest): Promise<Claim | undefined> {
  return claimCbor(model, request) ?? claimJson(model, request) ?? (await claimQuery(model, request)) ?? claimRest(model, request);
}

/** `Action` and `Version` of a form or a query string: how the service of an unsigned request is found. */
export function claimAction(form: string): { action?: string; version?: string } {
  const parameters = parseForm(form);
  const action = parameters.get("Action")?.[0];
  const version = parameters.get("Version")?.[0];
  return { ...(action === undefined ? {} : { action }), ...(version === undefined ? {} : { version }) };
}

function claimCbor(model: ServiceModel, request: WireRequest): Claim | undefined {
  if (request.headers["smithy-protocol"] !== "rpc-v2-cbor" || !model.protocols.includes("rpcv2Cbor")) return undefined;
  const [, name] = /\/operation\/(\w+)$/.exec(request.path) ?? [];
  const operation = name === undefined ? undefined : model.operations.get(name);
  if (operation === undefined) return undefined;
  return { model, operation, protocol: "rpcv2Cbor", read: async () => readCbor(operation.input, await readBody(request)) };
}

function claimJson(model: ServiceModel, request: WireRequest): Claim | undefined {
  const target = request.headers["x-amz-target"];
  const own = model.protocols.find((protocol) => protocol === "awsJson1_0" || protocol === "awsJson1_1");
  if (target === undefined || own === undefined || model.targetPrefix === undefined) return undefined;
  const dot = target.lastIndexOf(".");
  const operation = target.slice(0, dot) === model.targetPrefix ? model.operations.get(target.slice(dot + 1)) : undefined;
  if (operation === undefined) return undefined;
  const type = request.headers["content-type"] ?? "";
  const protocol = type.includes("x-amz-json-1.1") ? "awsJson1_1" : type.includes("x-amz-json-1.0") ? "awsJson1_0" : own;
  return { model, operation, protocol, read: async () => awsJsonCodec.read(operation.input, (await readBody(request)).toString()) };
}

async function claimQuery(model: ServiceModel, request: WireRequest): Promise<Claim | undefined> {
  if (!model.protocols.includes("awsQuery")) return undefined;
  const isForm = request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") === true;
  const text = isForm ? (await readBody(request)).toString() : request.query;
  const form = parseForm(isForm && request.query !== "" ? `${text}&${request.query}` : text);
  const operation = model.operations.get(form.get("Action")?.[0] ?? "");
  if (operation === undefined) return undefined;
  return {
    model,
    operation,
    protocol: "awsQuery",
    async read() {
      const input = readQuery(operation.input, createFormTree(form));
      if (model.name === "sqs") addQueueUrl(operation, request, input);
      return input;
    },
  };
}

/** Old clients of SQS post to the queue's own path and do not repeat its URL. */
function addQueueUrl(operation: Operation, request: WireRequest, input: Record<string, unknown>): void {
  const isMissing = input["QueueUrl"] === undefined && operation.input.members.some((member) => member.name === "QueueUrl");
  if (isMissing && request.path.length > 1) input["QueueUrl"] = `http://${request.headers["host"] ?? "localhost"}${request.path}`;
}

const routers = new WeakMap<ServiceModel, Router>();

function claimRest(model: ServiceModel, request: WireRequest): Claim | undefined {
  const protocol = model.protocols.find((p) => p === "restJson1" || p === "restXml");
  if (protocol === undefined) return undefined;
  let route = routers.get(model);
  if (route === undefined) routers.set(model, (route = createRouter(model)));
  const query = parseUri(request.query, protocol);
  const found = route(request.method, request.path, query, request.headers);
  if (found === undefined) return undefined;
  const { operation, labels } = found;
  return { model, operation, protocol, read: () => readRest(operation, protocol, { request, labels, query }) };
}

function parseUri(query: string, protocol: ProtocolName): Map<string, string[]> {
  try {
    return parseForm(query);
  } catch (cause) {
    if (protocol === "restJson1") throw serializationFailure((cause as Error).message, cause);
    throw new ApiError("InvalidURI", "Couldn't parse the specified URI.", { status: 400, cause });
  }
}
