import type { Call } from "../../kit/call.ts";
import type { Caller } from "../../kit/caller.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Trace } from "../../kit/ledger.ts";
import type { Random } from "../../kit/random.ts";
import { CALLERS_OWN, createApiCallers, functionOfUri } from "./integrated-function.ts";
import { within } from "./within.ts";

interface Needs {
  call: Call;
  wall: Clock;
  random: Random;
}

/** For whom a function is invoked. */
export interface OnBehalf {
  api: { account: string; region: string };
  variables: Readonly<Record<string, string>>;
  trace: Trace;
  /** Whoever has signed what came; undefined when nobody has. */
  signer: Caller | undefined;
}

export interface AskedOfFunction {
  /** Of an integration or an authorizer. */
  uri: string | undefined;
  /** On whose behalf, where the function's own policy decides. */
  sourceArn: string;
  /** A role that is taken on instead; `arn:aws:iam::*:user/*` is whoever has signed. */
  credentials: string | undefined;
  payload: Buffer;
  timeoutMs: number;
  /** Nobody waits for the answer. */
  isEvent?: boolean;
}

export interface FunctionAnswer {
  requestId: string;
  /** What it returned; undefined when it failed. */
  payload: Buffer | undefined;
  /** What it failed with. */
  error: string | undefined;
}

/** The API is not made so that this can be done. */
export class BadIntegration extends Error {}

/** A function that is late runs on. */
export class FunctionIsLate extends Error {}

/** Invokes functions for HTTP and WebSocket APIs, through the functions' own doors. Rejects with Lambda's refusal, as an ApiError, or with one of those above. */
export const createInvoke = ({ call, wall, random }: Needs) => {
  const apiCallerOf = createApiCallers({ call, wall });
  const callerOf = async ({ api, signer }: OnBehalf, { credentials, sourceArn }: AskedOfFunction): Promise<Caller> => {
    if (credentials !== CALLERS_OWN) return apiCallerOf(api, credentials === "" ? undefined : credentials, sourceArn);
    if (signer === undefined) throw new BadIntegration("the integration is to run as its caller, but the route does not ask for a signature (AWS_IAM)");
    return signer;
  };

  return async (behalf: OnBehalf, asked: AskedOfFunction): Promise<FunctionAnswer> => {
    const { uri = "", payload, timeoutMs, isEvent } = asked;
    const called = functionOfUri(uri, behalf.variables);
    if (called === undefined) throw new BadIntegration(`the URI names no function: ${uri}`);
    const { arn, account, region } = called;
    // The invocation's own, as on AWS; the ledger joins it with the gateway's by their trace.
    const requestId = random.uuid();
    const as = await callerOf(behalf, asked);
    const answer = call("lambda", "Invoke", { FunctionName: arn, Payload: payload, ...(isEvent === true ? { InvocationType: "Event" as const } : {}) }, { as, account, region, trace: behalf.trace, requestId });
    const { Payload, FunctionError } = await within(wall, timeoutMs, answer, () => new FunctionIsLate(`${arn} did not answer within ${timeoutMs} ms`));
    const bytes = Buffer.from(Payload ?? "");
    return FunctionError === undefined ? { requestId, payload: bytes, error: undefined } : { requestId, payload: undefined, error: bytes.toString("utf8") };
  };
};

export type Invoke = ReturnType<typeof createInvoke>;
