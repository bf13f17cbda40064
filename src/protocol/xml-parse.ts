import { XML_DEPTH_MAX, XML_NODES_MAX } from "../kit/limits/gateway.ts";

export interface XmlNode {
  /** Without the prefix. */
  name: string;
  /** As written, prefix included. */
  attributes: ReadonlyMap<string, string>;
  children: XmlNode[];
  text: string;
}

/** Not well-formed, or refused: a document type, an entity of its own, too deep, too large. */
export class XmlSyntaxError extends Error {
  override name = "XmlSyntaxError";
}

const NAME = /[A-Za-z_:\u0080-\uFFFF][\w.:\-\u0080-\uFFFF]*/y;
const ATTRIBUTE = /\s+([A-Za-z_:\u0080-\uFFFF][\w.:\-\u0080-\uFFFF]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const TAG_END = /\s*(\/?)>/y;
const CLOSING_TAG = /<\/([^\s>]+)\s*>/y;
const noAttributes: ReadonlyMap<string, string> = new Map();

/** The root element. Only the five entities of XML and numeric ones are known; `<!DOCTYPE` is refused wherever it is. */
export function parseXml(text: string): XmlNode {
  const root: XmlNode = { name: "", attributes: noAttributes, children: [], text: "" };
  const open: { node: XmlNode; tag: string }[] = [{ node: root, tag: "" }];
  let position = text.startsWith("\uFEFF") ? 1 : 0;
  let nodes = 0;
  while (position < text.length) {
    const top = open[open.length - 1];
    if (top === undefined) throw new XmlSyntaxError("an element is closed that was not opened");
    const next = text.indexOf("<", position);
    addText(top, text.slice(position, next === -1 ? text.length : next), open.length);
    if (next === -1) break;
    const skipped = skipMisc(text, next);
    if (skipped !== undefined) {
      if (skipped.content !== undefined) addCharacterData(top, skipped.content, open.length);
      position = skipped.end;
      continue;
    }
    if (text[next + 1] === "/") {
      position = closeTag(text, next, open);
      continue;
    }
    if (++nodes > XML_NODES_MAX) throw new XmlSyntaxError(`more than ${XML_NODES_MAX} elements`);
    if (open.length > XML_DEPTH_MAX) throw new XmlSyntaxError(`deeper than ${XML_DEPTH_MAX} levels`);
    position = openTag(text, next, top.node, open);
  }
  const [element] = root.children;
  if (open.length !== 1 || element === undefined) throw new XmlSyntaxError("an element is not closed");
  if (root.children.length !== 1) throw new XmlSyntaxError("there is more than one root element");
  return element;
}

function openTag(text: string, at: number, parent: XmlNode, open: { node: XmlNode; tag: string }[]): number {
  NAME.lastIndex = at + 1;
  const tag = NAME.exec(text)?.[0];
  if (tag === undefined) throw new XmlSyntaxError("a tag has no name");
  let position = NAME.lastIndex;
  let attributes: Map<string, string> | undefined;
  for (;;) {
    ATTRIBUTE.lastIndex = position;
    const match = ATTRIBUTE.exec(text);
    if (match === null) break;
    attributes ??= new Map();
    const name = match[1] as string;
    if (attributes.has(name)) throw new XmlSyntaxError("an attribute is given twice");
    attributes.set(name, decode(match[2] ?? match[3] ?? ""));
    position = ATTRIBUTE.lastIndex;
  }
  TAG_END.lastIndex = position;
  const end = TAG_END.exec(text);
  if (end === null) throw new XmlSyntaxError("a tag is not closed");
  const node: XmlNode = { name: tag.slice(tag.indexOf(":") + 1), attributes: attributes ?? noAttributes, children: [], text: "" };
  parent.children.push(node);
  if (end[1] === "") open.push({ node, tag });
  return TAG_END.lastIndex;
}

function closeTag(text: string, at: number, open: { node: XmlNode; tag: string }[]): number {
  CLOSING_TAG.lastIndex = at;
  const match = CLOSING_TAG.exec(text);
  if (match === null || open.length === 1 || open.pop()?.tag !== match[1]) throw new XmlSyntaxError("a closing tag does not match");
  return CLOSING_TAG.lastIndex;
}

/** Past a comment, a processing instruction or character data; undefined when it is a tag. */
function skipMisc(text: string, at: number): { end: number; content?: string } | undefined {
  if (text.startsWith("<?", at)) return { end: after(text, "?>", at + 2) };
  if (text[at + 1] !== "!") return undefined;
  if (text.startsWith("<!--", at)) return { end: after(text, "-->", at + 4) };
  if (!text.startsWith("<![CDATA[", at)) throw new XmlSyntaxError("a document type is not accepted");
  const end = after(text, "]]>", at + 9);
  return { end, content: text.slice(at + 9, end - 3) };
}

function after(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  if (at === -1) throw new XmlSyntaxError(`${mark} is missing`);
  return at + mark.length;
}

function addText(top: { node: XmlNode }, raw: string, depth: number): void {
  if (raw !== "") addCharacterData(top, decode(raw.includes("\r") ? raw.replaceAll(/\r\n?/g, "\n") : raw), depth);
}

function addCharacterData({ node }: { node: XmlNode }, content: string, depth: number): void {
  if (depth > 1) node.text += content;
  else if (content.trim() !== "") throw new XmlSyntaxError("there is text outside of the root element");
}

const entities = new Map([["lt", "<"], ["gt", ">"], ["amp", "&"], ["quot", '"'], ["apos", "'"]]);

function decode(text: string): string {
  if (!text.includes("&")) return text;
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([A-Za-z]+));|&/g, (_, decimal?: string, hex?: string, name?: string) => {
    const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : undefined;
    const character = code === undefined ? entities.get(name ?? "") : code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
    if (character === undefined) throw new XmlSyntaxError("an entity is unknown");
    return character;
  });
}
