import { applyOperator, isTrue } from "./expressions.ts";
import { callMethod } from "./methods.ts";
import { Callable, CHARACTERS_MAX, isMap, setOwn, textOf, TooLong, type TemplateMap } from "./values.ts";

/** What the parser gives; a block is a list that begins with its directive. */
type Node = string | NodeObject | Node[];
interface NodeObject {
  type?: string;
  id?: unknown;
  value?: unknown;
  path?: Attribute[];
  args?: Node[] | false;
  equal?: [NodeObject, Node];
  expression?: Node[];
  operator?: string;
  condition?: Node;
  from?: Node;
  to?: string;
  isEval?: boolean;
  isRange?: boolean;
}
type Attribute = { type: "method"; id: string; args?: Node[] | false } | { type: "property"; id: string } | { type: "index"; id: Node };

export class TemplateError extends Error {}

/** Iterations of a loop ("Quotas for REST APIs"); steps of one rendering: ours. */
const ITERATIONS_MAX = 1_000;
const STEPS_MAX = 100_000;

const PARSED_MAX = 500;
const parsed = new Map<string, Node[]>();

/** Parsed once: the same few templates are rendered for every request. */
const parseTemplate = async (text: string): Promise<Node[]> => {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const { parse } = await import("velocityjs");
  parser = parse as typeof parser;
  return keep(text);
};

let parser: ((text: string) => Node[]) | undefined;

const keep = (text: string): Node[] => {
  let nodes: Node[];
  try {
    nodes = parser!(text);
  } catch (error) {
    throw new TemplateError(`the template cannot be read: ${error instanceof Error ? error.message.split("\n")[0]! : String(error)}`);
  }
  if (parsed.size >= PARSED_MAX) parsed.delete(parsed.keys().next().value!);
  parsed.set(text, nodes);
  return nodes;
};

/** Carries what was written before it. */
class Break extends Error {
  text = "";
}

/** One rendering: the parser's tree walked by an interpreter of ours, to which no object of the server is known, and which ends. */
class Rendering {
  readonly #names: Map<string, unknown>;
  #steps = 0;

  constructor(names: Readonly<Record<string, unknown>>) {
    this.#names = new Map(Object.entries(names));
  }

  #step(): void {
    if (++this.#steps > STEPS_MAX) throw new TemplateError(`the template takes more than ${STEPS_MAX} steps`);
  }

  #bounded(value: unknown): unknown {
    if (typeof value === "string" && value.length > CHARACTERS_MAX) throw new TemplateError(`a text has more than ${CHARACTERS_MAX} characters`);
    return value;
  }

  render(nodes: readonly Node[]): string {
    let text = "";
    try {
      for (const node of nodes) text = this.#bounded(text + this.#renderNode(node)) as string;
    } catch (error) {
      if (error instanceof Break) error.text = text + error.text;
      throw error;
    }
    return text;
  }

  #renderNode(node: Node): string {
    this.#step();
    if (typeof node === "string") return node;
    if (Array.isArray(node)) return this.#block(node);
    switch (node.type) {
      case "references": return textOf(this.#reference(node));
      case "set": return this.#set(node);
      case "comment": return "";
      case "raw": return String(node.value);
      case "break": throw new Break();
      case "content": return String(node.value ?? "");
      default: throw new TemplateError(`#${String(node.id ?? node.type)} is not built`);
    }
  }

  #block(nodes: readonly Node[]): string {
    const [head, ...rest] = nodes as [NodeObject, ...Node[]];
    if (head.type === "if") return this.#if(head, rest);
    if (head.type === "foreach") return this.#foreach(head, rest);
    if (head.type === "noescape") return this.render(rest.filter((node) => (node as NodeObject).type !== "end"));
    throw new TemplateError(`#${String(head.type)} is not built`);
  }

  #if(head: NodeObject, rest: readonly Node[]): string {
    let isTaken = isTrue(this.#value(head.condition!));
    const taken: Node[] = [];
    for (const node of rest) {
      const type = typeof node === "object" && !Array.isArray(node) ? node.type : undefined;
      if (type === "elseif" || type === "else") {
        if (isTaken) break;
        isTaken = type === "else" || isTrue(this.#value((node as NodeObject).condition!));
      } else if (isTaken && type !== "end") taken.push(node);
    }
    return this.render(taken);
  }

  #foreach({ from, to }: NodeObject, body: readonly Node[]): string {
    const source = this.#value(from!);
    const items = Array.isArray(source) ? [...(source as unknown[])] : isMap(source) ? Object.values(source) : [];
    if (items.length > ITERATIONS_MAX) throw new TemplateError(`#foreach goes over ${items.length} values, and ${ITERATIONS_MAX} are the most`);
    const outer = [to!, "foreach", "velocityCount"].map((name) => [name, this.#names.get(name)] as const);
    let text = "";
    try {
      for (const [index, item] of items.entries()) {
        this.#names.set(to!, item);
        this.#names.set("velocityCount", index + 1);
        this.#names.set("foreach", { index, count: index + 1, hasNext: index + 1 < items.length, first: index === 0, last: index + 1 === items.length, parent: outer[1]![1] });
        text = this.#bounded(text + this.render(body.filter((node) => (node as NodeObject).type !== "end"))) as string;
      }
    } catch (error) {
      if (!(error instanceof Break)) throw error;
      text += error.text;
    }
    for (const [name, value] of outer) {
      if (value === undefined) this.#names.delete(name);
      else this.#names.set(name, value);
    }
    return text;
  }

  #set({ equal }: NodeObject): string {
    const [target, source] = equal!;
    const value = this.#value(source);
    const path = target.path ?? [];
    if (path.length === 0) {
      this.#names.set(String(target.id), value);
      return "";
    }
    const owner = this.#walk(this.#names.get(String(target.id)), path.slice(0, -1));
    const last = path.at(-1)!;
    if (last.type === "method") throw new TemplateError("#set cannot set what a method gives");
    const key = last.type === "index" ? this.#value(last.id) : last.id;
    if (Array.isArray(owner) && typeof key === "number" && key >= 0 && key <= owner.length) owner[key] = value;
    else if (isMap(owner)) setOwn(owner, textOf(key), value);
    return "";
  }

  #reference({ id, path }: NodeObject): unknown {
    return this.#walk(this.#names.get(String(id)), path ?? []);
  }

  #walk(from: unknown, path: readonly Attribute[]): unknown {
    let value = from;
    for (const attribute of path) {
      this.#step();
      if (attribute.type === "method") value = this.#bounded(this.#call(value, attribute.id, (attribute.args || []).map((arg) => this.#value(arg))));
      else value = this.#member(value, attribute.type === "index" ? this.#value(attribute.id) : attribute.id);
    }
    return value;
  }

  #call(value: unknown, name: string, args: readonly unknown[]): unknown {
    if (!(value instanceof Callable)) return callMethod(value, name, args);
    if (!Object.hasOwn(value.methods, name)) throw new TemplateError(`there is no method ${name}`);
    return value.methods[name]!(...args);
  }

  #member(value: unknown, key: unknown): unknown {
    if (Array.isArray(value)) return typeof key === "number" ? (value[key < 0 ? value.length + key : key] as unknown) : undefined;
    const own = value instanceof Callable ? value.members : isMap(value) ? value : undefined;
    return own !== undefined && Object.hasOwn(own, textOf(key)) ? own[textOf(key)] : undefined;
  }

  #value(node: Node): unknown {
    this.#step();
    if (typeof node === "string") return node;
    if (Array.isArray(node)) return node.map((one) => this.#value(one));
    switch (node.type) {
      case "references": return this.#reference(node);
      case "string": return node.isEval === true ? this.render(parsed.get(String(node.value)) ?? keep(String(node.value))) : node.value;
      case "integer": return Number(node.value);
      case "decimal": return Number(node.value);
      case "bool": return node.value === "null" ? null : node.value === "true" || node.value === true;
      case "map": return this.#map(node.value as Record<string, Node>);
      case "array": return node.isRange === true ? this.#range(node.value as [Node, Node]) : (node.value as Node[]).map((one) => this.#value(one));
      case "math": return this.#bounded(this.#math(node));
      default: throw new TemplateError(`${String(node.type)} is no value`);
    }
  }

  #map(members: Record<string, Node>): TemplateMap {
    const map: TemplateMap = {};
    for (const [name, node] of Object.entries(members ?? {})) setOwn(map, name, this.#value(node));
    return map;
  }

  #range([from, to]: [Node, Node]): number[] {
    const [first, last] = [Number(this.#value(from)), Number(this.#value(to))];
    const count = Math.abs(last - first) + 1;
    if (!(count <= ITERATIONS_MAX)) throw new TemplateError(`a range has more than ${ITERATIONS_MAX} numbers, or is none`);
    return Array.from({ length: count }, (_, index) => (first <= last ? first + index : first - index));
  }

  #math({ operator = "", expression = [] }: NodeObject): unknown {
    const [one, other] = expression as [Node, Node];
    if (operator === "&&" || operator === "and") return isTrue(this.#value(one)) && isTrue(this.#value(other));
    if (operator === "||" || operator === "or") return isTrue(this.#value(one)) || isTrue(this.#value(other));
    if (operator === "not" || operator === "!") return !isTrue(this.#value(one));
    if (operator === "parenthesis") return this.#value(one);
    if (operator === "minus") return applyOperator("-", 0, this.#value(one));
    return applyOperator(operator, this.#value(one), this.#value(other));
  }
}

/**
 * Renders a mapping template. Throws TemplateError for one that cannot be read, that uses what is not built, or that takes too much.
 * What a reference does not find is written as nothing, as API Gateway does.
 */
export const renderTemplate = async (template: string, names: Readonly<Record<string, unknown>>): Promise<string> => {
  const nodes = await parseTemplate(template);
  try {
    return new Rendering(names).render(nodes);
  } catch (error) {
    if (error instanceof Break) return error.text;
    if (error instanceof TooLong) throw new TemplateError(error.message);
    if (error instanceof RangeError) throw new TemplateError("the template goes too deep");
    throw error;
  }
};
