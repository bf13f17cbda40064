import { parseJson, type JsonValue } from "../events/json-value.ts";
import type { BatchItem } from "../event-source-mapping/record.ts";

/** One event on its way through a pipe. */
export interface PipeEvent {
  /** As it is handed on where nothing else is made of it. JSON, but for a text that an enrichment has answered. */
  text: string;
  /** What paths lead into: of a message with its body as JSON, where that is JSON ("Implicit body data parsing", EventBridge user guide). */
  value: JsonValue;
  /** What was in it from the beginning is JSON. */
  isJson: boolean;
}

const parseBody = (body: string): JsonValue | undefined => {
  if (!/^\s*[[{]/.test(body)) return undefined;
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
};

/** A message, as its queue gave it. */
export const eventOfMessage = ({ record, json }: BatchItem): PipeEvent => {
  let parsed: { body: JsonValue | undefined } | undefined;
  const body = () => (parsed ??= { body: parseBody(record.body) }).body;
  return {
    text: json,
    get value() { return { ...record, body: body() ?? record.body } as unknown as JsonValue; },
    get isJson() { return body() !== undefined; },
  };
};

/** What an enrichment answered: it has nothing beside it. */
export const eventOfAnswer = (value: JsonValue, isJson = true): PipeEvent => ({ text: typeof value === "string" ? value : JSON.stringify(value), value, isJson });
