import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import type { MessageAttribute } from "../../../plumber/delivery.ts";
import { SNS_ATTRIBUTE_NAME_CHARACTERS_MAX } from "../../../kit/limits/sns.ts";
import { invalidAttribute } from "../errors.ts";

export type Attributes = Readonly<Record<string, MessageAttribute>>;

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

const checkName = (name: string): void => {
  const isWrong = name.length > SNS_ATTRIBUTE_NAME_CHARACTERS_MAX || !NAME.test(name) || name.endsWith(".") || name.includes("..") || /^(?:aws|amazon)\./i.test(name);
  if (isWrong) throw invalidAttribute(`Invalid non-alphanumeric character was found in the message attribute name '${name.slice(0, SNS_ATTRIBUTE_NAME_CHARACTERS_MAX)}'. Can only include alphanumeric characters, hyphens, underscores, or dots.`);
};

/** As it is kept and handed on. Source: "Amazon SNS message attributes"; AWS's answers. */
const checkValue = (name: string, { DataType: type = "", StringValue, BinaryValue }: MessageAttributeValue): MessageAttribute => {
  const prefix = type.split(".", 1)[0]!;
  if (type === "") throw invalidAttribute(`The message attribute '${name}' must contain non-empty message attribute type.`);
  if (!["String", "Number", "Binary"].includes(prefix) || type.length > SNS_ATTRIBUTE_NAME_CHARACTERS_MAX || !/^[\w.-]+$/.test(type)) {
    throw invalidAttribute(`The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`);
  }
  const isBinary = prefix === "Binary";
  const isOther = (isBinary ? StringValue : BinaryValue) !== undefined;
  if (isOther) throw invalidAttribute(`The message attribute '${name}' with type '${type}' must use field '${isBinary ? "Binary" : "String"}'.`);
  if ((isBinary ? BinaryValue : StringValue) === undefined || (isBinary ? BinaryValue : StringValue)!.length === 0) {
    throw invalidAttribute(`The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`);
  }
  if (isBinary) return { DataType: type, BinaryValue: Buffer.from(BinaryValue!).toString("base64") };
  if (prefix === "Number" && !(NUMBER.test(StringValue!) && Number.isFinite(Number(StringValue)))) throw invalidAttribute(`Could not cast message attribute '${name}' value to number.`);
  return { DataType: type, StringValue: StringValue! };
};

/** Throws ParameterValueInvalid. */
export const checkAttributes = (given: Readonly<Record<string, MessageAttributeValue>>): Attributes => {
  const attributes = Object.create(null) as Record<string, MessageAttribute>;
  for (const [name, value] of Object.entries(given)) {
    checkName(name);
    attributes[name] = checkValue(name, value);
  }
  return attributes;
};

/** What SNS counts of them. */
export const attributesBytes = (attributes: Attributes): number =>
  Object.entries(attributes).reduce((sum, [name, { DataType, StringValue, BinaryValue }]) => sum + name.length + DataType.length + (BinaryValue === undefined ? Buffer.byteLength(StringValue!) : Buffer.byteLength(BinaryValue, "base64")), 0);

/** In a notification: `{ "name": { "Type": "String", "Value": "…" } }`. */
export const describeAttributes = (attributes: Attributes): Record<string, { Type: string; Value: string }> =>
  Object.fromEntries(Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [name, { Type: DataType, Value: BinaryValue ?? StringValue! }]));

/** Whether a filter policy can read them: SNS takes a String.Array that is none, and no policy with a filter lets it through. */
export const areReadable = (attributes: Attributes): boolean =>
  Object.values(attributes).every(({ DataType, StringValue }) => {
    if (DataType !== "String.Array") return true;
    try {
      return Array.isArray(JSON.parse(StringValue!));
    } catch {
      return false;
    }
  });
