import { describe, expect, it } from "vitest";
import { PROVISIONED_INIT_TIMEOUT_MS } from "../../src/kit/limits/lambda.ts";
import { INIT_TIMEOUT_MS } from "../../src/kit/limits/runtime.ts";
import { eventually } from "../support/temporary.ts";
import { node } from "./ground.ts";

const INITIALIZATION_TYPE = { initializationType: "provisioned-concurrency" } as const;
const HANDLER = "export const handler = async (event, { tenantId }) => { console.log('hello'); return { type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE, tenantId }; };\n";
const SLOW = "console.log('loading');\nawait new Promise((resolve) => setTimeout(resolve, 600_000));\nexport const handler = async () => 1;\n";
const JSON_LOG = { logging: { group: "/aws/lambda/f", format: "JSON" as const } };

describe("a provisioned environment", () => {
  it("L3 always reports its INIT, and no INIT in the report of an invocation", async () => {
    const { environment, invoke, log } = await node(HANDLER, INITIALIZATION_TYPE);
    await environment.initialized;
    expect(environment.isInitialized).toBe(true);
    expect(log()).toEqual([expect.stringMatching(/^INIT_START /), expect.stringMatching(/^INIT_REPORT Init Duration: \d+\.\d\d ms\n$/)]);
    const report = await invoke({});
    expect(report).toMatchObject({ isColdStart: false, json: { type: "provisioned-concurrency" } });
    expect(report.initMs).toBeUndefined();
    expect(log().at(-1)).toMatch(/^REPORT (?!.*Init Duration)/);
  });

  it("L3 has 130 seconds for INIT, or the function's timeout if that is longer; one on demand ten", async () => {
    const times = [[INITIALIZATION_TYPE, PROVISIONED_INIT_TIMEOUT_MS], [{ ...INITIALIZATION_TYPE, timeoutSeconds: 200 }, 200_000], [{}, INIT_TIMEOUT_MS]] as const;
    for (const [options, timeoutMs] of times) {
      const { environment, wall, log } = await node(SLOW, options);
      let isOver = false;
      void environment.initialized.then(() => (isOver = true));
      await eventually("it loads", () => log().some((line) => line.includes("loading")));
      await wall.advance(timeoutMs - 5_000);
      expect(isOver).toBe(false);
      await wall.advance(6_000);
      await environment.initialized;
      expect(environment.isInitialized).toBe(false);
      expect(log().at(-1)).toMatch(/^INIT_REPORT Init Duration: .*Status: timeout/);
      await environment.stop();
    }
  });

  it("tells in JSON what kind it is", async () => {
    const { environment, log } = await node(HANDLER, { ...INITIALIZATION_TYPE, ...JSON_LOG });
    await environment.initialized;
    expect(log().map((line) => JSON.parse(line) as { type: string; record: Record<string, unknown> })).toMatchObject([
      { type: "platform.initStart", record: { initializationType: "provisioned-concurrency" } },
      { type: "platform.initReport", record: { initializationType: "provisioned-concurrency", phase: "init", status: "success" } },
    ]);
  });
});
