import { ApiError } from "../kit/api-error.ts";
import type { Member, Operation, ServiceModel, Shape } from "./schema.ts";

type Check = (value: unknown, path: string, broken: string[]) => void;

const VALUE_CHARACTERS_MAX = 1_000;

const checks = new WeakMap<Shape, Check>();

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

const shown = ({ shape, traits }: Pick<Member, "shape" | "traits">, value: unknown): string => {
  if (traits.sensitive === true || shape.traits.sensitive === true) return "Value ";
  const text = typeof value === "string" || typeof value === "number" ? String(value) : Array.isArray(value) ? `[${value.map(String).join(", ")}]` : JSON.stringify(value);
  return `Value '${text.slice(0, VALUE_CHARACTERS_MAX)}' `;
};

const sizeOf = (value: unknown): number | undefined => {
  if (typeof value === "string") return [...value].length;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null ? Object.keys(value).length : undefined;
};

/** One message per broken constraint of a value itself. */
const compileOwn = ({ shape, traits }: Pick<Member, "shape" | "traits">): ((value: unknown) => string[]) => {
  const { length, range, pattern } = traits;
  const regex = pattern === undefined ? undefined : compilePattern(traits.regex ?? pattern);
  const [least, most] = length ?? [null, null];
  const [low, high] = range ?? [null, null];
  const allowed = traits.enum === undefined ? undefined : new Set(traits.enum);
  return (value) => {
    const broken: string[] = [];
    const size = length === undefined ? undefined : sizeOf(value);
    if (size !== undefined && least !== null && size < least) broken.push(`Member must have length greater than or equal to ${least}`);
    if (size !== undefined && most !== null && size > most) broken.push(`Member must have length less than or equal to ${most}`);
    if (typeof value === "number" && low !== null && value < low) broken.push(`Member must have value greater than or equal to ${low}`);
    if (typeof value === "number" && high !== null && value > high) broken.push(`Member must have value less than or equal to ${high}`);
    if (allowed !== undefined && typeof value === "string" && !allowed.has(value)) broken.push(`Member must satisfy enum value set: [${[...allowed].join(", ")}]`);
    if (regex !== undefined && typeof value === "string" && shape.kind === "string" && !regex.test(value)) broken.push(`Member must satisfy regular expression pattern: ${pattern}`);
    return broken;
  };
};

/** A model's pattern means the whole value. Undefined when JavaScript cannot read it. */
const compilePattern = (source: string): RegExp | undefined => {
  for (const flags of ["us", "s"]) {
    try {
      return new RegExp(`^(?:${source})$`, flags);
    } catch {
      // Read without the flag.
    }
  }
  return undefined;
};

const compileMember = (member: Member): Check => {
  const own = compileOwn(member);
  let inner: Check | undefined;
  return (value, path, broken) => {
    if (value === undefined || value === null) {
      if (member.isRequired) broken.push(`Value null at '${path}' failed to satisfy constraint: Member must not be null`);
      return;
    }
    for (const message of own(value)) broken.push(`${shown(member, value)}at '${path}' failed to satisfy constraint: ${message}`);
    (inner ??= checkOf(member.shape))(value, path, broken);
  };
};

const nothing: Check = () => {};

function checkOf(shape: Shape): Check {
  let check = checks.get(shape);
  if (check === undefined) checks.set(shape, (check = compile(shape)));
  return check;
}

const compile = (shape: Shape): Check => {
  if (shape.kind === "structure" || shape.kind === "union") {
    const members = shape.members.map((member) => ({ name: member.name, wire: lowerFirst(member.name), check: compileMember(member) }));
    return (value, path, broken) => {
      const source = value as Record<string, unknown>;
      for (const { name, wire, check } of members) check(source[name], path === "" ? wire : `${path}.${wire}`, broken);
    };
  }
  if (shape.kind === "list") {
    const check = compileMember({ ...shape.value!, isRequired: false, shape: shape.value!.shape, traits: shape.value!.traits });
    return (value, path, broken) => (value as unknown[]).forEach((item, index) => check(item, `${path}.${index + 1}.member`, broken));
  }
  if (shape.kind === "map") {
    const [key, content] = [compileOwn(shape.key!), compileMember({ ...shape.value!, isRequired: false, shape: shape.value!.shape, traits: shape.value!.traits })];
    return (value, path, broken) => {
      for (const [name, item] of Object.entries(value as Record<string, unknown>)) {
        if (key(name).length > 0) broken.push(`Value '${JSON.stringify(value).slice(0, VALUE_CHARACTERS_MAX)}' at '${path}' failed to satisfy constraint: Map keys must satisfy constraint: [${key(name).join(", ")}]`);
        content(item, `${path}.${name}.member`, broken);
      }
    };
  }
  return nothing;
};

/** The model's constraints, in AWS's words. Throws the service's own code of a broken one. */
export const validate = (model: ServiceModel, operation: Operation, input: Record<string, unknown>): void => {
  const broken: string[] = [];
  checkOf(operation.input)(input, "", broken);
  if (broken.length === 0) return;
  const count = `${broken.length} validation error${broken.length === 1 ? "" : "s"} detected`;
  throw new ApiError(model.validationCode, `${count}: ${broken.join("; ")}`, { status: 400 });
};
