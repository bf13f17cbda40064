import { isApiError, type ApiError } from "../../../kit/api-error.ts";
import type { Call } from "../../../kit/call.ts";
import type { Clock } from "../../../kit/clock.ts";
import type { Random } from "../../../kit/random.ts";
import { createApiCallers, functionOfUri } from "../integrated-function.ts";
import { within } from "../within.ts";
import type { Passage } from "./passage.ts";
import { Refused } from "./refusals.ts";

interface Needs {
  call: Call;
  wall: Clock;
  random: Random;
}

interface Asked {
  /** Of an integration or an authorizer. */
  uri: string | undefined;
  /** On whose behalf, where the function's own policy decides. */
  sourceArn: string;
  /** A role that is taken on instead; `arn:aws:iam::*:user/*` is whoever has signed the request. */
  credentials: string | undefined;
  payload: Buffer;
  timeoutMs: number;
}

export interface FunctionAnswer {
  requestId: string;
  /** What it returned; undefined when it failed. */
  payload: Buffer | undefined;
  /** What it failed with. */
  error: string | undefined;
}

const CALLER_ITSELF = "arn:aws:iam::*:user/*";

/** Whose fault a refusal of Lambda is, to a client that must not be told more. */
const kindOf = ({ code }: ApiError): "unavailable" | "tooLarge" | "failed" => {
  switch (code) {
    case "TooManyRequestsException": return "unavailable";
    case "RequestTooLargeException": return "tooLarge";
    default: return "failed";
  }
};

/** Invokes a function for an API: by the function's policy, or as a role. A refusal ends the passage; a function that is late runs on. */
export const createInvokeFunction = ({ call, wall, random }: Needs) => {
  const apiCallerOf = createApiCallers({ call, wall });
  const callerOf = async ({ served: { api }, authorization: { iam } }: Passage, { credentials, sourceArn }: Asked) => {
    if (credentials !== CALLER_ITSELF) return apiCallerOf(api, credentials === "" ? undefined : credentials, sourceArn);
    if (iam === undefined) throw new Refused("failed", "the integration is to run as its caller, but the route does not ask for a signature (AWS_IAM)");
    return iam;
  };

  return async (passage: Passage, asked: Asked): Promise<FunctionAnswer> => {
    const { uri = "", payload, timeoutMs } = asked;
    const called = functionOfUri(uri, passage.served.variables);
    if (called === undefined) throw new Refused("failed", `the URI names no function: ${uri}`);
    const { arn, account, region } = called;
    const requestId = random.uuid();
    try {
      const as = await callerOf(passage, asked);
      const answer = call("lambda", "Invoke", { FunctionName: arn, Payload: payload }, { as, account, region, trace: passage.trace, requestId });
      const { Payload, FunctionError } = await within(wall, timeoutMs, answer, () => new Refused("unavailable", `${arn} did not answer within ${timeoutMs} ms`));
      const bytes = Buffer.from(Payload ?? "");
      return FunctionError === undefined ? { requestId, payload: bytes, error: undefined } : { requestId, payload: undefined, error: bytes.toString("utf8") };
    } catch (error) {
      if (isApiError(error)) throw new Refused(kindOf(error), error.message);
      throw error;
    }
  };
};

export type InvokeFunction = ReturnType<typeof createInvokeFunction>;
