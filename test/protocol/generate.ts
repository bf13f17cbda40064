import type { Member, Shape } from "../../src/protocol/schema.ts";

const DEPTH_MAX = 4;
const TIME = new Date(1_700_000_000_000);

/** A value for every member that a shape has, or for those alone that it cannot do without. */
export const generate = (shape: Shape, only: "all" | "required", depth = 0): unknown => {
  switch (shape.kind) {
    case "string":
      return shape.traits.enum?.[0] ?? "a-text";
    case "number":
      return shape.traits.numberType === "float" || shape.traits.numberType === "double" ? 1.5 : 7;
    case "boolean":
      return true;
    case "bigint":
    case "bigdecimal":
      return 7;
    case "blob":
      return Buffer.from("some bytes \u00e9");
    case "timestamp":
      return TIME;
    case "document":
      return { a: [1, "b"] };
    case "list":
      return depth > DEPTH_MAX ? [] : [valueOf(shape.value!, only, depth)];
    case "map":
      return depth > DEPTH_MAX ? {} : { [(generate(shape.key!.shape, only, depth) as string) ?? "key"]: valueOf(shape.value!, only, depth) };
    case "unit":
      return {};
    case "union":
      return Object.fromEntries(shape.members.slice(0, 1).map((member) => [member.name, valueOf(member, only, depth)]));
    case "structure": {
      const wanted = shape.members.filter((member) => member.isRequired || (only === "all" && depth <= DEPTH_MAX));
      return Object.fromEntries(wanted.map((member) => [member.name, valueOf(member, only, depth)]));
    }
  }
};

const valueOf = ({ shape, traits }: Member, only: "all" | "required", depth: number): unknown => (traits.enum !== undefined && shape.kind === "string" ? traits.enum[0] : generate(shape, only, depth + 1));

/** Values as JSON, so that both sides of a wire can be compared. What is empty is as good as absent. */
export const comparable = (value: unknown): unknown => {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Date) return `time ${Math.floor(value.getTime() / 1000)}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("base64")}`;
  if (typeof value === "object" && "bytes" in value && "type" in value) return comparable(Number(String(value)));
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object") return value;
  const entries = Object.entries(value).flatMap(([key, content]) => {
    const compared = comparable(content);
    return key === "$metadata" || isEmpty(compared) ? [] : [[key, compared] as const];
  });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
};

const isEmpty = (value: unknown): boolean => value === undefined || value === "bytes " || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
