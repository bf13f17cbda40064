import { failuresIn } from "../../event-source-mapping/response.ts";
import { PipeFailure } from "../pipe-failure.ts";
import { at, NONE, type Outgoing, type SendTo, type Shipment } from "./shipment.ts";

/** A text that is no JSON becomes a string. */
const asJson = (text: string): string => {
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
};

/** A function gets a list, although there is one event only; and what an enrichment answered as it is. */
export const functionPayload = (events: readonly Outgoing[], isList: boolean): string => {
  const values = events.map(({ text }) => asJson(text));
  return isList ? `[${values.join(",")}]` : values[0]!;
};

/** What a function that failed says of it. */
export const functionFailure = (functionError: string, payload: string): PipeFailure => {
  let told: { errorType?: unknown; errorMessage?: unknown } = {};
  try {
    told = (JSON.parse(payload) as typeof told | null) ?? {};
  } catch {
    // It says nothing that could be read.
  }
  const type = typeof told.errorType === "string" ? told.errorType : functionError;
  return new PipeFailure("failed", type, typeof told.errorMessage === "string" ? told.errorMessage : functionError, { status: 200, answer: payload });
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Unlike a mapping's, every function of a pipe may name failures, and none has to answer anything that could be read. */
const failedIn = (payload: Buffer, { items }: Shipment): ReadonlySet<string> => {
  try {
    const answer = JSON.parse(payload.toString("utf8")) as unknown;
    return isObject(answer) && Array.isArray(answer["batchItemFailures"]) ? failuresIn(payload, items) : NONE;
  } catch {
    return NONE;
  }
};

export const sendToFunction: SendTo = async ({ call }, shipment) => {
  const { pipe, events, isList } = shipment;
  const isAsked = pipe.body.targetParameters?.LambdaFunctionParameters?.InvocationType !== "FIRE_AND_FORGET";
  const input = { FunctionName: pipe.body.target, InvocationType: isAsked ? ("RequestResponse" as const) : ("Event" as const), Payload: Buffer.from(functionPayload(events, isList)) };
  const { Payload, FunctionError } = await call("lambda", "Invoke", input, at(shipment));
  if (!isAsked) return { answer: "", failed: NONE };
  const payload = Buffer.from(Payload ?? []);
  if (FunctionError !== undefined) throw functionFailure(FunctionError, payload.toString("utf8"));
  return { answer: payload.toString("utf8"), failed: failedIn(payload, shipment), why: "its response says so, or cannot be believed" };
};
