import { isRawNumber, type JsonValue } from "./json-value.ts";

type Step = { key: string } | { index: number } | "every";

/** A JSON path of EventBridge's: `$`, `$.detail.state`, `$.detail['a b']`, `$.resources[0]`, `$.detail.items[*].name`. */
export type InputPath = readonly Step[];

const STEP = /\.([^.[\]'"*\s]+(?: [^.[\]'"*\s]+)*)|\[(\d{1,9})\]|(\[\*\]|\.\*)|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;

const unescaped = (text: string): string => text.replace(/\\(.)/g, "$1");

/** Undefined for what is none: it does not begin with `$`, or has steps that EventBridge does not know. */
export const parseInputPath = (text: string): InputPath | undefined => {
  if (!text.startsWith("$")) return undefined;
  const steps: Step[] = [];
  let at = 1;
  while (at < text.length) {
    STEP.lastIndex = at;
    const found = STEP.exec(text);
    if (found === null) return undefined;
    const [all, name, index, every, single, double] = found;
    if (every !== undefined) steps.push("every");
    else if (index !== undefined) steps.push({ index: Number(index) });
    else steps.push({ key: name ?? unescaped((single ?? double)!) });
    at += all.length;
  }
  return steps;
};

const isObject = (value: JsonValue): value is { readonly [key: string]: JsonValue } => typeof value === "object" && value !== null && !Array.isArray(value);

const membersOf = (value: JsonValue): readonly JsonValue[] => (Array.isArray(value) ? value : isObject(value) && !isRawNumber(value) ? Object.values(value) : []);

const stepInto = (value: JsonValue, step: Step): readonly JsonValue[] => {
  if (step === "every") return membersOf(value);
  if ("index" in step) return Array.isArray(value) && step.index < value.length ? [value[step.index] as JsonValue] : [];
  return isObject(value) && !isRawNumber(value) && Object.hasOwn(value, step.key) ? [value[step.key]!] : [];
};

/**
 * What the path leads to; a list of all where it has a `*`. Undefined where there is nothing.
 * @param onStep told how many values a step begins with, for who bounds the work
 */
export const valueAt = (event: JsonValue, path: InputPath, onStep: (values: number) => void = () => undefined): JsonValue | undefined => {
  let found: readonly JsonValue[] = [event];
  for (const step of path) {
    onStep(found.length);
    found = found.flatMap((value) => stepInto(value, step));
  }
  return path.includes("every") ? found : found[0];
};
