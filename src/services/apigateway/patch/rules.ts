import { badRequest, notFound } from "../errors.ts";
import type { Op, Patch, Rule } from "./patch.ts";
import { getAt, removeAt, setAt } from "./pointer.ts";

/** Reads what a patch says: every value comes as text. */
export type Read = (value: string, patch: Patch) => unknown;

const invalidValue = ({ op, value }: Patch, expected: string) => badRequest(`Invalid patch value '${value}' specified for op '${op}'. ${expected}`);

const asText: Read = (value) => value;
const asNumber =
  (isFine: (number: number) => boolean, expected: string): Read =>
  (value, patch) => {
    const number = Number(value);
    if (value === "" || !isFine(number)) throw invalidValue(patch, expected);
    return number;
  };
export const asInteger = asNumber(Number.isInteger, "Must be an integer");
export const asDouble = asNumber(Number.isFinite, "Must be a number");
export const asBoolean: Read = (value, patch) => {
  if (!/^(true|false)$/i.test(value)) throw invalidValue(patch, "Must be one of: [true, false]");
  return value.toLowerCase() === "true";
};
export const asOneOf =
  (...values: string[]): Read =>
  (value, patch) => {
    if (!values.includes(value)) throw invalidValue(patch, `Must be one of: [${values.join(", ")}]`);
    return value;
  };

interface Options {
  ops?: readonly Op[];
  /** Where it is kept, when the document has another name for it than the path. */
  at?: (patch: Patch) => readonly string[];
}

/** One member of the document; an empty text takes an optional one away, and so does `remove`. */
export const member = (read: Read = asText, { ops = ["replace"], at = ({ location }) => location }: Options = {}): Rule<object> => ({
  ops,
  apply(document, patch) {
    if (patch.op === "remove" || patch.value === "") removeAt(document, at(patch));
    else setAt(document, at(patch), read(patch.value, patch));
  },
});

/** A member that the document cannot be without. */
export const required = (what: string, read: Read = asText): Rule<object> => ({
  ops: ["replace"],
  apply(document, patch) {
    if (patch.value === "") throw badRequest(`${what} cannot be empty`);
    setAt(document, patch.location, read(patch.value, patch));
  },
});

/** An entry of a map. `missing` is what is said when there is none to be removed; without it nothing is said. */
export const entry = (read: Read = asText, { missing, ops = ["add", "replace", "remove"] }: { missing?: string; ops?: readonly Op[] } = {}): Rule<object> => ({
  ops,
  apply(document, patch) {
    if (patch.op !== "remove") return setAt(document, patch.location, read(patch.value, patch));
    const wasThere = removeAt(document, patch.location);
    if (!wasThere && missing !== undefined) throw notFound(missing);
  },
});

const listAt = (document: object, location: readonly string[]): string[] => (getAt(document, location) ?? []) as string[];

const changeList = (document: object, location: readonly string[], op: Op, item: string, to: string): void => {
  const list = listAt(document, location);
  const others = list.filter((one) => one !== item);
  const changed = op === "remove" ? others : op === "replace" ? list.map((one) => (one === item ? to : one)) : [...others, item];
  if (changed.length === 0) removeAt(document, location);
  else setAt(document, location, [...new Set(changed)]);
};

/** A list whose items are named by the path: `/binaryMediaTypes/image~1png`. */
export const item = (ops: readonly Op[] = ["add", "replace", "remove"]): Rule<object> => ({
  ops,
  apply: (document, { op, value, location }) => changeList(document, location.slice(0, -1), op, location.at(-1)!, value),
});

/** A list whose items are the values: `/providerARNs`. */
export const items = (ops: readonly Op[] = ["add", "remove"]): Rule<object> => ({
  ops,
  apply(document, { op, value, location }) {
    if (op === "replace") setAt(document, location, value === "" ? [] : value.split(","));
    else changeList(document, location, op, value, value);
  },
});
