import { isApiError, type ApiError } from "../../../kit/api-error.ts";
import { BadIntegration, createInvoke, FunctionIsLate, type AskedOfFunction, type FunctionAnswer } from "../invoke-function.ts";
import type { Passage } from "./passage.ts";
import { Refused } from "./refusals.ts";

/** Whose fault a refusal of Lambda is, to a client that must not be told more. */
const kindOf = ({ code }: ApiError): "unavailable" | "tooLarge" | "failed" => {
  switch (code) {
    case "TooManyRequestsException": return "unavailable";
    case "RequestTooLargeException": return "tooLarge";
    default: return "failed";
  }
};

const refusalOf = (error: unknown): unknown => {
  if (error instanceof BadIntegration) return new Refused("failed", error.message);
  if (error instanceof FunctionIsLate) return new Refused("unavailable", error.message);
  return isApiError(error) ? new Refused(kindOf(error), error.message) : error;
};

/** Invokes a function for a passage. What stands against it ends the passage. */
export const createInvokeFunction = (needs: Parameters<typeof createInvoke>[0]) => {
  const invoke = createInvoke(needs);
  return ({ served: { api, variables }, trace, authorization: { iam } }: Passage, asked: AskedOfFunction): Promise<FunctionAnswer> =>
    invoke({ api, variables, trace, signer: iam }, asked).catch((error: unknown) => { throw refusalOf(error); });
};

export type InvokeFunction = ReturnType<typeof createInvokeFunction>;
