import type { Clock } from "../../kit/clock.ts";
import type { Random } from "../../kit/random.ts";
import type { HttpApiBody } from "../../plumber/apis/http-api.ts";
import type { ApiRecord } from "../../plumber/apis/rows.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { Store } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";

export type ApiTypes = typeof import("@aws-sdk/client-apigatewayv2");
export type ApiHandlers = Handlers<ApiTypes, RequestContext>;

export interface Needs {
  store: Store;
  /** Platform time: dates of APIs, stages and deployments. */
  clock: Clock;
  random: Random;
}

export type HttpApi = ApiRecord<HttpApiBody>;

export const isWebSocket = ({ kind }: Pick<HttpApi, "kind">): boolean => kind === "WEBSOCKET";

/** API Gateway tells whole seconds. */
export const toDate = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);
