import type { InputTransformer, Target } from "@aws-sdk/client-eventbridge";
import { validation } from "./errors.ts";

/** Names of the model's patterns, and of EventBridge's own variables, which have dots. */
const PLACEHOLDER = /<([A-Za-z0-9_.-]+)>/g;

/** What a template may name without a path ("Amazon EventBridge input transformation"). */
const RESERVED = new Set(["aws.events.rule-arn", "aws.events.rule-name", "aws.events.event.ingestion-time", "aws.events.event", "aws.events.event.json"]);

/** `$`, or names and numbers of an array's elements behind it; no quotes, filters or ranges. */
const PATH = /^\$(\.([^\s.[\]'"$*?()@]+|\*)|\[(\d+|\*)\])*$/;

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** The template with something in the place of each placeholder: text within a string, a number elsewhere. */
const filledIn = (template: string): string => {
  let isInString = false;
  return template.replace(/\\.|"|<[A-Za-z0-9_.-]+>/gs, (found) => {
    if (found === '"') isInString = !isInString;
    return found.startsWith("<") ? (isInString ? "x" : "0") : found;
  });
};

/** One JSON document, or lines that are each a JSON text. */
const isTemplate = (template: string): boolean => {
  const text = filledIn(template);
  return isJson(text) || text.split(/\r?\n/).every((line) => line.trim() === "" || isJson(line));
};

const checkPath = (path: string, id: string): void => {
  if (!PATH.test(path)) throw validation(`InputPath for target ${id} is invalid.`);
};

const checkTransformer = ({ InputTemplate: template = "", InputPathsMap: paths = {} }: InputTransformer, id: string): void => {
  for (const [name, path] of Object.entries(paths)) {
    if (name.startsWith("aws.events.")) throw validation(`InputPathsMap for target ${id} contains the reserved key ${name}.`);
    checkPath(path, id);
  }
  for (const [, name = ""] of template.matchAll(PLACEHOLDER)) {
    if (!Object.hasOwn(paths, name) && !RESERVED.has(name)) throw validation(`InputTemplate for target ${id} contains invalid placeholder ${name}.`);
    if (name === "aws.events.event.json" && !template.trimStart().startsWith("{")) throw validation(`InputTemplate for target ${id} contains placeholder ${name} valid only for JSON template.`);
  }
  if (!isTemplate(template)) throw validation(`Invalid InputTemplate for target ${id} : it must be JSON with placeholders in it, or text in quotes, a line each.`);
};

/** What the target is to get instead of the whole event: one of three. Throws ValidationException. */
export const checkInput = ({ Id, Input, InputPath, InputTransformer }: Target): void => {
  const id = Id!;
  if ([Input, InputPath, InputTransformer].filter((one) => one !== undefined).length > 1) throw validation(`Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
  if (Input !== undefined && !isJson(Input)) throw validation(`JSON syntax error in input for target ${id}.`);
  if (InputPath !== undefined) checkPath(InputPath, id);
  if (InputTransformer !== undefined) checkTransformer(InputTransformer, id);
};
