import type { MessageAttributeValue } from "@aws-sdk/client-sqs";
import { SQS_ATTRIBUTE_NAME_CHARACTERS_MAX, SQS_MESSAGE_ATTRIBUTES_MAX } from "../../../kit/limits/sqs.ts";
import { forbiddenCharacter } from "./body.ts";
import { InvalidParameter } from "./errors.ts";

/** An attribute with the one value that it has. */
export interface Attribute {
  DataType: string;
  StringValue?: string;
  BinaryValue?: Uint8Array;
}

export type Attributes = Readonly<Record<string, Attribute>>;

type Given = Readonly<Record<string, MessageAttributeValue>>;

/** Up to 38 digits, from -10^128 to 10^126. Source: "Amazon SQS message metadata", developer guide. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const DIGITS_MAX = 38;

/** Throws InvalidParameterValue. */
export const checkAttributes = (given: Given): Attributes => {
  const names = Object.keys(given);
  if (names.length > SQS_MESSAGE_ATTRIBUTES_MAX) throw new InvalidParameter(`Number of message attributes [${names.length}] exceeds the allowed maximum [${SQS_MESSAGE_ATTRIBUTES_MAX}].`);
  const attributes: Record<string, Attribute> = Object.create(null) as Record<string, Attribute>;
  for (const name of names) {
    checkName(name);
    attributes[name] = checkValue(name, given[name]!);
  }
  return attributes;
};

const checkName = (name: string) => {
  if (name === "") throw new InvalidParameter("The message attribute name must not be empty.");
  if (name.length > SQS_ATTRIBUTE_NAME_CHARACTERS_MAX) throw new InvalidParameter(`The message attribute name '${name}' is too long. It can be at most ${SQS_ATTRIBUTE_NAME_CHARACTERS_MAX} characters long.`);
  if (!/^[A-Za-z0-9_.-]+$/.test(name)) throw new InvalidParameter(`The message attribute name '${name}' is invalid. Attribute name can contain A-Z, a-z, 0-9, underscore (_), hyphen (-), and period (.) characters.`);
  if (/^(?:aws|amazon)\./i.test(name)) throw new InvalidParameter(`You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use.`);
  if (name.startsWith(".") || name.endsWith(".") || name.includes("..")) throw new InvalidParameter(`The message attribute name '${name}' is invalid. Attribute name can not start or end with a period (.) or have successive periods.`);
};

const checkValue = (name: string, { DataType, StringValue, BinaryValue, StringListValues, BinaryListValues }: MessageAttributeValue): Attribute => {
  if (DataType === undefined || DataType === "") throw new InvalidParameter(`The message attribute '${name}' must contain non-empty message attribute type.`);
  const [prefix] = DataType.split(".", 1);
  if (!["Binary", "Number", "String"].includes(prefix!) || DataType.length > SQS_ATTRIBUTE_NAME_CHARACTERS_MAX || forbiddenCharacter(DataType) !== undefined) {
    throw new InvalidParameter(`The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`);
  }
  if ((StringListValues?.length ?? 0) > 0 || (BinaryListValues?.length ?? 0) > 0) throw new InvalidParameter("Message attribute list values in SendMessage operation are not supported.");
  const isBinary = prefix === "Binary";
  if ((isBinary ? StringValue : BinaryValue) !== undefined) throw new InvalidParameter(`The message attribute '${name}' with type '${DataType}' must use field '${isBinary ? "BinaryValue" : "StringValue"}'.`);
  if ((isBinary ? BinaryValue : StringValue) === undefined || (isBinary ? BinaryValue : StringValue)!.length === 0) {
    throw new InvalidParameter(`The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${DataType}'.`);
  }
  if (isBinary) return { DataType, BinaryValue: BinaryValue! };
  const character = forbiddenCharacter(StringValue!);
  if (character !== undefined) throw new InvalidParameter(`Invalid binary character '${character}' was found in the message attribute '${name}' value.`);
  if (prefix === "Number" && !isNumber(StringValue!)) throw new InvalidParameter(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  return { DataType, StringValue: StringValue! };
};

const isNumber = (text: string): boolean => {
  if (!NUMBER.test(text)) return false;
  const [mantissa = ""] = text.split(/[eE]/);
  const digits = mantissa.replace(/[+.-]/g, "").replace(/^0+/, "");
  const value = Number(text);
  return digits.length <= DIGITS_MAX && value >= -1e128 && value <= 1e126;
};

/** What SQS counts of them. */
export const attributesBytes = (attributes: Attributes): number =>
  Object.entries(attributes).reduce((sum, [name, { DataType, StringValue, BinaryValue }]) => sum + name.length + Buffer.byteLength(DataType) + (BinaryValue?.length ?? Buffer.byteLength(StringValue ?? "")), 0);

interface StoredAttribute {
  t: string;
  s?: string;
  b?: string;
}

export const storeAttributes = (attributes: Attributes): string =>
  JSON.stringify(Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]): [string, StoredAttribute] => [name, { t: DataType, ...(BinaryValue === undefined ? { s: StringValue! } : { b: Buffer.from(BinaryValue).toString("base64") }) }]));

/** Those that were asked for. */
export const readAttributes = (stored: string, isAsked: (name: string) => boolean): Attributes => {
  const attributes = Object.create(null) as Record<string, Attribute>;
  for (const [name, { t, s, b }] of JSON.parse(stored) as [string, StoredAttribute][]) {
    if (isAsked(name)) attributes[name] = { DataType: t, ...(b === undefined ? { StringValue: s! } : { BinaryValue: Buffer.from(b, "base64") }) };
  }
  return attributes;
};
