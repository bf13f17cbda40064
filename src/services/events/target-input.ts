import type { Target } from "@aws-sdk/client-eventbridge";
import { parseArn } from "../../kit/arn.ts";
import { parseInputPath, valueAt } from "../../plumber/events/input-path.ts";
import { parseJson, type JsonValue } from "../../plumber/events/json-value.ts";
import { timeText, type BusEvent } from "./event.ts";
import { InputTooLarge, inputBudget, spend, type InputBudget } from "./input-budget.ts";
import { compileInputTransformer, isJson, transform, type ReservedVariable } from "./input-transformer.ts";

/** What a target gets of an event, or why that cannot be made. */
export type TargetInput = { payload: string; impossible?: { code: string; message: string } };

type MakeInput = (event: BusEvent) => TargetInput;

/** `aws.events.event` has no detail ("Amazon EventBridge input transformation", user guide). */
const meaningOf = (name: ReservedVariable, event: BusEvent, parsed: JsonValue, rule: { arn: string; name: string }): JsonValue => {
  if (name === "aws.events.rule-arn") return rule.arn;
  if (name === "aws.events.rule-name") return rule.name;
  if (name === "aws.events.event.ingestion-time") return timeText(event.ingestedAt);
  if (name === "aws.events.event.json") return parsed;
  const { detail: _, ...rest } = parsed as Record<string, JsonValue>;
  return rest;
};

const notJson = (what: string): NonNullable<TargetInput["impossible"]> => ({ code: "INVALID_JSON", message: `${what} is not JSON, so the target cannot be given it` });

const TOO_LARGE: NonNullable<TargetInput["impossible"]> = {
  code: "INVALID_PARAMETER",
  message: "What the target is to get of the event is too large, or more of the event would have to be looked at than may be. Name fewer of the event's values, or smaller ones, in its InputPath, InputTransformer, HttpParameters or SqsParameters",
};

/** What cannot be made of the event within bounds is told in a dead letter, and holds up nobody. */
export const withinBudget = <T extends object>(make: () => T): T | { impossible: NonNullable<TargetInput["impossible"]> } => {
  try {
    return make();
  } catch (error) {
    if (error instanceof InputTooLarge) return { impossible: TOO_LARGE };
    throw error;
  }
};

/** Others take any text: a queue gets the lines of a template. What was meant to be an object has to be one. */
const hasToBeJson = (targetArn: string, text: string): boolean => parseArn(targetArn)?.service === "lambda" || text.trimStart().startsWith("{");

/** Reads a target's settings once, for all events. */
export const createTargetInput = ({ Arn, Input, InputPath, InputTransformer }: Target, rule: { arn: string; name: string }): MakeInput => {
  if (Input !== undefined) return () => ({ payload: Input });
  if (InputTransformer?.InputTemplate !== undefined) {
    const compiled = compileInputTransformer({ InputPathsMap: InputTransformer.InputPathsMap, InputTemplate: InputTransformer.InputTemplate });
    const make = (event: BusEvent): TargetInput => {
      const parsed = parseJson(event.json);
      const payload = transform(compiled, parsed, (name) => meaningOf(name, event, parsed, rule));
      return hasToBeJson(Arn!, payload) && !isJson(payload) ? { payload, impossible: notJson("What the InputTemplate makes of the event") } : { payload };
    };
    return (event) => ({ payload: event.json, ...withinBudget(() => make(event)) });
  }
  const path = InputPath === undefined || InputPath === "$" ? undefined : parseInputPath(InputPath);
  if (path === undefined) return ({ json }) => ({ payload: json });
  return ({ json }) => ({
    payload: json,
    ...withinBudget(() => {
      const budget = inputBudget();
      return { payload: JSON.stringify(valueAt(parseJson(json), path, (values) => spend(budget, "steps", values)) ?? null) };
    }),
  });
};

/** A parameter of a target's: itself, or what the event has where it is a path ("Dynamic path parameters"). Throws InputTooLarge. */
export const parameterText = (given: string, event: () => JsonValue, budget: InputBudget): string => {
  const path = given.startsWith("$.") ? parseInputPath(given) : undefined;
  if (path === undefined) return given;
  const value = valueAt(event(), path, (values) => spend(budget, "steps", values));
  const text = value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
  spend(budget, "characters", text.length);
  return text;
};
