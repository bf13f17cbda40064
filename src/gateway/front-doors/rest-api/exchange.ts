import type { Method } from "@aws-sdk/client-api-gateway";
import type { Caller } from "../../../kit/caller.ts";
import type { Trace } from "../../../kit/ledger.ts";
import type { StoredResource } from "../../../plumber/apis/rest-api.ts";
import type { GatewayRequest } from "../../dispatch.ts";
import type { ValuesV1 } from "../event-v1.ts";
import { apiArn, type Serving } from "./compile.ts";
import type { GatewayFailure } from "./gateway-failure.ts";

/** Who the caller is, as far as the API has found out. What an event tells as null is absent. */
export interface Identity {
  sourceIp: string;
  userAgent: string | null;
  accessKey?: string | null;
  accountId?: string | null;
  caller?: string | null;
  user?: string | null;
  userArn?: string | null;
  apiKey?: string;
  apiKeyId?: string;
}

/** What an authorizer said: for templates, mappings and the event. */
export interface Authorization {
  principalId?: string;
  claims?: Readonly<Record<string, string>>;
  context?: Readonly<Record<string, string>>;
  usageIdentifierKey?: string;
  status?: number;
  latencyMs?: number;
}

/** One request on its way through an API, and what is known of it so far. */
export interface Exchange {
  readonly serving: Serving;
  readonly request: GatewayRequest;
  /** Below the stage. */
  readonly path: string;
  /** As the function is told it: with the base path of a custom domain. */
  readonly eventPath: string;
  /** With the stage in front, or the base path. */
  readonly fullPath: string;
  readonly domainName: string;
  readonly requestId: string;
  readonly extendedRequestId: string;
  readonly trace: Trace;
  /** Platform time, milliseconds. */
  readonly startedAt: number;
  /** Of a clock that only goes forward. */
  readonly startedMonotonic: number;
  readonly headers: ValuesV1;
  readonly query: ValuesV1;
  readonly identity: Identity;
  /** Lines of the execution log; only made where somebody reads them. */
  readonly log: (line: () => string) => void;
  resource?: StoredResource;
  method?: Method;
  pathParameters: Readonly<Record<string, string>>;
  body: Buffer;
  caller?: Caller;
  authorization?: Authorization;
  failure?: GatewayFailure;
  integration?: { status?: number; latencyMs?: number; requestId?: string; error?: string };
}

const decoded = (value: string): string => {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
};

/** What was asked for, however it was written: `/%61` is `/a` to a policy, too, as it is to who looks for the resource. */
const askedPath = ({ resource, pathParameters, path }: Exchange): string =>
  resource === undefined ? path : resource.path.replace(/\{([^}]+?)\+?\}/g, (all, name: string) => (Object.hasOwn(pathParameters, name) ? decoded(pathParameters[name]!) : all));

/** The method and the path that were asked for: what policies speak of. */
export const methodArn = (exchange: Exchange): string => `${apiArn(exchange.serving.compiled)}/${exchange.serving.stage}/${exchange.request.method}${askedPath(exchange).replace(/^(?!\/)/, "/")}`;

/** The resource's path as it was made, `{id}` in it: what a function's policy is asked about. */
export const sourceArn = ({ serving, request, resource }: Exchange): string => `${apiArn(serving.compiled)}/${serving.stage}/${request.method}${resource!.path}`;
