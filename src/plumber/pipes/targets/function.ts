import { ASYNC_PAYLOAD_BYTES_MAX } from "../../../kit/limits/lambda.ts";
import { failuresIn } from "../../event-source-mapping/response.ts";
import { PipeFailure } from "../pipe-failure.ts";
import { partsWithin, sendInParts } from "./in-parts.ts";
import { at, NONE, placesOf, type Outgoing, type SendTo, type Shipment } from "./shipment.ts";

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

/** Nobody waits for what comes of it. More than an asynchronous invocation takes becomes several. */
const fire: SendTo = ({ call }, shipment) => {
  // With its comma, or a bracket.
  const bytesOf = (place: number) => Buffer.byteLength(asJson(shipment.events[place]!.text)) + 1;
  return sendInParts(shipment, partsWithin(ASYNC_PAYLOAD_BYTES_MAX - 1, placesOf(shipment), bytesOf), async ({ places }, options) => {
    const Payload = Buffer.from(functionPayload(places.map((place) => shipment.events[place]!), shipment.isList));
    await call("lambda", "Invoke", { FunctionName: shipment.pipe.body.target, InvocationType: "Event", Payload }, options);
    return { answer: "", untaken: [] };
  });
};

const ask: SendTo = async ({ call }, shipment) => {
  const { pipe, events, isList } = shipment;
  const { Payload, FunctionError } = await call("lambda", "Invoke", { FunctionName: pipe.body.target, InvocationType: "RequestResponse", Payload: Buffer.from(functionPayload(events, isList)) }, at(shipment));
  const payload = Buffer.from(Payload ?? []);
  if (FunctionError !== undefined) throw functionFailure(FunctionError, payload.toString("utf8"));
  return { answer: payload.toString("utf8"), failed: failedIn(payload, shipment), why: "its response says so, or cannot be believed" };
};

export const sendToFunction: SendTo = (needs, shipment) => (shipment.pipe.body.targetParameters?.LambdaFunctionParameters?.InvocationType === "FIRE_AND_FORGET" ? fire : ask)(needs, shipment);
