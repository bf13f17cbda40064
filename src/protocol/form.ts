import { FORM_PARAMETERS_MAX, INPUT_DEPTH_MAX } from "../kit/limits/gateway.ts";
import { malformedInput } from "./failures.ts";

/** A query string or a form: every value of every name, in order. Throws MalformedInput. */
export function parseForm(text: string): Map<string, string[]> {
  const result = new Map<string, string[]>();
  if (text === "") return result;
  const parts = text.split("&", FORM_PARAMETERS_MAX + 1);
  if (parts.length > FORM_PARAMETERS_MAX) throw malformedInput(`A request may have ${FORM_PARAMETERS_MAX} parameters`);
  for (const part of parts) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = decode(equals === -1 ? part : part.slice(0, equals));
    const value = equals === -1 ? "" : decode(part.slice(equals + 1));
    const values = result.get(name);
    if (values === undefined) result.set(name, [value]);
    else values.push(value);
  }
  return result;
}

function decode(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw malformedInput("A parameter is not percent-encoded UTF-8");
  }
}

/** `A.1.B=x` as a tree: the node of `A` holds the node of `1`, which holds `B` with the text `x`. */
export interface FormNode {
  text?: string;
  children: Map<string, FormNode>;
}

export function createFormTree(form: ReadonlyMap<string, readonly string[]>): FormNode {
  const root: FormNode = { children: new Map() };
  for (const [name, values] of form) {
    const path = name.split(".", INPUT_DEPTH_MAX + 1);
    if (path.length > INPUT_DEPTH_MAX) throw malformedInput(`A parameter is nested deeper than ${INPUT_DEPTH_MAX} levels`);
    let node = root;
    for (const step of path) {
      let next = node.children.get(step);
      if (next === undefined) node.children.set(step, (next = { children: new Map() }));
      node = next;
    }
    node.text ??= values[0] ?? "";
  }
  return root;
}
