import { expect, test } from "vitest";
import type { UsagePlan } from "@aws-sdk/client-api-gateway";
import { grantRemaining, listUse } from "../../../src/plumber/apis/usage.ts";
import { API_KEY, API_KEY_VALUE, KEY_PLAN, PLAN_KEY, planKeyId, USAGE_PLAN } from "../../../src/plumber/apis/usage-plans.ts";
import { saveItem } from "../../../src/plumber/apis/rows.ts";
import { ACCOUNT } from "../../support/context.ts";
import { openRestApis, REGION } from "./ground.ts";

const ground = openRestApis();
const PLACE = { account: ACCOUNT, region: REGION };
const mock = { type: "MOCK" as const, requestTemplates: { "application/json": '{"statusCode": 200}' }, integrationResponses: { "200": { statusCode: "200", responseTemplates: { "application/json": "$context.identity.apiKeyId" } } } };

let made = 0;
const keyed = async (plan: Partial<UsagePlan>, { enabled = true, throttle = {} }: { enabled?: boolean; throttle?: object } = {}) => {
  const number = made++;
  const [keyId, planId, value] = [`key${number}`, `plan${number}`, `value-${number}`];
  const apiId = await ground.api({ paths: { "/a": { GET: { authorizationType: "NONE", apiKeyRequired: true, methodIntegration: mock } } } });
  await ground.store.run(function* () {
    yield* saveItem(PLACE, API_KEY, keyId, { id: keyId, value, enabled, createdAt: 0, lastUpdatedAt: 0 });
    yield* saveItem(PLACE, API_KEY_VALUE, value, keyId);
    yield* saveItem(PLACE, USAGE_PLAN, planId, { id: planId, apiStages: [{ apiId, stage: "prod", throttle }], ...plan });
    yield* saveItem(PLACE, PLAN_KEY, planKeyId(planId, keyId), keyId);
    yield* saveItem(PLACE, KEY_PLAN, planKeyId(keyId, planId), planId);
  });
  return { apiId, keyId, planId, ask: (key: string | undefined = value) => ground.ask(apiId, { path: "/prod/a", headers: [["x-api-key", key]] }) };
};

test("a key of a plan that has the stage opens it; none, a false one, one that is off do not", async () => {
  const { ask, keyId, apiId } = await keyed({});
  expect(await ask()).toMatchObject({ status: 200, text: keyId });
  expect(await ask("wrong")).toMatchObject({ status: 403, json: { message: "Forbidden" }, headers: { "x-amzn-errortype": "ForbiddenException" } });
  expect((await ground.ask(apiId, { path: "/prod/a" })).status).toBe(403);
  expect((await (await keyed({}, { enabled: false })).ask()).status).toBe(403);
  expect((await (await keyed({ apiStages: [] })).ask()).status).toBe(403);
});

test("a quota is counted, told, given more of, and begins anew", async () => {
  const { ask, keyId, planId } = await keyed({ quota: { limit: 2, period: "DAY" } });
  expect((await Promise.all([ask(), ask(), ask(), ask()])).map(({ status }) => status).toSorted()).toEqual([200, 200, 429, 429]);
  expect(await ask()).toMatchObject({ status: 429, json: { message: "Limit Exceeded" }, headers: { "x-amzn-errortype": "LimitExceededException" } });
  const use = { ...PLACE, planId, keyId };
  const day = new Date(ground.clock.now()).toISOString().slice(0, 10);
  await expect.poll(() => ground.store.read(() => listUse(PLACE, planId, keyId, day, day))).toEqual(new Map([[day, 2]]));
  await ground.store.run(() => grantRemaining(use, { limit: 2, period: "DAY" }, ground.clock.now(), 1));
  expect([(await ask()).status, (await ask()).status]).toEqual([200, 429]);
  await ground.clock.advance(24 * 60 * 60 * 1000);
  expect((await ask()).status).toBe(200);
});

test("a plan's rate is each key's, a method's its own, and time gives it back", async () => {
  const plain = await keyed({ throttle: { rateLimit: 1, burstLimit: 1 } });
  expect((await plain.ask()).status).toBe(200);
  expect(await plain.ask()).toMatchObject({ status: 429, json: { message: "Too Many Requests" }, headers: { "x-amzn-errortype": "TooManyRequestsException" } });
  await ground.clock.advance(1_000);
  expect((await plain.ask()).status).toBe(200);
  const ofMethod = await keyed({}, { throttle: { "/a/GET": { rateLimit: 1, burstLimit: 1 } } });
  expect([(await ofMethod.ask()).status, (await ofMethod.ask()).status]).toEqual([200, 429]);
});

test.each(["*/*", "a/GET", "~1a/GET", "/a/GET"])("a stage throttles what its setting %s names", async (path) => {
  const apiId = await ground.api({ paths: { "/a": { GET: { authorizationType: "NONE", methodIntegration: mock } } }, stage: { methodSettings: { [path]: { throttlingBurstLimit: 1, throttlingRateLimit: 0.001 } } } });
  expect([(await ground.ask(apiId, { path: "/prod/a" })).status, (await ground.ask(apiId, { path: "/prod/a" })).status]).toEqual([200, 429]);
});
