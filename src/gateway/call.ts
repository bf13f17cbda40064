import { Readable } from "node:stream";
import { assert } from "../kit/assert.ts";
import type { Call } from "../kit/call.ts";
import { newTrace } from "../kit/ids.ts";
import { loadServiceModel } from "../protocol/models.ts";
import type { Shape } from "../protocol/schema.ts";
import type { RequestContext } from "../services/service.ts";
import type { GatewayNeeds } from "./needs.ts";
import { createPerform } from "./perform.ts";

const INTERNAL = { ip: "127.0.0.1", userAgent: "AWS Internal" };
const never = new AbortController().signal;

/** Handlers are given what the wire gives them: Buffers for blobs, a Readable for a streamed body. */
const asFromWire = (shape: Shape, input: Record<string, unknown>): Record<string, unknown> => {
  const converted = { ...input };
  for (const member of shape.members) {
    const value = converted[member.name];
    if (member.shape.kind !== "blob" || value === undefined) continue;
    const bytes = typeof value === "string" ? Buffer.from(value) : value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
    converted[member.name] = member.shape.isStreaming && Buffer.isBuffer(bytes) ? Readable.from([bytes], { objectMode: false }) : bytes;
  }
  return converted;
};

/** `dispatch` without the wire: validate → check → authorize → handle. */
export const createCall = (needs: GatewayNeeds): Call => {
  const perform = createPerform(needs);
  return async (service, operation, input, options) => {
    const model = loadServiceModel(service);
    const called = model.operations.get(operation);
    assert(called !== undefined, `${service} has no operation ${operation}`);
    const context: Omit<RequestContext, "refusalOf"> = {
      caller: options.as,
      account: options.account ?? options.as.account,
      region: options.region,
      requestId: options.requestId ?? needs.random.uuid(),
      trace: options.trace ?? newTrace(needs.random, needs.clock.now()),
      endpoint: "",
      source: options.functionUrl?.source ?? INTERNAL,
      signal: options.signal ?? never,
      responseHeaders: {},
      trailers: {},
      isInternal: true,
      ...(options.waiting === undefined ? {} : { waiting: options.waiting }),
      ...(options.forwardedEvent === undefined ? {} : { forwardedEvent: options.forwardedEvent }),
      ...(options.isInvocation === undefined ? {} : { isInvocation: options.isInvocation }),
      ...(options.isKept === undefined ? {} : { isKept: options.isKept }),
      ...(options.functionUrl === undefined ? {} : { functionUrlAuthType: options.functionUrl.authType }),
    };
    return (await perform(model, called, asFromWire(called.input, input as Record<string, unknown>), context, options)) as never;
  };
};
