import { createFormTree, parseForm } from "./form.ts";
import { readRest, type RestFormat } from "./http-bindings.ts";
import type { WireRequest } from "./http.ts";
import { awsJsonCodec } from "./json.ts";
import { readQuery } from "./query-reader.ts";
import { createRestRouter, type RestMatch } from "./rest-router.ts";
import type { Operation, ProtocolName, ServiceModel } from "./schema.ts";

/** Which operation a request is for, in which protocol. `read` decodes it, strictly; it is called after authentication. */
export interface Claim {
  model: ServiceModel;
  operation: Operation;
  protocol: ProtocolName;
  read(): Promise<Record<string, unknown>>;
}

const FORM = "application/x-www-form-urlencoded";
const CBOR = "rpc-v2-cbor";

const routers = new WeakMap<ServiceModel, (request: WireRequest) => RestMatch | undefined>();

const routerOf = (model: ServiceModel) => {
  let router = routers.get(model);
  if (router === undefined) routers.set(model, (router = createRestRouter(model)));
  return router;
};

const claimTarget = (model: ServiceModel, request: WireRequest, target: string): Claim | undefined => {
  const operation = model.operations.get(target.slice(target.indexOf(".") + 1));
  if (operation === undefined) return undefined;
  const protocol = request.headers["content-type"]?.includes("json-1.1") === true ? "awsJson1_1" : "awsJson1_0";
  return { model, operation, protocol, read: async () => awsJsonCodec.read(operation.input, (await request.buffer()).toString("utf8")) };
};

const claimQuery = async (model: ServiceModel, request: WireRequest): Promise<Claim | undefined> => {
  const isForm = request.headers["content-type"]?.startsWith(FORM) === true;
  const form = parseForm(isForm ? (await request.buffer()).toString("utf8") : request.query);
  const operation = model.operations.get(form.get("Action")?.[0] ?? "");
  if (operation === undefined) return undefined;
  const members = new Map([...form].filter(([name]) => name !== "Action" && name !== "Version" && !name.startsWith("X-Amz-")));
  return { model, operation, protocol: "awsQuery", read: async () => readQuery(operation.input, createFormTree(members)) };
};

const claimRest = (model: ServiceModel, request: WireRequest, protocol: "restJson1" | "restXml"): Claim | undefined => {
  const match = routerOf(model)(request);
  if (match === undefined) return undefined;
  const format: RestFormat = protocol === "restJson1" ? "json" : "xml";
  return { model, operation: match.operation, protocol, read: () => readRest(match, request, format) };
};

/** Undefined when the service has no such operation. */
export const claim = async (model: ServiceModel, request: WireRequest): Promise<Claim | undefined> => {
  const { protocols } = model;
  if (request.headers["smithy-protocol"] === CBOR) return undefined;
  const target = request.headers["x-amz-target"];
  if (target !== undefined && protocols.some((protocol) => protocol.startsWith("awsJson"))) return claimTarget(model, request, target);
  if (protocols.includes("awsQuery")) return claimQuery(model, request);
  const rest = protocols.find((protocol) => protocol === "restJson1" || protocol === "restXml");
  return rest === undefined ? undefined : claimRest(model, request, rest);
};
