import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadServiceModel } from "../src/protocol/models.ts";
import { loadServices, renderCoverage } from "../tools/coverage.ts";

const services = await loadServices();

describe.each(Object.entries(services))("the tables of %s", (name, { handlers, permissions }) => {
  it("say for every handler what it must be allowed, and for nothing else", () => {
    expect(Object.keys(permissions).toSorted()).toEqual(Object.keys(handlers).toSorted());
  });
  it("name operations that the service has", () => {
    const { operations } = loadServiceModel(name);
    expect(Object.keys(handlers).filter((operation) => !operations.has(operation))).toEqual([]);
    expect(Object.keys(handlers).length).toBeGreaterThan(0);
  });
});

it("docs/coverage.md is what the tables say (node tools/coverage.ts renews it)", () => {
  expect(readFileSync(new URL("../docs/coverage.md", import.meta.url), "utf8")).toBe(renderCoverage(services));
});
