import type { FileMember, FileOperation, FileShape, ModelFile, SimpleKind } from "../src/protocol/model-file.ts";
import type { TimestampFormat, Traits } from "../src/protocol/schema.ts";
import { constraintsOf, type DescribedShape, type ServiceDescription } from "./models-constraints.ts";

/** A schema of the SDK: `[kind, namespace, name, traits, …]`; a reference may be one, its number, or a function that gives one. */
type Schema = readonly [kind: number, namespace: string, name: string, traits: unknown, ...rest: readonly unknown[]];
interface Resolved { schema: Schema | number | "unit"; traits: Traits }

const STRUCTURE = 3;
const UNION = 4;
const ERROR = -3;
const OPERATION = 9;

const SIMPLE_KINDS: Record<number, [SimpleKind, Traits?]> = {
  0: ["string"], 1: ["number"], 2: ["boolean"], 15: ["document"], 17: ["bigint"], 19: ["bigdecimal"], 21: ["blob"],
  42: ["blob", { streaming: true }],
  4: ["timestamp"], 5: ["timestamp", timestamp("date-time")], 6: ["timestamp", timestamp("http-date")], 7: ["timestamp", timestamp("epoch-seconds")],
};
const LIST_OF = 64;
const MAP_OF = 128;
const TRAIT_BITS = { 1: "httpLabel", 4: "idempotencyToken", 8: "sensitive", 16: "httpPayload", 32: "httpResponseCode", 64: "httpQueryParams" } as const;
/** Of no use to a server. */
const CLIENT_TRAITS = new Set(["httpChecksum", "hostLabel", "endpoint", "idempotent", "http"]);

/** One model out of an SDK package's exports; `described` adds what only the service's description knows. */
export function createModelFile(exports: Record<string, unknown>, described: ServiceDescription): ModelFile {
  const schemas = Object.entries(exports).filter(([key]) => key.endsWith("$")).map(([, schema]) => schema as Schema).filter(Array.isArray);
  const walk = createWalk(described);
  const errors: Record<string, number> = {};
  for (const schema of sorted(schemas.filter((s) => s[0] === ERROR && !s[1].startsWith("smithy.ts")))) {
    errors[schema[2]] = walk.shape(schema, described.shapes[schema[2]]);
  }
  const operations: Record<string, FileOperation> = {};
  for (const schema of sorted(schemas.filter((s) => s[0] === OPERATION))) {
    const known = described.operations[schema[2]];
    const side = (ref: unknown, name: string | undefined) => walk.shape(ref, name === undefined ? undefined : described.shapes[name]);
    const http = (schema[3] as { http?: [string, string, number] } | 0) || {};
    const modelled = (known?.errors ?? []).map((e) => errors[e.shape]).filter((e) => e !== undefined);
    operations[schema[2]] = [
      side(schema[4], known?.input?.shape), side(schema[5], known?.output?.shape),
      http.http === undefined ? 0 : [http.http[0], http.http[1].replace(/[?&]x-id=\w+$/, ""), http.http[2]],
      modelled.sort((a, b) => a - b),
    ];
  }
  return { operations, errors, shapes: walk.shapes };
}

const sorted = (schemas: Schema[]) => schemas.toSorted((a, b) => (a[2] < b[2] ? -1 : 1));

function createWalk(described: ServiceDescription) {
  const shapes: FileShape[] = [];
  const structures = new Map<Schema, number>();
  const others = new Map<string, number>();

  const describe = (ref: { shape: string } | undefined) => (ref === undefined ? undefined : { name: ref.shape, ...described.shapes[ref.shape] as DescribedShape });

  /** Equal simple shapes, lists and maps are one. */
  const add = (shape: FileShape) => {
    const key = JSON.stringify(shape);
    const known = others.get(key);
    if (known !== undefined) return known;
    others.set(key, shapes.push(shape) - 1);
    return shapes.length - 1;
  };

  const member = (name: string, ref: unknown, from: { shape: string } | undefined): FileMember => {
    const { schema, traits } = resolve(ref);
    const index = visit(schema, describe(from));
    return Object.keys(traits).length === 0 ? [name, index] : [name, index, traits];
  };

  const structure = (schema: Schema, from: DescribedShape | undefined) => {
    const known = structures.get(schema);
    if (known !== undefined) return known;
    const [kind, , name, traits, names, refs, requiredCount] = schema as [number, string, string, unknown, string[], unknown[], number?];
    const index = shapes.push(["string", ""]) - 1;
    structures.set(schema, index);
    const members = names.map((memberName, i) => member(memberName, refs[i], from?.members?.[memberName]));
    shapes[index] = [kind === UNION ? "union" : "structure", name, orZero(readTraits(traits)), requiredCount ?? 0, ...members];
    return index;
  };

  const visit = (schema: Schema | number | "unit", from: (DescribedShape & { name?: string }) | undefined): number => {
    if (schema === "unit") return -1;
    if (typeof schema === "number") return visitSentinel(schema, from, {});
    const [kind, , name, traits, ...rest] = schema;
    if (kind === STRUCTURE || kind === UNION || kind === ERROR) return structure(schema, from);
    if (kind === 0) return visitSentinel(rest[0] as number, from, readTraits(traits));
    const own = orZero({ ...constraintsOf(from), ...readTraits(traits) });
    if (kind === 1) return add(["list", from?.name ?? name, own, member("member", rest[0], from?.member)]);
    if (kind === 2) return add(["map", from?.name ?? name, own, member("key", rest[0], from?.key), member("value", rest[1], from?.value)]);
    throw new Error(`the SDK has a new kind of schema: ${kind} (${name})`);
  };

  const visitSentinel = (sentinel: number, from: (DescribedShape & { name?: string }) | undefined, traits: Traits): number => {
    const simple = SIMPLE_KINDS[sentinel];
    if (simple !== undefined) {
      const all = { ...constraintsOf(from), ...simple[1], ...traits };
      const name = from?.name ?? simple[0];
      return add(Object.keys(all).length === 0 ? [simple[0], simple[0]] : [simple[0], name, all]);
    }
    const own = orZero({ ...constraintsOf(from), ...traits });
    if (sentinel >= MAP_OF) {
      return add(["map", from?.name ?? "Map", own, member("key", 0, from?.key), member("value", sentinel - MAP_OF, from?.value)]);
    }
    if (sentinel >= LIST_OF) return add(["list", from?.name ?? "List", own, member("member", sentinel - LIST_OF, from?.member)]);
    throw new Error(`the SDK has a new kind of schema: ${sentinel}`);
  };

  return { shapes, shape: (ref: unknown, from: DescribedShape | undefined) => visit(resolve(ref).schema, from) };
}

/** Follows functions and `[reference, traits]` wrappers. */
function resolve(ref: unknown): Resolved {
  if (typeof ref === "function") return resolve((ref as () => unknown)());
  if (typeof ref === "number" || ref === "unit") return { schema: ref, traits: {} };
  const schema = ref as readonly unknown[];
  if (typeof schema[1] === "string") return { schema: schema as Schema, traits: {} };
  const inner = resolve(schema[0]);
  return { schema: inner.schema, traits: { ...inner.traits, ...readTraits(schema[1]) } };
}

function readTraits(value: unknown): Traits {
  const traits: Record<string, unknown> = {};
  if (typeof value === "number") {
    for (const [bit, name] of Object.entries(TRAIT_BITS)) if ((value & Number(bit)) !== 0) traits[name] = true;
    return traits;
  }
  for (const [name, content] of Object.entries(value as Record<string, unknown>)) {
    if (!CLIENT_TRAITS.has(name)) traits[name] = content === 1 && name !== "httpError" ? true : content;
  }
  return traits;
}

function timestamp(timestampFormat: TimestampFormat): Traits {
  return { timestampFormat };
}

const orZero = (traits: Traits): Traits | 0 => (Object.keys(traits).length === 0 ? 0 : traits);
