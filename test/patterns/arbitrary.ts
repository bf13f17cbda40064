import fc from "fast-check";

/** Few of each, so that patterns and events meet. */
const KEYS = ["a", "b", "c", "a.b", "b.c", "", "é", "a.", "long-name"];
const TEXTS = [
  "x", "xy", "X", "xyx", "yx", "", "É", "é", "ÉX", "ß", "İ", "10.0.0.1", "10.0.0.9", "2001:db8::1", "2001:0DB8:0:0:0:0:0:1", "2001:db8::2", "a*b", "\\", "😀", "\ud83d", "\ude00x", "x\ny", 'x"y',
  "xyxyxyxyxyxyxyx", "aws.ec2", "1", "true", "\u212a",
];
const NUMBERS = ["1", "1.0", "1e0", "10e-1", "-0", "0", "0.0", "-1", "2.5", "25E-1", "300", "3e2", "1e400", "123456789012345678", "0.1", "0.30000000000000004", "5000000000"];

const key = fc.constantFrom(...KEYS);
const text = fc.constantFrom(...TEXTS);
const number = fc.constantFrom(1, 0, -1, 2.5, 300, 0.1, 123456789);

/** A text as JSON may write it: each character as it is, or as its code. */
const written = (value: string, escaped: readonly boolean[]): string =>
  `"${value.split("").map((unit, index) => (escaped[index % escaped.length] ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}` : JSON.stringify(unit).slice(1, -1))).join("")}"`;

const quoted = (of: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(of, fc.oneof({ weight: 4, arbitrary: fc.constant([false]) }, { weight: 1, arbitrary: fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }) })).map(([value, escaped]) => written(value, escaped));

const space = fc.oneof({ weight: 6, arbitrary: fc.constant("") }, { weight: 1, arbitrary: fc.constantFrom(" ", "\n", " \t\r\n ") });

const scalar = fc.oneof(quoted(text), fc.constantFrom(...NUMBERS), fc.constantFrom("true", "false", "null"));

/** An event's JSON: nested arrays, keys with dots and twice, numbers and texts of every form. */
export const eventText: fc.Arbitrary<string> = fc.letrec<{ node: string; object: string; array: string }>((tie) => ({
  node: fc.oneof({ maxDepth: 4, depthSize: "medium" }, scalar, scalar, tie("object"), tie("array")),
  object: fc.tuple(space, fc.array(fc.tuple(quoted(key), space, tie("node")), { maxLength: 4 })).map(([blank, members]) => `{${blank}${members.map(([name, gap, value]) => `${name}${gap}:${gap}${value}`).join(`${blank},${blank}`)}${blank}}`),
  array: fc.tuple(space, fc.array(tie("node"), { maxLength: 3 })).map(([blank, members]) => `[${blank}${members.join(`${blank},${blank}`)}${blank}]`),
})).object;

const few = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(of, { minLength: 1, maxLength: 3 });
const notEmpty = text.filter((value) => value !== "");
const stars = fc.array(fc.constantFrom("x", "y", "*", "😀", "\\*"), { maxLength: 6 }).map((parts) => parts.join("").replace(/(?<!\\)\*(\*|\\\*)+/g, "*").replace(/\*+$/, "*"));
const wildcard = stars.filter((value) => !/(?<!\\)\*\*/.test(value));
const orList = (of: fc.Arbitrary<string>) => fc.oneof(of, few(of));

const range = fc.oneof(
  fc.tuple(fc.constantFrom("=", "<", "<=", ">", ">="), number),
  fc.tuple(fc.constantFrom(">", ">="), number, fc.constantFrom("<", "<="), fc.constantFrom(200_000_000, 1e9)),
);

const member: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: text }, number, fc.constantFrom(true, false, null),
  text.map((exactly) => ({ exactly })), text.map((prefix) => ({ prefix })), text.map((suffix) => ({ suffix })),
  text.map((value) => ({ prefix: { "equals-ignore-case": value } })), text.map((value) => ({ suffix: { "equals-ignore-case": value } })), text.map((value) => ({ "equals-ignore-case": value })),
  wildcard.map((value) => ({ wildcard: value })), range.map((numeric) => ({ numeric })),
  fc.constantFrom("10.0.0.0/24", "10.0.0.8/29", "2001:db8::/32", "2001:db8::2/127", "0.0.0.0/0").map((cidr) => ({ cidr })),
  orList(text).map((value) => ({ "anything-but": value })), few(number).map((value) => ({ "anything-but": value })),
  orList(notEmpty).map((prefix) => ({ "anything-but": { prefix } })), orList(notEmpty).map((suffix) => ({ "anything-but": { suffix } })),
  orList(text).map((value) => ({ "anything-but": { "equals-ignore-case": value } })), orList(wildcard).map((value) => ({ "anything-but": { wildcard: value } })),
  fc.boolean().map((exists) => ({ exists })),
);

const fields: fc.Arbitrary<object> = fc.letrec<{ object: object; value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 2, depthSize: "small" }, few(member), few(member), tie("object")),
  object: fc.dictionary(key, tie("value"), { minKeys: 1, maxKeys: 3 }),
})).object;

const withOr = (of: fc.Arbitrary<object>): fc.Arbitrary<object> =>
  fc.oneof({ weight: 3, arbitrary: of }, { weight: 1, arbitrary: fc.tuple(of, fc.array(of, { minLength: 2, maxLength: 3 })).map(([one, $or]) => ({ ...one, $or })) }, { weight: 1, arbitrary: fc.array(of, { minLength: 2, maxLength: 3 }).map(($or) => ({ $or })) });

/** A pattern of every operator. */
export const pattern: fc.Arbitrary<string> = withOr(fc.oneof({ weight: 3, arbitrary: fields }, { weight: 1, arbitrary: fc.tuple(key, withOr(fields)).map(([name, inner]) => ({ [name]: inner })) })).map((value) => JSON.stringify(value));

const leaves = (value: unknown, path: readonly string[]): [string, string | number | boolean | null][] => {
  if (Array.isArray(value)) return value.flatMap((one) => leaves(one, path));
  if (typeof value === "object" && value !== null) return Object.entries(value).flatMap(([name, one]) => leaves(one, [...path, name]));
  return [[path.join("."), value as string | number | boolean | null]];
};

/** A member that such a value is like, or nearly. */
const likeness = (value: string | number | boolean | null): fc.Arbitrary<unknown> => {
  if (typeof value === "number") return Number.isFinite(value) && Math.abs(value) <= 5e9 ? fc.constantFrom<unknown>(value, { numeric: ["=", value] }, { numeric: [">=", value] }, { numeric: ["<", value] }, { "anything-but": [value] }) : fc.constant({ exists: true });
  if (typeof value !== "string") return fc.constantFrom<unknown>(value, { exists: true }, { "anything-but": ["x"] });
  const escaped = value.replaceAll("\\", "\\\\").replaceAll("*", "\\*");
  const [half, rest] = [value.slice(0, value.length >> 1), value.slice(value.length >> 1)];
  return fc.constantFrom<unknown>(
    value, { prefix: half }, { suffix: rest }, { "equals-ignore-case": value.toUpperCase() }, { prefix: { "equals-ignore-case": half.toUpperCase() } }, { suffix: { "equals-ignore-case": rest.toUpperCase() } },
    { wildcard: `*${escaped}` }, { wildcard: escaped }, { "anything-but": value }, { "anything-but": { prefix: "z" } }, { exists: true }, ...(escaped === "" ? [] : [{ wildcard: `*${escaped}*` }]),
  );
};

/** A pattern, and an event some of whose values it was made of; the fields are keys with dots. */
export const meeting: fc.Arbitrary<[string, string]> = eventText.chain((event) => {
  const found = leaves(JSON.parse(event), []);
  if (found.length === 0) return fc.constant<[string, string]>(['{"a":[{"exists":false}]}', event]);
  const chosen = fc.uniqueArray(fc.constantFrom(...found), { minLength: 1, maxLength: 3, selector: ([path]) => path });
  return chosen.chain((fields) => fc.tuple(...fields.map(([path, value]) => likeness(value).map((one) => [path, [one]] as const)))).map((fields) => [JSON.stringify(Object.fromEntries(fields)), event] as [string, string]);
});
