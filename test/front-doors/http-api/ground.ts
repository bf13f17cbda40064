import { join } from "node:path";
import type { Authorizer, Integration, Route } from "@aws-sdk/client-apigatewayv2";
import { onTestFinished } from "vitest";
import type { LogBatch } from "../../../src/executor/executor.ts";
import { createFrontDoors } from "../../../src/gateway/front-doors/front-doors.ts";
import { createGateway } from "../../../src/gateway/server.ts";
import type { Call, CallOptions } from "../../../src/kit/call.ts";
import { createClock } from "../../../src/kit/clock.ts";
import type { LedgerEntry } from "../../../src/kit/ledger.ts";
import { silentLog } from "../../../src/kit/log.ts";
import type { Metric } from "../../../src/kit/metrics.ts";
import { systemRandom } from "../../../src/kit/random.ts";
import type { HttpApiBody, StoredStage } from "../../../src/plumber/apis/http-api.ts";
import { saveApi, saveItem, savePart } from "../../../src/plumber/apis/rows.ts";
import { DOMAIN, MAPPING, mappingItemId, type StoredDomainName, type StoredMapping } from "../../../src/plumber/apis/domain-names.ts";
import { createIdentities } from "../../../src/services/iam/identities.ts";
import { ACCOUNT } from "../../support/context.ts";
import { openState } from "../../support/store.ts";
import { temporaryDirectory } from "../../support/temporary.ts";
import { ask, type Asked, type FrontDoorAnswer } from "../ask.ts";

export const REGION = "us-east-1";
const AT = { account: ACCOUNT, region: REGION };
export const functionArn = (name: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;

/** What stands behind the call: it gives what the function returns, throws a refusal, or gives a whole answer of Invoke under `answer`. */
export type Behind = (event: Record<string, unknown>, about: { name: string; options: CallOptions }) => unknown;

/** An API by its parts. */
export interface ApiParts {
  apiId?: string;
  api?: Partial<HttpApiBody>;
  integrations?: Record<string, Integration>;
  /** Of one integration where it is not said otherwise. */
  routes?: Record<string, Partial<Route>>;
  authorizers?: Record<string, Authorizer>;
  stages?: Record<string, Partial<StoredStage>>;
  /** What else there is, by its kind and its id. */
  others?: readonly (readonly [kind: string, id: string, body: object])[];
}

export const lambdaIntegration = (over: Integration = {}): Integration => ({ IntegrationType: "AWS_PROXY", IntegrationMethod: "POST", IntegrationUri: functionArn("f"), PayloadFormatVersion: "2.0", ...over });

/** The gateway with its front doors and a store; where Lambda, IAM's roles and the logs would be, there is the test. */
export const openHttpApis = async ({ behind = (event) => ({ event }), services = {} }: { behind?: Behind; services?: Record<string, (input: never, options: CallOptions) => unknown> } = {}) => {
  const clock = createClock();
  const wall = createClock();
  const store = openState(join(temporaryDirectory(), "state.db"));
  const sessionKey = systemRandom.bytes(32);
  const invocations: { name: string; event: Record<string, unknown>; options: CallOptions }[] = [];
  const entries: LedgerEntry[] = [];
  const lines: LogBatch[] = [];
  let logRoom: Promise<void> | undefined;
  const counted: { name: string; dimensions: Metric["dimensions"]; value: number }[] = [];

  const invoke = async ({ FunctionName, Payload }: { FunctionName: string; Payload: Uint8Array }, options: CallOptions) => {
    const event = JSON.parse(Buffer.from(Payload).toString()) as Record<string, unknown>;
    const name = FunctionName.slice(FunctionName.indexOf(":function:") + ":function:".length);
    invocations.push({ name, event, options });
    const given = await behind(event, { name, options });
    if (typeof given === "object" && given !== null && "answer" in given) return given.answer;
    return { StatusCode: 200, ...(given === undefined ? { Payload: Buffer.from("null") } : { Payload: Buffer.from(JSON.stringify(given)) }) };
  };
  const call = (async (service: string, operation: string, input: never, options: CallOptions) => {
    const own = services[`${service}.${operation}`];
    if (own !== undefined) return own(input, options);
    if (operation === "Invoke") return invoke(input, options);
    throw new Error(`nobody answers ${service}.${operation}`);
  }) as unknown as Call;
  const needs = {
    services: {}, identities: createIdentities({ store, clock, sessionKey }), clock, wall, random: systemRandom, ledger: { record: (entry: LedgerEntry) => void entries.push(entry) } as never, log: silentLog, sessionKey,
    settings: { iam: "enforce" as const, anyCredentials: false, allowedHosts: [], defaultRegion: REGION },
  };
  const frontDoors = createFrontDoors({
    ...needs, store, call,
    metrics: { series: ({ name, dimensions }: Metric) => ({ add: (value: number) => void counted.push({ name, dimensions, value }) }), record: () => undefined, flush: async () => {} },
    logs: {
      write(batch: LogBatch) {
        lines.push(batch);
        return logRoom;
      },
      forget() {}, flush: async () => {},
    },
  });
  const gateway = createGateway({ ...needs, frontDoors, platform: { health: () => Promise.resolve({ services: {}, version: "test" }) } as never });
  const { endpoint } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    await gateway.close(0);
    await store.close();
    clock.stop();
    wall.stop();
  });

  const save = async ({ apiId = "a1b2c3d4e5", api = {}, integrations = { main: lambdaIntegration() }, routes = { $default: {} }, authorizers = {}, stages = { $default: {} }, others = [] }: ApiParts): Promise<string> => {
    await store.run(function* () {
      yield* saveApi<HttpApiBody>({ apiId, ...AT, kind: api.ProtocolType ?? "HTTP", createdAt: 0, body: { Name: "api", ProtocolType: "HTTP", RouteSelectionExpression: "$request.method $request.path", ...api } });
      for (const [id, integration] of Object.entries(integrations)) yield* savePart(apiId, "integration", id, { IntegrationId: id, ...integration });
      for (const [id, authorizer] of Object.entries(authorizers)) yield* savePart(apiId, "authorizer", id, { AuthorizerId: id, ...authorizer });
      for (const [RouteKey, route] of Object.entries(routes)) yield* savePart(apiId, "route", `r-${RouteKey}`, { RouteId: `r-${RouteKey}`, RouteKey, Target: "integrations/main", ...route });
      for (const [kind, id, body] of others) yield* savePart(apiId, kind, id, body);
      yield* savePart(apiId, "deployment", "d", { DeploymentId: "d", createdAt: 0 });
      for (const [StageName, stage] of Object.entries(stages)) yield* savePart(apiId, "stage", StageName, { StageName, AutoDeploy: true, DeploymentId: "d", createdAt: 0, lastUpdatedAt: 0, ...stage });
    });
    return apiId;
  };
  const host = (apiId = "a1b2c3d4e5") => `${apiId}.execute-api.${REGION}.localhost:${new URL(endpoint).port}`;
  return {
    endpoint, store, clock, wall, invocations, entries, lines, counted, save, host,
    ask: (asked: Asked = {}, apiId?: string): Promise<FrontDoorAnswer> => ask(endpoint, host(apiId), asked),
    /** What the function was given by this request. */
    async event(asked: Asked = {}): Promise<Record<string, unknown> & { requestContext: Record<string, unknown>; headers: Record<string, string> }> {
      await ask(endpoint, host(), asked);
      return invocations.at(-1)!.event as never;
    },
    /** Ends what is open, as the server's end does. */
    closeDoors: () => frontDoors.close(),
    /** What the log has no room for until the promise is kept. */
    fill: (room: Promise<void> | undefined) => void (logRoom = room),
    domain: (name: string, mapping: Pick<StoredMapping, "basePath" | "apiId" | "stage">) =>
      store.run(function* () {
        yield* saveItem(AT, DOMAIN, name, { name, endpointType: "REGIONAL", ipAddressType: "ipv4", securityPolicy: "TLS_1_2", tags: {}, createdAt: 0 } satisfies StoredDomainName);
        const stored: StoredMapping = { mappingId: "m", domainName: name, ...mapping };
        yield* saveItem(AT, MAPPING, mappingItemId(stored), stored);
      }),
  };
};

export type HttpApis = Awaited<ReturnType<typeof openHttpApis>>;
