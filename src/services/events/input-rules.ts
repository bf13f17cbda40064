import type { InputTransformer, Target } from "@aws-sdk/client-eventbridge";
import { placeOfWrongJson } from "../../patterns/wrong-json.ts";
import { parseInputPath } from "../../plumber/events/input-path.ts";
import { validation } from "./errors.ts";
import { invalidPlaceholder, isJson, type ReservedVariable } from "./input-transformer.ts";

const WHOLE_EVENT: ReservedVariable = "aws.events.event.json";

/** Keys in quotes are a JSON path's, and not AWS's here: `$.detail['a b']` is refused. */
const QUOTED_KEY = /\[\s*['"]/;

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
  if (parseInputPath(path) === undefined || QUOTED_KEY.test(path)) throw validation(`InputPath for target ${id} is invalid.`);
};

const checkTransformer = ({ InputTemplate: template = "", InputPathsMap: paths = {} }: InputTransformer, id: string): void => {
  for (const [name, path] of Object.entries(paths)) {
    if (name.startsWith("aws.events.")) throw validation(`InputPathsMap for target ${id} contains the reserved key ${name}.`);
    checkPath(path, id);
  }
  const unknown = invalidPlaceholder(template, paths);
  if (unknown !== undefined) throw validation(`InputTemplate for target ${id} contains invalid placeholder ${unknown}.`);
  if (template.includes(`<${WHOLE_EVENT}>`) && !template.trimStart().startsWith("{")) throw validation(`InputTemplate for target ${id} contains placeholder ${WHOLE_EVENT} valid only for JSON template.`);
  if (!isTemplate(template)) throw validation(`Invalid InputTemplate for target ${id} : it must be JSON with placeholders in it, or text in quotes, a line each.`);
};

/** What the target is to get instead of the whole event: one of three. Throws ValidationException. */
export const checkInput = ({ Id, Input, InputPath, InputTransformer }: Target): void => {
  const id = Id!;
  if ([Input, InputPath, InputTransformer].filter((one) => one !== undefined).length > 1) throw validation(`Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
  if (Input !== undefined && !isJson(Input)) throw validation(`JSON syntax error in input for target ${id}: ${placeOfWrongJson(Input) ?? "it is empty, or more than one value"}`);
  if (InputPath !== undefined) checkPath(InputPath, id);
  if (InputTransformer !== undefined) checkTransformer(InputTransformer, id);
};
