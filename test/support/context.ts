import { root } from "../../src/kit/caller.ts";
import { newTrace } from "../../src/kit/ids.ts";
import { systemRandom } from "../../src/kit/random.ts";
import type { RequestContext } from "../../src/services/service.ts";

export const ACCOUNT = "000000000000";

/** A call as the gateway hands it to a service: of the root of an account, who may do all. */
export const requestContext = (over: Partial<RequestContext> = {}): RequestContext => {
  const caller = over.caller ?? root(ACCOUNT);
  return {
    caller,
    account: caller.account,
    region: "us-east-1",
    requestId: systemRandom.uuid(),
    trace: newTrace(systemRandom, Date.now()),
    endpoint: "http://127.0.0.1:4566",
    source: { ip: "203.0.113.7", userAgent: "test" },
    signal: new AbortController().signal,
    responseHeaders: {},
    trailers: {},
    isInternal: false,
    refusalOf: async () => undefined,
    ...over,
  };
};
