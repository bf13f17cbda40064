import {
  CreateApiKeyCommand, CreateDeploymentCommand, CreateUsagePlanCommand, CreateUsagePlanKeyCommand, DeleteApiKeyCommand, DeleteStageCommand, DeleteUsagePlanCommand, DeleteUsagePlanKeyCommand, GetApiKeyCommand, GetApiKeysCommand, GetUsageCommand,
  GetUsagePlanCommand, GetUsagePlanKeyCommand, GetUsagePlanKeysCommand, GetUsagePlansCommand, ImportApiKeysCommand, UpdateApiKeyCommand, UpdateUsageCommand, UpdateUsagePlanCommand,
} from "@aws-sdk/client-api-gateway";
import { describe, expect, it } from "vitest";
import { countUse, dayOf, periodStart, remainingOn } from "../../src/plumber/apis/usage.ts";
import { findServedApiKey } from "../../src/plumber/apis/usage-plans.ts";
import { add, PLACE, refusal, remove, replace, useRestApis } from "./support.ts";

const on = useRestApis();

const stage = async () => {
  const { restApiId, rootId } = await on.make();
  await on.mock({ restApiId, resourceId: rootId });
  await on.api.send(new CreateDeploymentCommand({ restApiId, stageName: "live" }));
  return { apiId: restApiId, stage: "live" };
};

describe("API keys", () => {
  it("tell their value when they are made, and afterwards when it is asked for", async () => {
    const { $metadata: _metadata, ...made } = await on.api.send(new CreateApiKeyCommand({ name: "client", enabled: true, tags: { a: "1" } }));
    expect(made).toEqual({ id: expect.stringMatching(/^[a-z0-9]{10}$/), value: expect.stringMatching(/^[a-zA-Z0-9]{40}$/), name: "client", enabled: true, createdDate: expect.any(Date), lastUpdatedDate: expect.any(Date), stageKeys: [], tags: { a: "1" } });
    expect((await on.api.send(new GetApiKeyCommand({ apiKey: made.id }))).value).toBeUndefined();
    expect((await on.api.send(new GetApiKeyCommand({ apiKey: made.id, includeValue: true }))).value).toBe(made.value);
    const listed = await on.api.send(new GetApiKeysCommand({ nameQuery: "cli", includeValues: true }));
    expect(listed.items!.map(({ value }) => value)).toEqual([made.value]);
    expect(await on.api.send(new UpdateApiKeyCommand({ apiKey: made.id, patchOperations: [replace("/enabled", "false"), replace("/description", "x")] }))).toMatchObject({ enabled: false, description: "x" });
    expect(await refusal(on.api.send(new UpdateApiKeyCommand({ apiKey: made.id, patchOperations: [replace("/value", "x")] })))).toMatch(/^BadRequestException: Invalid patch path/);
    expect(await refusal(on.api.send(new CreateApiKeyCommand({ value: made.value })))).toBe("ConflictException: API Key already exists");
    expect(await refusal(on.api.send(new CreateApiKeyCommand({ value: "short" })))).toBe("BadRequestException: API Key value should be at least 20 characters");
    await on.api.send(new DeleteApiKeyCommand({ apiKey: made.id }));
    expect(await refusal(on.api.send(new GetApiKeyCommand({ apiKey: made.id })))).toBe("NotFoundException: Invalid API Key identifier specified");
    await on.api.send(new CreateApiKeyCommand({ value: made.value }));
  });

  it("are imported from a file", async () => {
    const plan = await on.api.send(new CreateUsagePlanCommand({ name: "imported" }));
    const body = Buffer.from(`Name,key,description,Enabled,usageplanIds\none,${"a".repeat(20)},"the first, of two",TRUE,"${plan.id}"\ntwo,${"b".repeat(20)},,,nosuch\n`);
    const { ids, warnings } = await on.api.send(new ImportApiKeysCommand({ format: "csv", body }));
    expect([ids!.length, warnings]).toEqual([2, ["Usage plan nosuch does not exist"]]);
    expect(await on.api.send(new GetApiKeyCommand({ apiKey: ids![0], includeValue: true }))).toMatchObject({ name: "one", value: "a".repeat(20), description: "the first, of two", enabled: true });
    expect((await on.api.send(new GetUsagePlanKeysCommand({ usagePlanId: plan.id }))).items!.map(({ name }) => name)).toEqual(["one"]);
    expect(await refusal(on.api.send(new ImportApiKeysCommand({ format: "csv", body, failOnWarnings: true })))).toMatch(/^BadRequestException: Warnings found during import/);
  });
});

describe("usage plans", () => {
  it("are of stages that are there, and are patched", async () => {
    const [one, other] = [await stage(), await stage()];
    expect(await refusal(on.api.send(new CreateUsagePlanCommand({ name: "basic", apiStages: [{ apiId: one.apiId, stage: "none" }] })))).toBe(`NotFoundException: API Stage not found: ${one.apiId}:none`);
    expect(await refusal(on.api.send(new CreateUsagePlanCommand({ name: "basic", apiStages: [{ ...one, throttle: { badkey: { rateLimit: 1 } } }] })))).toBe("BadRequestException: Invalid method {resourcePath: badkey,method: } specified");
    expect(await refusal(on.api.send(new CreateUsagePlanCommand({ name: "basic", quota: { limit: 1, period: undefined } })))).toBe("BadRequestException: Invalid Usage Plan quota period specified. Must be one of [DAY, WEEK, MONTH]");
    const { $metadata: _metadata, ...plan } = await on.api.send(new CreateUsagePlanCommand({ name: "basic", apiStages: [one], throttle: { rateLimit: 1.5, burstLimit: 2 }, quota: { limit: 10, period: "MONTH" } }));
    expect(plan).toEqual({ id: expect.stringMatching(/^[a-z0-9]{6}$/), name: "basic", apiStages: [one], throttle: { rateLimit: 1.5, burstLimit: 2 }, quota: { limit: 10, offset: 0, period: "MONTH" }, tags: {} });
    const patch = (...patchOperations: ReturnType<typeof add>[]) => on.api.send(new UpdateUsagePlanCommand({ usagePlanId: plan.id, patchOperations }));
    const name = `${other.apiId}:live`;
    const told = await patch(
      add("/apiStages", name), add(`/apiStages/${name}/throttle/~1pets~1GET/rateLimit`, "3"), replace(`/apiStages/${name}/throttle//dogs/GET/burstLimit`, "4"), replace("/throttle/rateLimit", "9"), replace("/quota/period", "WEEK"), replace("/quota/offset", "6"),
      replace("/productCode", "x"),
    );
    expect(told).toMatchObject({
      apiStages: [one, { ...other, throttle: { "/pets/GET": { rateLimit: 3 }, "/dogs/GET": { burstLimit: 4 } } }], throttle: { rateLimit: 9, burstLimit: 2 }, quota: { limit: 10, offset: 6, period: "WEEK" }, productCode: "x",
    });
    expect(await refusal(patch(replace("/quota/offset", "7")))).toBe("BadRequestException: Usage Plan quota offset must be between 0 and 6 inclusive in the WEEK period");
    expect(await refusal(patch(replace("/quota/limit", "0")))).toBe("BadRequestException: Usage Plan quota limit must be a non-negative numeric");
    expect(await refusal(patch(add("/apiStages", name)))).toMatch(/^ConflictException/);
    expect(await refusal(patch(add(`/apiStages/${name}/throttle/__proto__/rateLimit`, "5")))).toBe("BadRequestException: Invalid method {resourcePath: __proto__,method: } specified");
    expect(({} as { rateLimit?: unknown }).rateLimit).toBeUndefined();
    expect(await refusal(on.api.send(new DeleteUsagePlanCommand({ usagePlanId: plan.id })))).toMatch(/^BadRequestException/);
    await on.api.send(new DeleteStageCommand({ restApiId: other.apiId, stageName: "live" }));
    const less = await patch(remove("/apiStages", `${one.apiId}:live`), remove("/throttle"), remove("/quota"));
    expect([less.apiStages, less.throttle, less.quota]).toEqual([[], undefined, undefined]);
    await on.api.send(new DeleteUsagePlanCommand({ usagePlanId: plan.id }));
    expect(await refusal(on.api.send(new GetUsagePlanCommand({ usagePlanId: plan.id })))).toBe("NotFoundException: Invalid Usage Plan ID specified");
  });

  it("have keys, each in one plan for a stage", async () => {
    const served = await stage();
    const [plan, second] = [await on.api.send(new CreateUsagePlanCommand({ name: "a", apiStages: [served] })), await on.api.send(new CreateUsagePlanCommand({ name: "b", apiStages: [served] }))];
    const key = await on.api.send(new CreateApiKeyCommand({ name: "client", enabled: true }));
    const named = { usagePlanId: plan.id, keyId: key.id };
    expect(await on.api.send(new CreateUsagePlanKeyCommand({ ...named, keyType: "API_KEY" }))).toMatchObject({ id: key.id, type: "API_KEY", value: key.value, name: "client" });
    expect(await refusal(on.api.send(new CreateUsagePlanKeyCommand({ ...named, keyType: "API_KEY" })))).toBe("ConflictException: Usage Plan Key already exists");
    expect(await refusal(on.api.send(new CreateUsagePlanKeyCommand({ ...named, usagePlanId: second.id, keyType: "API_KEY" })))).toMatch(/^ConflictException: API Key .* cannot be added/);
    expect((await on.api.send(new GetUsagePlansCommand({ keyId: key.id }))).items!.map(({ id }) => id)).toEqual([plan.id]);
    expect((await on.run(() => findServedApiKey(PLACE, key.value!)))!.plans.map(({ id }) => id)).toEqual([plan.id]);
    await on.api.send(new DeleteUsagePlanKeyCommand(named));
    expect(await refusal(on.api.send(new GetUsagePlanKeyCommand(named)))).toBe("NotFoundException: Invalid API Key identifier specified");
    expect((await on.run(() => findServedApiKey(PLACE, key.value!)))!.plans).toEqual([]);
  });

  it("tell what was used, and what that leaves", async () => {
    const plan = await on.api.send(new CreateUsagePlanCommand({ name: "counted", quota: { limit: 10, period: "DAY" } }));
    const key = await on.api.send(new CreateApiKeyCommand({}));
    await on.api.send(new CreateUsagePlanKeyCommand({ usagePlanId: plan.id, keyId: key.id, keyType: "API_KEY" }));
    const today = dayOf(Date.now());
    const yesterday = dayOf(Date.now() - 86_400_000);
    const use = { ...PLACE, planId: plan.id!, keyId: key.id! };
    await on.run(function* () {
      yield* countUse(use, yesterday, 4);
      yield* countUse(use, today, 5);
      yield* countUse(use, today, 2);
    });
    const usage = () => on.api.send(new GetUsageCommand({ usagePlanId: plan.id, startDate: yesterday, endDate: today }));
    expect(await usage()).toMatchObject({ usagePlanId: plan.id, startDate: yesterday, endDate: today, items: { [key.id!]: [[4, 6], [7, 3]] } });
    expect((await on.api.send(new UpdateUsageCommand({ usagePlanId: plan.id, keyId: key.id, patchOperations: [replace("/remaining", "20")] }))).items).toEqual({ [key.id!]: [[7, 20]] });
    await on.run(() => countUse(use, today, 1));
    expect((await usage()).items).toEqual({ [key.id!]: [[4, 6], [8, 19]] });
    expect(await refusal(on.api.send(new UpdateUsageCommand({ usagePlanId: plan.id, keyId: key.id, patchOperations: [add("/remaining", "1")] })))).toBe("BadRequestException: Invalid patch path  '/remaining' specified for op 'add'. Must be one of: []");
    expect(await refusal(on.api.send(new GetUsageCommand({ usagePlanId: plan.id, startDate: today, endDate: "yesterday" })))).toMatch(/^BadRequestException/);
  });

  it("count by days, weeks and months that begin where the offset says", async () => {
    const sunday = Date.UTC(2026, 10, 29, 5);
    expect(periodStart({ period: "DAY" }, sunday)).toBe("2026-11-29");
    expect(periodStart({ period: "WEEK", offset: 0 }, sunday)).toBe("2026-11-29");
    expect(periodStart({ period: "WEEK", offset: 1 }, sunday)).toBe("2026-11-23");
    expect(periodStart({ period: "MONTH", offset: 0 }, sunday)).toBe("2026-11-01");
    expect(periodStart({ period: "MONTH", offset: 27 }, Date.UTC(2026, 0, 3))).toBe("2025-12-28");
    const use = { ...PLACE, planId: "plan", keyId: "key" };
    await on.run(function* () {
      yield* countUse(use, "2026-11-23", 3);
      yield* countUse(use, "2026-11-29", 4);
    });
    expect(await on.run(() => remainingOn(use, { limit: 5, period: "WEEK", offset: 1 }, "2026-11-23", "2026-11-23"))).toBe(2);
    expect(await on.run(() => remainingOn(use, { limit: 5, period: "WEEK", offset: 1 }, "2026-11-23", "2026-11-29"))).toBe(0);
  });
});
