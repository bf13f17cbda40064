import { parseInputPath, valueAt, type InputPath } from "../events/input-path.ts";
import { parseJson, type JsonValue } from "../events/json-value.ts";
import { SYNC_PAYLOAD_BYTES_MAX } from "../../kit/limits/lambda.ts";
import { PIPE_TEMPLATE_STEPS_MAX } from "../../kit/limits/pipes.ts";
import type { PipeEvent } from "./pipe-event.ts";
import { PipeFailure } from "./pipe-failure.ts";

/** What reserved variables mean beside the event. */
export interface PipeVariables {
  pipeArn: string;
  pipeName: string;
  sourceArn: string;
  enrichmentArn: string | undefined;
  targetArn: string;
  /** ISO 8601: when the stage that the template belongs to was reached. */
  ingestionTime: string;
}

/** What is left to be done for one batch: a template names a value as often as it likes, and a path leads to as many as there are. */
export interface TemplateBudget {
  characters: number;
  steps: number;
}

export const newBudget = (): TemplateBudget => ({ characters: SYNC_PAYLOAD_BYTES_MAX, steps: PIPE_TEMPLATE_STEPS_MAX });

const spend = (budget: TemplateBudget, what: keyof TemplateBudget, count: number): void => {
  if ((budget[what] -= count) < 0) throw new PipeFailure("failed", "TransformationTooLarge", `the input template, or the parameters, make more than ${SYNC_PAYLOAD_BYTES_MAX} characters of the batch, or looks at more of it than it may`);
};

type Variable = (event: PipeEvent, variables: PipeVariables, budget: TemplateBudget) => JsonValue | undefined;

/** Of "Reserved variables" ("Amazon EventBridge Pipes input transformation", user guide). */
const RESERVED: Record<string, Variable> = {
  "aws.pipes.pipe-arn": (_event, { pipeArn }) => pipeArn,
  "aws.pipes.pipe-name": (_event, { pipeName }) => pipeName,
  "aws.pipes.source-arn": (_event, { sourceArn }) => sourceArn,
  "aws.pipes.enrichment-arn": (_event, { enrichmentArn }) => enrichmentArn,
  "aws.pipes.target-arn": (_event, { targetArn }) => targetArn,
  "aws.pipes.event.ingestion-time": (_event, { ingestionTime }) => ingestionTime,
  "aws.pipes.event": ({ text }) => jsonOf(text),
  "aws.pipes.event.json": ({ value, isJson }) => (isJson ? value : undefined),
};

const jsonOf = (text: string): JsonValue => {
  try {
    return parseJson(text);
  } catch {
    return text;
  }
};

/** How a value stands where it is put: as JSON; in a text in quotes; in free text. */
type Place = "json" | "quotes" | "text";

type Part = string | { of: Variable; place: Place };

const atPath = (path: InputPath): Variable => ({ value }, _variables, budget) => valueAt(value, path, (values) => spend(budget, "steps", values));

const variableOf = (name: string): Variable | undefined => {
  if (!name.startsWith("$")) return Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined;
  const path = parseInputPath(name);
  return path && atPath(path);
};

const NAMED_LIKE_RESERVED = /<(aws\.[^<>\s"]+)>/g;

/** A variable that is named as AWS's are, and is none of them. */
export const unknownVariableOf = (template: string): string | undefined => [...template.matchAll(NAMED_LIKE_RESERVED)].find(([, name]) => !Object.hasOwn(RESERVED, name!))?.[1];

const VARIABLE = /<(\$[^<>\s"]*|aws\.pipes\.[a-z.-]+)>/y;

/** A template that begins as JSON does makes JSON: outside of quotes, texts get theirs. Every other one makes free text. */
const partsOf = (template: string): Part[] => {
  const outside: Place = /^\s*[[{"]/.test(template) ? "json" : "text";
  const parts: Part[] = [];
  let [isInQuotes, from] = [false, 0];
  for (let at = 0; at < template.length; at++) {
    const character = template[at];
    if (character === "\\" && isInQuotes) at++;
    else if (character === '"' && outside === "json") isInQuotes = !isInQuotes;
    else if (character === "<") {
      VARIABLE.lastIndex = at;
      const found = VARIABLE.exec(template);
      const of = found === null ? undefined : variableOf(found[1]!);
      if (of === undefined) continue;
      parts.push(template.slice(from, at), { of, place: isInQuotes ? "quotes" : outside });
      from = at + found![0].length;
      at = from - 1;
    }
  }
  parts.push(template.slice(from));
  return parts;
};

/** "EventBridge removes any internal quotes to ensure a valid string": of an object, or a list, that is put into a text. A string is escaped, so that no value ends the text that it stands in. */
const inQuotes = (value: JsonValue): string => {
  if (typeof value === "string") return JSON.stringify(value).slice(1, -1);
  return JSON.stringify(JSON.stringify(value).replaceAll('"', "")).slice(1, -1);
};

const written = (value: JsonValue | undefined, place: Place): string => {
  if (value === undefined) return place === "json" ? "null" : "";
  if (place === "quotes") return inQuotes(value);
  return place === "text" && typeof value === "string" ? value : JSON.stringify(value);
};

/** What a template makes of one event. What a path does not find is nothing in a text, and null elsewhere. Throws PipeFailure where the batch's budget is spent. */
export type InputTemplate = (event: PipeEvent, variables: PipeVariables, budget: TemplateBudget) => string;

/** Without a template, or with an empty one, an event stays what it is. */
export const compileTemplate = (template: string | undefined): InputTemplate => {
  if (template === undefined || template === "") return ({ text }) => text;
  const parts = partsOf(template);
  return (event, variables, budget) => {
    let made = "";
    for (const part of parts) {
      const text = typeof part === "string" ? part : written(part.of(event, variables, budget), part.place);
      spend(budget, "characters", text.length);
      made += text;
    }
    return made;
  };
};

/** A parameter of a target that is a whole path, `$.body.id`, is what that leads to; every other one is what it says ("Dynamic path parameters"). Undefined where the path leads to nothing. Throws PipeFailure where the batch's budget is spent. */
export const parameterOf = (given: string, { value }: PipeEvent, budget: TemplateBudget): string | undefined => {
  const path = /^\$(\.|$)/.test(given) ? parseInputPath(given) : undefined;
  if (path === undefined) return given;
  const found = valueAt(value, path, (values) => spend(budget, "steps", values));
  if (found === undefined || found === null) return undefined;
  const text = typeof found === "string" ? found : JSON.stringify(found);
  spend(budget, "characters", text.length);
  return text;
};
