import type { MessageAttributeValue } from "@aws-sdk/client-sns";
import type { MessageAttribute } from "../../../plumber/delivery.ts";
import { SNS_ATTRIBUTE_NAME_CHARACTERS_MAX } from "../../../kit/limits/sns.ts";
import { invalidAttribute } from "../errors.ts";

export type Attributes = Readonly<Record<string, MessageAttribute>>;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

const OTHER_CHARACTER = /[^A-Za-z0-9_.-]/u;
const RESERVED = /^(?:aws|amazon)\./i;
/** What SNS has a use of its own for, with mobile platforms and telephones ("Amazon SNS message attributes", "Publishing SMS messages"): others are told of it as of any attribute. */
const OWN = /^AWS\.(?:SNS\.MOBILE\.[\w.-]+|SNS\.SMS\.(?:SenderID|MaxPrice|SMSType)|MM\.SMS\.(?:OriginationNumber|EntityId|TemplateId))$/;

const checkName = (name: string): void => {
  if (name.length > SNS_ATTRIBUTE_NAME_CHARACTERS_MAX) throw invalidAttribute(`Length of message attribute name must be less than ${SNS_ATTRIBUTE_NAME_CHARACTERS_MAX} bytes.`);
  if (name.startsWith(".")) throw invalidAttribute("Invalid message attribute name starting with character '.' was found.");
  if (name.endsWith(".")) throw invalidAttribute("Invalid message attribute name ending with character '.' was found.");
  const other = OTHER_CHARACTER.exec(name)?.[0].codePointAt(0);
  if (other !== undefined) throw invalidAttribute(`Invalid non-alphanumeric character '#x${other.toString(16).toUpperCase()}' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.`);
  if (name.includes("..")) throw invalidAttribute("Message attribute name can not have successive '.' character.");
  if (RESERVED.test(name) && !OWN.test(name)) throw invalidAttribute("Message attribute names starting with 'AWS.' or 'Amazon.' are reserved for use by Amazon.");
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
