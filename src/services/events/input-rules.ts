import type { InputTransformer, Target } from "@aws-sdk/client-eventbridge";
import { parseArn } from "../../kit/arn.ts";
import { placeOfWrongJson } from "../../patterns/wrong-json.ts";
import { parseInputPath } from "../../plumber/events/input-path.ts";
import { validation } from "./errors.ts";
import { invalidPlaceholder, isJson, type ReservedVariable } from "./input-transformer.ts";

const WHOLE_EVENT: ReservedVariable = "aws.events.event.json";

/** Keys in quotes are a JSON path's, and not AWS's here: `$.detail['a b']` is refused. */
const QUOTED_KEY = /\[\s*['"]/;

/** The template with null in the place of each placeholder, as AWS looks at it. */
const filledIn = (template: string): string => template.replaceAll(/<[A-Za-z0-9_.-]+>/g, "null");

/** One JSON document, or lines that are each a JSON text. */
const isTemplate = (text: string): boolean => isJson(text) || text.split(/\r?\n/).every((line) => line.trim() === "" || isJson(line));

const isObject = (template: string): boolean => template.trimStart().startsWith("{");

const checkPath = (path: string, id: string): void => {
  if (parseInputPath(path) === undefined || QUOTED_KEY.test(path)) throw validation(`InputPath for target ${id} is invalid.`);
};

const checkTransformer = ({ InputTemplate: template = "", InputPathsMap: paths = {} }: InputTransformer, { Id: id, Arn: arn }: Target): void => {
  for (const [name, path] of Object.entries(paths)) {
    if (name.startsWith("aws.events.")) throw validation(`InputPathsMap for target ${id} contains the reserved key ${name}.`);
    checkPath(path, id!);
  }
  const unknown = invalidPlaceholder(template, paths);
  if (unknown !== undefined) throw validation(`InputTemplate for target ${id} contains invalid placeholder ${unknown}.`);
  if (template.includes(`<${WHOLE_EVENT}>`) && !isObject(template)) throw validation(`InputTemplate for target ${id} contains placeholder ${WHOLE_EVENT} valid only for JSON template.`);
  const text = filledIn(template);
  if (!isTemplate(text)) throw validation(`Invalid InputTemplate for target ${id} : ${placeOfWrongJson(text) ?? "more than one value"}.`);
  if (parseArn(arn!)?.service === "logs" && !isObject(template)) throw validation(`Input for target ${id} is not a valid JSON text.`);
};

/** What the target is to get instead of the whole event: one of three. Throws ValidationException. */
export const checkInput = (target: Target): void => {
  const { Input, InputPath, InputTransformer } = target;
  const id = target.Id!;
  if ([Input, InputPath, InputTransformer].filter((one) => one !== undefined).length > 1) throw validation(`Only one of Input, InputPath, or InputTransformer must be provided for target ${id}.`);
  if (Input !== undefined && !isJson(Input)) throw validation(`JSON syntax error in input for target ${id}: ${placeOfWrongJson(Input) ?? "it is empty, or more than one value"}`);
  if (InputPath !== undefined) checkPath(InputPath, id);
  if (InputTransformer !== undefined) checkTransformer(InputTransformer, target);
};
