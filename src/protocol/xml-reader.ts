import { parseBase64, parseBoolean, parseNumber, parseTimestamp } from "./scalars.ts";
import type { Member, Shape } from "./schema.ts";
import { type XmlNode, XmlSyntaxError } from "./xml-parse.ts";

/** Throws XmlSyntaxError when the element is not what the model says. */
type XmlReader = (node: XmlNode) => unknown;

const readers = new WeakMap<Shape, XmlReader>();

/** The value of an element; unknown elements and attributes are passed over. */
export function readXml(shape: Shape, node: XmlNode): unknown {
  return readerOf(shape)(node);
}

function readerOf(shape: Shape): XmlReader {
  let reader = readers.get(shape);
  if (reader === undefined) readers.set(shape, (reader = compile(shape)));
  return reader;
}

function compile(shape: Shape): XmlReader {
  switch (shape.kind) {
    case "structure":
    case "union": return createStructureReader(shape);
    case "list": return createListReader(shape);
    case "map": return createMapReader(shape);
    default: {
      const read = scalarReader(shape);
      return (node) => {
        if (node.children.length > 0) throw new XmlSyntaxError(`${node.name} holds elements`);
        return read(node.text);
      };
    }
  }
}

/** Scalars as text: XML, forms, headers and query strings share them. Throws XmlSyntaxError. */
export function scalarReader({ kind, traits }: Shape): (text: string) => unknown {
  const strict = (parse: (text: string) => unknown) => (text: string) => {
    const value = parse(text.trim());
    if (value === undefined) throw new XmlSyntaxError(`"${text.slice(0, 100)}" is not a ${kind}`);
    return value;
  };
  if (kind === "number") return strict((text) => parseNumber(text, traits.numberType));
  if (kind === "boolean") return strict(parseBoolean);
  if (kind === "timestamp") return strict(parseTimestamp);
  if (kind === "blob") return strict((text) => parseBase64(text.replaceAll(/\s/g, "")));
  return (text) => text;
}

interface ChildReader { name: string; isFlattened: boolean; isMap: boolean; read: XmlReader }

function createStructureReader(shape: Shape): XmlReader {
  const children = new Map<string, ChildReader>();
  const attributes = new Map<string, { name: string; read(text: string): unknown }>();
  for (const member of shape.members) {
    const wireName = member.traits.xmlName ?? member.name;
    if (member.traits.xmlAttribute === true) attributes.set(wireName, { name: member.name, read: scalarReader(member.shape) });
    else children.set(wireName.slice(wireName.indexOf(":") + 1), childReader(member));
  }
  return (node) => {
    if (node.children.length === 0 && node.text.trim() !== "") throw new XmlSyntaxError(`${node.name} holds text`);
    const result: Record<string, unknown> = {};
    for (const child of node.children) {
      const reader = children.get(child.name);
      if (reader !== undefined) addChild(result, reader, child);
    }
    for (const [wireName, text] of node.attributes) {
      const attribute = attributes.get(wireName);
      if (attribute !== undefined) result[attribute.name] = attribute.read(text);
    }
    return result;
  };
}

function childReader(member: Member): ChildReader {
  const isFlattened = member.traits.xmlFlattened === true;
  const { shape } = member;
  let read: XmlReader | undefined;
  const compileChild = () => (isFlattened && shape.kind === "list" ? readerOf((shape.value as Member).shape) : isFlattened && shape.kind === "map" ? createEntryReader(shape) : readerOf(shape));
  return { name: member.name, isFlattened, isMap: shape.kind === "map", read: (node) => (read ??= compileChild())(node) };
}

function addChild(result: Record<string, unknown>, { name, isFlattened, isMap, read }: ChildReader, child: XmlNode): void {
  const value = read(child);
  if (!isFlattened) {
    if (Object.hasOwn(result, name)) throw new XmlSyntaxError(`${child.name} is given twice`);
    result[name] = value;
  } else if (isMap) {
    const map = (result[name] ??= Object.create(null)) as Record<string, unknown>;
    const [key, content] = value as [string, unknown];
    map[key] = content;
  } else {
    const list = (result[name] ??= []) as unknown[];
    list.push(value);
  }
}

function createListReader(shape: Shape): XmlReader {
  const member = shape.value as Member;
  const itemName = member.traits.xmlName ?? "member";
  return (node) => {
    if (node.children.length === 0 && node.text.trim() !== "") throw new XmlSyntaxError(`${node.name} holds text`);
    const read = readerOf(member.shape);
    return node.children.filter((child) => child.name === itemName).map(read);
  };
}

function createMapReader(shape: Shape): XmlReader {
  const readEntry = createEntryReader(shape);
  return (node) => {
    const result = Object.create(null) as Record<string, unknown>;
    for (const child of node.children) {
      const [key, value] = readEntry(child) as [string, unknown];
      result[key] = value;
    }
    return result;
  };
}

function createEntryReader({ key, value }: Shape): XmlReader {
  const keyName = key?.traits.xmlName ?? "key";
  const valueName = value?.traits.xmlName ?? "value";
  return (node) => {
    const keyNode = node.children.find((child) => child.name === keyName);
    const valueNode = node.children.find((child) => child.name === valueName);
    if (keyNode === undefined || valueNode === undefined) throw new XmlSyntaxError(`${node.name} is no entry of a map`);
    return [keyNode.text, readerOf((value as Member).shape)(valueNode)];
  };
}
