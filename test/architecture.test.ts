import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");

/** Lower layers first; a file imports its own folder and what stands above it in this list. */
const LAYERS: readonly (readonly string[])[] = [
  ["kit"],
  ["store", "blob", "sandbox"],
  ["protocol", "iam", "patterns"],
  ["executor"],
  ["scheduler"],
  ["plumber"],
  ["services"],
  ["gateway"],
  ["main.ts", "platform-api.ts", "platform-time.ts", "session-key.ts", "cli"],
];

const files = readdirSync(SRC, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => relative(SRC, join(entry.parentPath, entry.name)));

const layerOf = (file: string): number => {
  const layer = LAYERS.findIndex((folders) => folders.includes(file.split("/")[0]!));
  if (layer < 0) throw new Error(`${file} stands in no layer`);
  return layer;
};

/** The folder that a file may import from without asking: `services/lambda`, not `services`. */
const roomOf = (file: string): string => {
  const parts = file.split("/");
  return parts[0] === "services" ? parts.slice(0, -1).slice(0, 2).join("/") : parts[0]!;
};

const IMPORT = /(?:from\s+|import\s*\(?\s*)"(\.[^"]+)"/g;

const importsOf = (file: string): string[] =>
  [...readFileSync(join(SRC, file), "utf8").matchAll(IMPORT)].map((match) => relative(SRC, resolve(SRC, dirname(file), match[1]!)));

const mayImport = (from: string, to: string): boolean => {
  if (roomOf(from) === roomOf(to)) return true;
  if (layerOf(from) === LAYERS.length - 1 && layerOf(to) === LAYERS.length - 1) return true;
  if (["services/index.ts", "services/engines.ts"].includes(from)) return to.startsWith("services/") || layerOf(to) < layerOf(from);
  if (to === "services/service.ts") return layerOf(from) >= layerOf(to);
  return layerOf(to) < layerOf(from);
};

/** Files that alone may touch a thing, by what the source text must not contain elsewhere. */
const ONLY_HERE: readonly { what: string; pattern: RegExp; where: RegExp }[] = [
  { what: "spawns processes", pattern: /"node:child_process"/, where: /^sandbox\// },
  { what: "opens databases", pattern: /"node:sqlite"/, where: /^store\// },
  { what: "reads time", pattern: /\bDate\.now\(|new Date\(\)/, where: /^kit\/clock\.ts$/ },
  { what: "sets timers", pattern: /(?<!\.)\bset(?:Timeout|Interval)\(/, where: /^kit\/clock\.ts$/ },
  { what: "draws randomness", pattern: /\bMath\.random\(|\brandom(?:Bytes|UUID|Int)\(/, where: /^kit\/random\.ts$/ },
  { what: "reads the environment", pattern: /\bprocess\.env\b/, where: /^cli\/config\.ts$/ },
];

describe("the tree", () => {
  it("has files to look at", () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.some((file) => importsOf(file).length > 0)).toBe(true);
  });

  it("imports its own folder and lower layers, nothing else", () => {
    const broken = files.flatMap((file) => importsOf(file).filter((to) => !mayImport(file, to)).map((to) => `${file} → ${to}`));
    expect(broken).toEqual([]);
  });

  it.each(ONLY_HERE)("$what in one place only", ({ pattern, where }) => {
    const elsewhere = files.filter((file) => !where.test(file) && pattern.test(readFileSync(join(SRC, file), "utf8")));
    expect(elsewhere).toEqual([]);
  });

  it("has no default exports and no `any`", () => {
    const broken = files.filter((file) => /export default|:\s*any\b|as any\b|<any>/.test(readFileSync(join(SRC, file), "utf8")));
    expect(broken).toEqual([]);
  });
});
