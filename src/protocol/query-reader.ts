import { malformedInput } from "./failures.ts";
import type { FormNode } from "./form.ts";
import type { Member, Shape } from "./schema.ts";
import { scalarReader } from "./xml-reader.ts";

/** Reads a value out of a form's tree; throws MalformedInput. */
type QueryReader = (node: FormNode) => unknown;

const readers = new WeakMap<Shape, QueryReader>();

/** The input of an awsQuery request. */
export function readQuery(shape: Shape, root: FormNode): Record<string, unknown> {
  return readerOf(shape)(root) as Record<string, unknown>;
}

function readerOf(shape: Shape): QueryReader {
  let reader = readers.get(shape);
  if (reader === undefined) readers.set(shape, (reader = compile(shape)));
  return reader;
}

function compile(shape: Shape): QueryReader {
  switch (shape.kind) {
    case "structure":
    case "union": return createStructureReader(shape);
    case "list": return createListReader(shape, (node) => node.children.get((shape.value as Member).traits.xmlName ?? "member"));
    case "map": return createMapReader(shape, (node) => node.children.get("entry"));
    case "unit": return () => ({});
    default: return createScalarReader(shape);
  }
}

function createScalarReader(shape: Shape): QueryReader {
  const read = scalarReader(shape);
  return (node) => {
    if (node.text === undefined) throw malformedInput("A structure was given where a value is expected");
    try {
      return read(node.text);
    } catch (cause) {
      throw malformedInput((cause as Error).message);
    }
  };
}

/** Two members may have one name on the wire (SQS ReceiveMessage): both are read. */
function createStructureReader({ members }: Shape): QueryReader {
  const parts = members.map((member) => ({ name: member.name, wireName: member.traits.xmlName ?? member.name, read: memberReader(member) }));
  return (node) => {
    if (node.text !== undefined && node.text !== "") throw malformedInput("A value was given where a structure is expected");
    const result: Record<string, unknown> = {};
    for (const { name, wireName, read } of parts) {
      const child = node.children.get(wireName);
      if (child !== undefined) result[name] = read(child);
    }
    return result;
  };
}

function memberReader({ shape, traits }: Member): QueryReader {
  const isFlattened = traits.xmlFlattened === true;
  if (isFlattened && shape.kind === "list") return createListReader(shape, (node) => node);
  if (isFlattened && shape.kind === "map") return createMapReader(shape, (node) => node);
  let read: QueryReader | undefined;
  return (node) => (read ??= readerOf(shape))(node);
}

function createListReader(shape: Shape, entriesOf: (node: FormNode) => FormNode | undefined): QueryReader {
  return (node) => {
    const entries = entriesOf(node);
    if (entries === undefined) return noEntries(node, []);
    return numbered(entries).map(readerOf((shape.value as Member).shape));
  };
}

function createMapReader({ key, value }: Shape, entriesOf: (node: FormNode) => FormNode | undefined): QueryReader {
  const keyName = key?.traits.xmlName ?? "key";
  const valueName = value?.traits.xmlName ?? "value";
  return (node) => {
    const result = Object.create(null) as Record<string, unknown>;
    const entries = entriesOf(node);
    if (entries === undefined) return noEntries(node, result);
    for (const entry of numbered(entries)) {
      const entryKey = entry.children.get(keyName)?.text;
      const content = entry.children.get(valueName);
      if (entryKey === undefined || content === undefined) throw malformedInput(`An entry of a map needs a ${keyName} and a ${valueName}`);
      result[entryKey] = readerOf((value as Member).shape)(content);
    }
    return result;
  };
}

/** `Key=` is an empty list. */
function noEntries<T>(node: FormNode, empty: T): T {
  if (node.text !== "" || node.children.size > 0) throw malformedInput("A list or a map is not numbered as the protocol says");
  return empty;
}

/** By number, whatever order they came in. */
function numbered(node: FormNode): FormNode[] {
  if (node.text !== undefined && node.text !== "") throw malformedInput("A value was given where a list is expected");
  const entries = [...node.children].map(([index, entry]) => {
    if (!/^[1-9]\d{0,8}$/.test(index)) throw malformedInput(`"${index.slice(0, 100)}" is not the number of an entry`);
    return { index: Number(index), entry };
  });
  return entries.sort((a, b) => a.index - b.index).map(({ entry }) => entry);
}
