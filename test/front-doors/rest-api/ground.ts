import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Authorizer, GatewayResponse, Integration, Method, Model, RequestValidator } from "@aws-sdk/client-api-gateway";
import { afterAll } from "vitest";
import type { GatewayRequest } from "../../../src/gateway/dispatch.ts";
import type { FrontDoorNeeds } from "../../../src/gateway/front-doors/needs.ts";
import { createRestApis } from "../../../src/gateway/front-doors/rest-api/rest-api.ts";
import type { CallOptions } from "../../../src/kit/call.ts";
import { createClock } from "../../../src/kit/clock.ts";
import type { LedgerEntry } from "../../../src/kit/ledger.ts";
import { silentLog } from "../../../src/kit/log.ts";
import { systemRandom } from "../../../src/kit/random.ts";
import type { RestApiBody, RestApiSnapshot, StoredResource, StoredRestStage } from "../../../src/plumber/apis/rest-api.ts";
import type { StoredMapping } from "../../../src/plumber/apis/domain-names.ts";
import { saveApi, savePart } from "../../../src/plumber/apis/rows.ts";
import { createIdentities } from "../../../src/services/iam/identities.ts";
import { ACCOUNT } from "../../support/context.ts";
import { openState } from "../../support/store.ts";

export const REGION = "us-east-1";
export const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:f`;
export const uriOf = (functionArn = FUNCTION): string => `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${functionArn}/invocations`;

export interface Called {
  service: string;
  operation: string;
  input: Record<string, unknown>;
  options: CallOptions;
  /** Of an invocation. */
  event: Record<string, unknown>;
}

type OnCall = (called: Called) => unknown;

export interface Asked {
  method?: string;
  path?: string;
  query?: string;
  /** As the client spells them. */
  headers?: readonly (readonly [string, string])[];
  body?: string | Buffer;
  ip?: string;
  domainName?: string;
  mapping?: StoredMapping;
}

export interface Answered {
  status: number;
  headers: Record<string, string | readonly string[]>;
  body: Buffer;
  text: string;
  json: unknown;
}

const gather = async (body: unknown): Promise<Buffer> => {
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return Buffer.from((body ?? "") as string);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const departure = { signal: new AbortController().signal, hasGone: false };

export const requestOf = ({ method = "GET", path = "/", query = "", headers = [], body = "", ip = "203.0.113.7" }: Asked): GatewayRequest => {
  const bytes = Buffer.from(body as string);
  const all = [["Host", "api.example.com"], ...headers, ...(bytes.length === 0 ? [] : [["Content-Length", String(bytes.length)]])] as (readonly [string, string])[];
  const lower: Record<string, string> = {};
  for (const [name, value] of all) lower[name.toLowerCase()] = lower[name.toLowerCase()] === undefined ? value : `${lower[name.toLowerCase()]}, ${value}`;
  return { method, path, query, headers: lower, rawHeaders: all.flat(), host: "api.example.com", body: (async function* () { yield bytes; })(), endpoint: "http://api.example.com", ip, departure };
};

/** `{ "/pets/{id}": { GET: … } }` */
export type Paths = Record<string, Record<string, Method>>;

export interface Api {
  paths: Paths;
  api?: Partial<RestApiBody>;
  authorizers?: Authorizer[];
  models?: Model[];
  validators?: RequestValidator[];
  gatewayResponses?: GatewayResponse[];
  stage?: Partial<StoredRestStage>;
  /** What the canary has. */
  canary?: Paths;
}

const resourcesOf = (paths: Paths): StoredResource[] => Object.entries(paths).map(([path, resourceMethods], index) => ({ id: `res${String(index).padStart(3, "0")}`, path, pathPart: path.split("/").at(-1)!, resourceMethods }));

export const proxyTo = (functionArn = FUNCTION, more: Partial<Integration> = {}, method: Partial<Method> = {}): Method => ({ authorizationType: "NONE", methodIntegration: { type: "AWS_PROXY", httpMethod: "POST", uri: uriOf(functionArn), ...more }, ...method });

/** REST APIs over a store of their own; what they call is the test's to answer. */
export const openRestApis = (over: Partial<FrontDoorNeeds> = {}) => {
  const clock = createClock();
  const wall = createClock();
  const directory = mkdtempSync(join(tmpdir(), "lambdad-test-"));
  const store = openState(join(directory, "state.db"));
  const sessionKey = systemRandom.bytes(32);
  const calls: Called[] = [];
  const entries: LedgerEntry[] = [];
  const logged: { group: string; lines: { message: string }[] }[] = [];
  const series = new Map<string, number[]>();
  let onCall: OnCall = () => ({ statusCode: 200, body: "ok" });
  const needs = {
    services: {}, identities: createIdentities({ store, clock, sessionKey }), clock, wall, random: systemRandom, log: silentLog, sessionKey, store,
    ledger: { record: (entry: LedgerEntry) => void entries.push(entry) } as never,
    settings: { iam: "enforce" as const, anyCredentials: false, allowedHosts: [], defaultRegion: REGION },
    logs: { write: (batch: { group: string; lines: { message: string }[] }) => void logged.push(batch), forget() {}, flush: async () => {} } as never,
    metrics: { series: ({ name, dimensions }: { name: string; dimensions: object }) => ({ add: (value: number) => void series.set(`${name} ${JSON.stringify(dimensions)}`, [...(series.get(`${name} ${JSON.stringify(dimensions)}`) ?? []), value]) }) } as never,
    call: (async (service: string, operation: string, input: Record<string, unknown>, options: CallOptions) => {
      const event = input["Payload"] === undefined ? {} : (parse(String(input["Payload"])) as Record<string, unknown>);
      const called = { service, operation, input, options, event };
      calls.push(called);
      const answer = await onCall(called);
      if (service !== "lambda" || operation !== "Invoke" || (typeof answer === "object" && answer !== null && "Payload" in answer)) return answer;
      return { StatusCode: 200, Payload: Buffer.from(typeof answer === "string" ? answer : JSON.stringify(answer)) };
    }) as never,
    ...over,
  } as FrontDoorNeeds;
  const door = createRestApis(needs);
  let made = 0;
  afterAll(async () => {
    await store.close();
    clock.stop();
    wall.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  return {
    needs, store, clock, wall, calls, entries, series, logged,
    answerCalls(answer: OnCall): void {
      calls.length = 0;
      onCall = answer;
    },
    /** Its id; it is served at the stage `prod`. */
    async api({ paths, api = {}, authorizers = [], models = [], validators = [], gatewayResponses = [], stage = {}, canary }: Api): Promise<string> {
      const apiId = `api${String(made++).padStart(7, "0")}`;
      const snapshot = (from: Paths): RestApiSnapshot => ({ api: { name: apiId, ...api }, resources: resourcesOf(from), authorizers, models, validators, gatewayResponses });
      await store.run(function* () {
        yield* saveApi({ apiId, account: ACCOUNT, region: REGION, kind: "REST", createdAt: 0, body: { name: apiId, ...api } });
        yield* savePart(apiId, "deployment", "dep001", { id: "dep001", createdAt: 0, snapshot: snapshot(paths) });
        if (canary !== undefined) yield* savePart(apiId, "deployment", "dep002", { id: "dep002", createdAt: 0, snapshot: snapshot(canary) });
        yield* savePart(apiId, "stage", "prod", { stageName: "prod", deploymentId: "dep001", createdAt: 0, lastUpdatedAt: 0, ...stage });
      });
      return apiId;
    },
    async ask(apiId: string, asked: Asked = {}): Promise<Answered> {
      const request = requestOf(asked);
      const { status, headers, body } = await door({ request, api: { apiId, account: ACCOUNT, region: REGION, kind: "REST" }, path: request.path, domainName: asked.domainName ?? `${apiId}.execute-api.localhost:4566`, ...(asked.mapping === undefined ? {} : { mapping: asked.mapping }) });
      const bytes = await gather(body);
      return { status, headers, body: bytes, text: bytes.toString(), json: parse(bytes.toString()) };
    },
  };
};
