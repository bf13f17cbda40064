import { EVENT_INPUT_CHARACTERS_MAX, EVENT_INPUT_STEPS_MAX, EVENT_PARAMETERS_CHARACTERS_MAX } from "../../kit/limits/events.ts";

/** What may still be made of an event for one target, and how many of the event's values looked at for it: a template of some thousand letters can name the whole event a thousand times. */
export interface InputBudget {
  characters: number;
  steps: number;
}

export class InputTooLarge extends Error {}

export const inputBudget = (): InputBudget => ({ characters: EVENT_INPUT_CHARACTERS_MAX, steps: EVENT_INPUT_STEPS_MAX });

/** For what goes beside the input: headers, the path, the query, a message group. */
export const parametersBudget = (): InputBudget => ({ characters: EVENT_PARAMETERS_CHARACTERS_MAX, steps: EVENT_INPUT_STEPS_MAX });

/** Throws InputTooLarge. */
export const spend = (budget: InputBudget, what: keyof InputBudget, count: number): void => {
  if ((budget[what] -= count) < 0) throw new InputTooLarge();
};
