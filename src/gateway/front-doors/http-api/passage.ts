import type { Caller } from "../../../kit/caller.ts";
import type { Trace } from "../../../kit/ledger.ts";
import type { GatewayRequest } from "../../dispatch.ts";
import type { Findings } from "../findings.ts";
import { decodePath } from "./route-tree.ts";
import type { ServedRoute, ServedStage } from "./stage.ts";

/** What an authorizer found out: at most one of them. */
export interface Authorization {
  jwt?: { claims: Readonly<Record<string, string>>; scopes: readonly string[] | null };
  /** What a Lambda authorizer gave as its context; null when it gave none. */
  lambda?: { context: Readonly<Record<string, unknown>> | null; principalId?: string };
  iam?: Exclude<Caller, { type: "anonymous" }>;
}

/** One request on its way through a stage. */
export interface Passage {
  readonly request: GatewayRequest;
  readonly served: ServedStage;
  /** Below the stage, percent-encoding kept. */
  readonly path: string;
  /** Decoded, the stage in front unless that is `$default`. */
  readonly rawPath: string;
  /** Decoded, as it came: with a custom domain its base path stands in front, otherwise the same as `rawPath`. */
  readonly askedPath: string;
  readonly domainName: string;
  /** Of the mapping of a custom domain. */
  readonly basePath?: string;
  readonly requestId: string;
  readonly trace: Trace;
  /** Platform time, milliseconds. */
  readonly now: number;
  readonly beganAt: number;
  readonly findings: Findings;
  route?: ServedRoute;
  pathParameters: Readonly<Record<string, string>>;
  authorization: Authorization;
  /** The whole of it, read once. One that is too large ends the passage. */
  body(): Promise<Buffer>;
  /** As it comes, for who hands it on; `content` is undefined when there is none, `bytes` when nobody has said how many there will be. */
  bodyStream(): { content: AsyncIterable<Uint8Array> | Uint8Array | undefined; bytes: number | undefined };
}

/** A passage that has found its route. */
export type Routed = Passage & { route: ServedRoute };

export const executeApiArn = ({ api, stage }: ServedStage, below: string): string => `arn:aws:execute-api:${api.region}:${api.account}:${api.apiId}/${stage.StageName}${below}`;

/** The method and the path that were asked for: what policies speak of. Decoded, as routes are looked for: `/%61dmin` is `/admin` to a Deny, too. */
export const routeArn = ({ served, request, path }: Passage): string => executeApiArn(served, `/${request.method}${decodePath(path).replace(/^(?!\/)/, "/")}`);

/** The route's own path, its parameters in it: what the function's policy is asked about. */
export const sourceArn = ({ served, request, route }: Routed): string => executeApiArn(served, route.resourcePath.startsWith("/") ? `/${request.method}${route.resourcePath}` : `/${route.resourcePath}`);
