import type { Authorizer } from "@aws-sdk/client-api-gateway";
import type { Call } from "../../kit/call.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Random } from "../../kit/random.ts";
import type { RestApiBody, RestApiSnapshot, StoredResource } from "../../plumber/apis/rest-api.ts";
import type { ApiRecord } from "../../plumber/apis/rows.ts";
import type { HandlerInput, HandlerOutput, Handlers } from "../../protocol/handlers.ts";
import type { Store } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";

export type RestTypes = typeof import("@aws-sdk/client-api-gateway");
export type RestHandlers = Handlers<RestTypes, RequestContext>;
export type Input<N extends string> = HandlerInput<RestTypes, N>;
export type Output<N extends string> = HandlerOutput<RestTypes, N>;

export type RestApiRecord = ApiRecord<RestApiBody>;

/** The API as it is, not as it was deployed: what a test runs. */
interface Tested {
  api: RestApiRecord;
  snapshot: RestApiSnapshot;
}

/** What serves REST APIs, asked to serve one request that came by no door. That API, resource, method and authorizer are there was looked up before. */
export interface TestInvoke {
  method(tested: Tested & { resource: StoredResource }, input: Input<"TestInvokeMethod">, context: RequestContext): Promise<Output<"TestInvokeMethod">>;
  authorizer(tested: Tested & { authorizer: Authorizer }, input: Input<"TestInvokeAuthorizer">, context: RequestContext): Promise<Output<"TestInvokeAuthorizer">>;
}

export interface Needs {
  store: Store;
  call: Call;
  /** Platform time: dates, and what counts for a quota. */
  clock: Clock;
  random: Random;
  testInvoke?: TestInvoke;
}

/** API Gateway tells whole seconds. */
export const toDate = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);
