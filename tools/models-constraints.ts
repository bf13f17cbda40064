import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import yauzl from "yauzl";
import type { Traits } from "../src/protocol/schema.ts";
import { toJavaScriptPattern } from "./models-patterns.ts";

/** The release whose `service-2.json` files give the constraints. Apache-2.0; see NOTICE. */
export const BOTOCORE_VERSION = "1.44.5";

export interface ServiceDescription {
  operations: Record<string, { input?: { shape: string }; output?: { shape: string }; errors?: { shape: string }[] }>;
  shapes: Record<string, DescribedShape>;
}

export interface DescribedShape {
  type: string;
  min?: number;
  max?: number;
  pattern?: string;
  enum?: string[];
  sensitive?: boolean;
  members?: Record<string, { shape: string }>;
  member?: { shape: string };
  key?: { shape: string };
  value?: { shape: string };
}

/** `lambda/2015-03-31` → its description, out of the downloaded wheel. Needs `pip` on the PATH. */
export async function readDescriptions(paths: readonly string[]): Promise<Map<string, ServiceDescription>> {
  const directory = mkdtempSync(join(tmpdir(), "models-"));
  try {
    execFileSync("pip", ["download", `botocore==${BOTOCORE_VERSION}`, "--no-deps", "--quiet", "--dest", directory], { stdio: "inherit" });
    const [wheel] = readdirSync(directory);
    if (wheel === undefined) throw new Error("pip downloaded nothing");
    return await readWheel(join(directory, wheel), new Map(paths.map((path) => [`botocore/data/${path}/service-2.json.gz`, path])));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function readWheel(file: string, wanted: ReadonlyMap<string, string>): Promise<Map<string, ServiceDescription>> {
  const found = new Map<string, ServiceDescription>();
  const zip = await yauzl.openPromise(file);
  for await (const entry of zip.eachEntry()) {
    const path = wanted.get(entry.fileName);
    if (path === undefined) continue;
    const compressed = await buffer(await zip.openReadStreamPromise(entry));
    found.set(path, JSON.parse(gunzipSync(compressed).toString()) as ServiceDescription);
  }
  for (const path of wanted.values()) if (!found.has(path)) throw new Error(`botocore ${BOTOCORE_VERSION} has no ${path}`);
  return found;
}

const NUMBER_TYPES = ["integer", "long", "float", "double"] as const;

/** The constraints that a shape's description states, as our traits. */
export function constraintsOf(shape: DescribedShape | undefined): Traits {
  if (shape === undefined) return {};
  const traits: Traits = {};
  const numberType = NUMBER_TYPES.find((type) => type === shape.type);
  if (numberType !== undefined) traits.numberType = numberType;
  if (shape.min !== undefined || shape.max !== undefined) {
    const bounds = [shape.min ?? null, shape.max ?? null] as const;
    if (numberType !== undefined) traits.range = bounds;
    else if (bounds[0] !== 0 || bounds[1] !== null) traits.length = bounds;
  }
  if (shape.pattern !== undefined && shape.pattern !== ".*") {
    const regex = toJavaScriptPattern(shape.pattern);
    traits.pattern = shape.pattern;
    if (regex !== shape.pattern) traits.regex = regex;
  }
  if (shape.enum !== undefined) traits.enum = shape.enum;
  if (shape.sensitive === true) traits.sensitive = true;
  return traits;
}
