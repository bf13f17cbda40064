import type { PipeTargetHttpParameters } from "@aws-sdk/client-pipes";
import { gunzipSync, inflateSync } from "node:zlib";
import type { Arn } from "../../kit/arn.ts";
import type { Caller } from "../../kit/caller.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Trace } from "../../kit/ledger.ts";
import { PIPE_ANSWER_BYTES_MAX, PIPE_TURN_MS_MAX } from "../../kit/limits/pipes.ts";
import { Postponed, type Delivery } from "../delivery.ts";
import type { EndpointAnswer, SendToApiDestination } from "../targets/api-destination.ts";
import type { Sending } from "../targets/targets.ts";
import { PipeFailure } from "./pipe-failure.ts";
import type { PipeEvent } from "./pipe-event.ts";
import type { ParameterOf } from "./targets/shipment.ts";

interface Posting {
  arn: Arn;
  /** Of the API destination. */
  targetArn: string;
  event: PipeEvent;
  /** The request's body. */
  text: string;
  parameters: PipeTargetHttpParameters | undefined;
  parameter: ParameterOf;
  as: Caller;
  trace: Trace;
  requestId: string;
}

/** Posts one event to an API destination, and resolves with the text that it answered. */
export type Post = (posting: Posting) => Promise<string>;

/** Paths among the parameters are what they lead to, but for headers, which are what they say ("Dynamic path parameters"). */
const parametersOf = ({ parameters, parameter, event }: Posting): NonNullable<Delivery["httpParameters"]> => {
  const resolved = (value: string): string => parameter(value, event) ?? "";
  return {
    PathParameterValues: (parameters?.PathParameterValues ?? []).map(resolved),
    HeaderParameters: parameters?.HeaderParameters ?? {},
    QueryStringParameters: Object.fromEntries(Object.entries(parameters?.QueryStringParameters ?? {}).map(([name, value]) => [name, resolved(value)])),
  };
};

const tooLarge = () => new PipeFailure("failed", "ResponseTooLarge", `the endpoint has answered more than ${PIPE_ANSWER_BYTES_MAX} bytes`);

const textOf = ({ body, encoding }: EndpointAnswer): string => {
  if (body.length > PIPE_ANSWER_BYTES_MAX) throw tooLarge();
  const unpack = encoding === "gzip" ? gunzipSync : encoding === "deflate" ? inflateSync : undefined;
  if (unpack === undefined) return body.toString("utf8");
  try {
    return unpack(body, { maxOutputLength: PIPE_ANSWER_BYTES_MAX }).toString("utf8");
  } catch (error) {
    throw (error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE" ? tooLarge() : new PipeFailure("failed", "InvalidResponse", "the endpoint has answered what could not be unpacked");
  }
};

/** Its messages might be received again before its turn comes, and take turns of their own: so they are held. */
const turnTooLate = () => new PipeFailure("throttled", "THROTTLING", "it takes no more requests in a second, and so many wait for it already");

/** As many requests in a second as the destination takes: whoever comes too soon waits for a turn that comes soon. */
export const createPost = ({ clock, sendToApiDestination }: { clock: Clock; sendToApiDestination: SendToApiDestination }): Post => {
  const send = (sending: Sending) => sendToApiDestination(sending, PIPE_ANSWER_BYTES_MAX + 1);
  return async (posting) => {
    const { arn, targetArn, text: payload, as, trace, requestId: id } = posting;
    const delivery: Delivery = {
      id, traceId: trace.id, targetArn, payload, region: arn.region, keys: [], httpParameters: parametersOf(posting),
      // The caller is there already, so this is asked of nobody.
      as: { service: "pipes.amazonaws.com", account: as.account, sourceArn: targetArn, sourceAccount: as.account },
    };
    const sending: Sending = { delivery, arn, as, trace, latestTurnAt: clock.now() + PIPE_TURN_MS_MAX };
    try {
      return textOf(await send(sending));
    } catch (error) {
      if (!(error instanceof Postponed)) throw error;
      if (error.turnAt > sending.latestTurnAt!) throw turnTooLate();
      await clock.sleep(error.turnAt - clock.now());
      return textOf(await send({ ...sending, delivery: { ...delivery, turnAt: error.turnAt } }));
    }
  };
};
