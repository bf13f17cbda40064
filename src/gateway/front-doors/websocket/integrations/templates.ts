import { PatternError } from "../../bounded-pattern.ts";
import { inputVariable, utilVariable } from "../../templates/variables.ts";
import { renderTemplate, TemplateError } from "../../templates/template.ts";
import { contextVariables } from "../context-variables.ts";
import { Refused } from "../refusals.ts";
import { DEFAULT, evaluateSelection } from "../selection.ts";
import type { Routed } from "../turn.ts";

/** Where nothing else is said, or fits: the template of every message, then that of JSON. */
const OTHERWISE = [DEFAULT, "application/json"];

/** The template that the selection expression names; undefined when there is none for it. Source: "Template selection expressions". */
export const selectTemplate = (templates: Readonly<Record<string, string>>, expression: string | undefined, read: (variable: string) => string | undefined): string | undefined => {
  const key = [evaluateSelection(expression ?? DEFAULT, read), ...OTHERWISE].find((one) => Object.hasOwn(templates, one));
  return key === undefined ? undefined : templates[key];
};

/** A template that fails is the API's fault, whoever's message made it fail. */
export const render = async (template: string, turn: Routed, body: string): Promise<string> => {
  const { handshake, served } = turn;
  const names = {
    input: inputVariable({ body, path: {}, query: handshake?.query.single ?? null, headers: handshake?.headers.single ?? null }), util: utilVariable,
    context: contextVariables(turn), stageVariables: { ...served.variables },
  };
  try {
    return await renderTemplate(template, names);
  } catch (error) {
    if (error instanceof TemplateError || error instanceof PatternError) throw new Refused("failed", `the mapping template fails: ${error.message}`);
    throw error;
  }
};
