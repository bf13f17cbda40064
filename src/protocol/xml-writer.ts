import { formatNumber, formatTimestamp, toBytes } from "./scalars.ts";
import type { Member, Shape } from "./schema.ts";

/** A value to XML text. */
type XmlWriter = (value: unknown) => string;

export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** The element `name` and in it the value. @param attributes ` xmlns="…"`, with its leading space */
export function writeXmlElement(shape: Shape, name: string, attributes: string, value: unknown): string {
  const content = value === undefined || value === null || shape.kind === "unit" ? "" : contentWriter(shape)(value);
  return element(`<${name}${attributes}>`, content, `</${name}>`);
}

/** What is inside of the element of a structure. */
export const writeXmlContent = (shape: Shape, value: unknown): string => contentWriter(shape)(value);

export function escapeXml(text: string): string {
  return /[&<>"\u0000-\u001F\u0085\u2028]/.test(text) ? text.replaceAll(/[&<>"\u0000-\u001F\u0085\u2028]/g, escapeCharacter) : text;
}

function escapeCharacter(character: string): string {
  switch (character) {
    case "&": return "&amp;";
    case "<": return "&lt;";
    case ">": return "&gt;";
    case '"': return "&quot;";
    case "\n":
    case "\t": return character;
    default: return `&#x${character.charCodeAt(0).toString(16)};`;
  }
}

const element = (open: string, content: string, close: string) => (content === "" ? `${open.slice(0, -1)}/>` : open + content + close);

const writers = new WeakMap<Shape, XmlWriter>();

function contentWriter(shape: Shape): XmlWriter {
  let writer = writers.get(shape);
  if (writer === undefined) writers.set(shape, (writer = compile(shape)));
  return writer;
}

function compile(shape: Shape): XmlWriter {
  switch (shape.kind) {
    case "structure":
    case "union": return createStructureWriter(shape);
    case "list": return createListWriter(shape.value as Member, (shape.value as Member).traits.xmlName ?? "member");
    case "map": return createMapWriter(shape, "entry");
    default: {
      const write = scalarWriter(shape);
      return (value) => escapeXml(write(value));
    }
  }
}

/** Scalars as text. @param timestampFormat where the model says nothing */
export function scalarWriter({ kind, traits }: Pick<Shape, "kind" | "traits">, timestampFormat: "date-time" | "http-date" = "date-time"): XmlWriter {
  if (kind === "timestamp") return (value) => formatTimestamp(value as Date, traits.timestampFormat ?? timestampFormat);
  if (kind === "blob") return (value) => toBytes(value).toString("base64");
  if (kind === "number") return (value) => formatNumber(value as number, traits.numberType);
  return String;
}

function createStructureWriter({ members }: Shape): XmlWriter {
  const parts = members.filter((m) => m.traits.xmlAttribute !== true).map((member) => ({ name: member.name, write: memberWriter(member) }));
  return (value) => {
    const source = value as Record<string, unknown>;
    let text = "";
    for (const { name, write } of parts) {
      const content = source[name];
      if (content !== undefined && content !== null) text += write(content);
    }
    return text;
  };
}

/** Writes the element of a member, or all of them when its list is flattened. */
function memberWriter(member: Member): XmlWriter {
  const { shape, traits } = member;
  const name = traits.xmlName ?? member.name;
  if (traits.xmlFlattened === true && shape.kind === "list") return createListWriter(shape.value as Member, name);
  if (traits.xmlFlattened === true && shape.kind === "map") return createMapWriter(shape, name);
  const namespace = traits.xmlNamespace === undefined ? "" : ` xmlns${traits.xmlNamespace[0] && `:${traits.xmlNamespace[0]}`}="${traits.xmlNamespace[1]}"`;
  const attributes = shape.members.filter((m) => m.traits.xmlAttribute === true);
  const close = `</${name}>`;
  if (attributes.length === 0) {
    const open = `<${name}${namespace}>`;
    let write: XmlWriter | undefined;
    return (value) => element(open, (write ??= contentWriter(shape))(value), close);
  }
  return (value) => element(`<${name}${namespace}${writeAttributes(attributes, value)}>`, contentWriter(shape)(value), close);
}

function writeAttributes(members: readonly Member[], value: unknown): string {
  let text = "";
  for (const { name, traits } of members) {
    const content = (value as Record<string, unknown>)[name];
    if (content !== undefined && content !== null) text += ` ${traits.xmlName ?? name}="${escapeXml(String(content))}"`;
  }
  return text;
}

function createListWriter(member: Member, itemName: string): XmlWriter {
  const open = `<${itemName}>`;
  const close = `</${itemName}>`;
  let write: XmlWriter | undefined;
  return (value) => {
    write ??= contentWriter(member.shape);
    let text = "";
    for (const item of value as Iterable<unknown>) if (item !== null) text += element(open, write(item), close);
    return text;
  };
}

function createMapWriter({ key, value: member }: Shape, entryName: string): XmlWriter {
  const keyName = key?.traits.xmlName ?? "key";
  const valueName = member?.traits.xmlName ?? "value";
  return (value) => {
    const write = contentWriter((member as Member).shape);
    let text = "";
    for (const [entryKey, content] of Object.entries(value as Record<string, unknown>)) {
      if (content === undefined || content === null) continue;
      text += `<${entryName}><${keyName}>${escapeXml(entryKey)}</${keyName}>${element(`<${valueName}>`, write(content), `</${valueName}>`)}</${entryName}>`;
    }
    return text;
  };
}
