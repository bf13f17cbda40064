import type { PipeEnrichmentHttpParameters } from "@aws-sdk/client-pipes";
import type { Arn } from "../../kit/arn.ts";
import type { Call } from "../../kit/call.ts";
import type { Caller } from "../../kit/caller.ts";
import type { Trace } from "../../kit/ledger.ts";
import { PIPE_ANSWER_BYTES_MAX } from "../../kit/limits/pipes.ts";
import { parseJson, type JsonValue } from "../events/json-value.ts";
import type { Post } from "./endpoint.ts";
import { PipeFailure } from "./pipe-failure.ts";
import { eventOfAnswer, type PipeEvent } from "./pipe-event.ts";
import { functionFailure, functionPayload } from "./targets/function.ts";
import { at, type Outgoing, type ParameterOf } from "./targets/shipment.ts";
import { isApiDestination } from "./targets/targets.ts";

export interface Asked {
  arn: Arn;
  enrichmentArn: string;
  events: readonly Outgoing[];
  /** Of an API destination. */
  parameters: PipeEnrichmentHttpParameters | undefined;
  parameter: ParameterOf;
  as: Caller;
  trace: Trace;
  requestId: string;
}

export interface Enriched {
  /** None where there is nothing for the target. */
  events: readonly PipeEvent[];
  isList: boolean;
  /** JSON. */
  answer: string;
}

/** "If you don't want to invoke the target, return an empty response, such as "", {}, or []" ("Event enrichment in Amazon EventBridge Pipes"). A function that returns nothing answers null. */
const isNothing = (value: JsonValue): boolean => value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0);

const enriched = (answer: string): Enriched => {
  let value: JsonValue;
  try {
    value = parseJson(answer);
  } catch {
    // An endpoint may answer a text that is no JSON.
    return { events: answer === "" ? [] : [eventOfAnswer(answer, false)], isList: false, answer };
  }
  if (isNothing(value)) return { events: [], isList: true, answer };
  return Array.isArray(value) ? { events: value.map((one) => eventOfAnswer(one)), isList: true, answer } : { events: [eventOfAnswer(value)], isList: false, answer };
};

const askFunction = async (call: Call, asked: Asked): Promise<string> => {
  const Payload = Buffer.from(functionPayload(asked.events, true));
  const { Payload: answered, FunctionError } = await call("lambda", "Invoke", { FunctionName: asked.enrichmentArn, InvocationType: "RequestResponse", Payload }, at(asked));
  const answer = Buffer.from(answered ?? []);
  if (FunctionError !== undefined) throw functionFailure(FunctionError, answer.toString("utf8"));
  if (answer.length > PIPE_ANSWER_BYTES_MAX) throw new PipeFailure("failed", "ResponseTooLarge", `the enrichment has answered ${answer.length} bytes: at most ${PIPE_ANSWER_BYTES_MAX}`);
  return answer.toString("utf8");
};

/** Asks a function, or an API destination, what is to go on in place of a batch. Rejects with ApiError as it is refused, or with PipeFailure. */
export const enrich = async ({ call, post }: { call: Call; post: Post }, asked: Asked): Promise<Enriched> => {
  if (!isApiDestination(asked.arn)) return enriched(await askFunction(call, asked));
  const { event, text } = asked.events[0]!;
  return enriched(await post({ ...asked, targetArn: asked.enrichmentArn, event, text }));
};
