import { parseInputPath, valueAt, type InputPath } from "../../plumber/events/input-path.ts";
import { minified, type JsonValue } from "../../plumber/events/json-value.ts";
import { inputBudget, spend } from "./input-budget.ts";

/** Variables that are there without a path ("Amazon EventBridge input transformation", user guide). */
export const RESERVED_VARIABLES = ["aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time", "aws.events.event", "aws.events.event.json"] as const;

export type ReservedVariable = (typeof RESERVED_VARIABLES)[number];

/** Texts of a template, and what stands between them. */
type Part = string | { variable: string; isInString: boolean };

export interface InputTransformer {
  paths: ReadonlyMap<string, InputPath | undefined>;
  parts: readonly Part[];
}

const VARIABLE = /<([A-Za-z0-9_.-]+)>/y;

const partsOf = (template: string): Part[] => {
  const parts: Part[] = [];
  let [isInString, from] = [false, 0];
  for (let at = 0; at < template.length; at++) {
    const character = template[at];
    if (character === "\\" && isInString) at++;
    else if (character === '"') isInString = !isInString;
    else if (character === "<") {
      VARIABLE.lastIndex = at;
      const found = VARIABLE.exec(template);
      if (found === null) continue;
      parts.push(template.slice(from, at), { variable: found[1]!, isInString });
      from = at + found[0].length;
      at = from - 1;
    }
  }
  parts.push(template.slice(from));
  return parts;
};

/** The first variable of the template that has neither a path nor a meaning of its own: AWS's "invalid placeholder". */
export const invalidPlaceholder = (template: string, paths: Readonly<Record<string, string>>): string | undefined => {
  const known = new Set<string>([...Object.keys(paths), ...RESERVED_VARIABLES]);
  return partsOf(template).flatMap((part) => (typeof part === "string" || known.has(part.variable) ? [] : [part.variable]))[0];
};

export const compileInputTransformer = ({ InputPathsMap, InputTemplate }: { InputPathsMap?: Record<string, string> | undefined; InputTemplate: string }): InputTransformer => ({
  paths: new Map(Object.entries(InputPathsMap ?? {}).map(([name, path]) => [name, parseInputPath(path)])),
  parts: partsOf(InputTemplate),
});

/** "If a JSON path references a JSON object or array, but the variable is referenced in a string, EventBridge removes any internal quotes" ("Amazon EventBridge input transformation", user guide), also those that strings have. */
const withoutQuotes = (json: string): string => json.replace(/\\(.)|"/g, (found, escaped: string | undefined) => (escaped === undefined || escaped === '"' ? "" : found));

/** A value within the quotes of a text. */
const withinString = (value: JsonValue | undefined): string => {
  if (value === undefined) return "";
  const json = JSON.stringify(value);
  return typeof value === "string" ? json.slice(1, -1) : withoutQuotes(json);
};

/**
 * The template with the event's values: within quotes a string is escaped and everything else is JSON without its own quotes, outside of them they are JSON.
 * A value that the event does not have is nothing within quotes, and null outside.
 * Throws InputTooLarge.
 * @param reserved What a variable of EventBridge's own means.
 */
export const transform = ({ paths, parts }: InputTransformer, event: JsonValue, reserved: (name: ReservedVariable) => JsonValue): string => {
  const budget = inputBudget();
  const found = new Map<string, JsonValue | undefined>();
  const lookUp = (name: string): JsonValue | undefined => {
    if (!paths.has(name)) return (RESERVED_VARIABLES as readonly string[]).includes(name) ? reserved(name as ReservedVariable) : undefined;
    const path = paths.get(name);
    return path && valueAt(event, path, (values) => spend(budget, "steps", values));
  };
  const valueOf = (name: string): JsonValue | undefined => {
    if (!found.has(name)) found.set(name, lookUp(name));
    return found.get(name);
  };
  const written = (part: Part): string => {
    const piece = typeof part === "string" ? part : part.isInString ? withinString(valueOf(part.variable)) : JSON.stringify(valueOf(part.variable) ?? null);
    spend(budget, "characters", piece.length);
    return piece;
  };
  const text = parts.map(written).join("");
  return isJson(text) ? minified(text) : text;
};

export const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
