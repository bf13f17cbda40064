import { isApiError } from "../../../kit/api-error.ts";
import { BadIntegration, createInvoke, FunctionIsLate, type AskedOfFunction, type FunctionAnswer } from "../invoke-function.ts";
import { Refused } from "./refusals.ts";
import type { Turn } from "./turn.ts";

const refusalOf = (error: unknown): unknown => {
  if (error instanceof FunctionIsLate) return new Refused("late", error.message);
  return error instanceof BadIntegration || isApiError(error) ? new Refused("failed", error.message) : error;
};

/** Invokes a function for a turn. What stands against it ends the turn. */
export const createInvokeFunction = (needs: Parameters<typeof createInvoke>[0]) => {
  const invoke = createInvoke(needs);
  return ({ served: { api, variables }, trace, connection: { signer } }: Turn, asked: AskedOfFunction): Promise<FunctionAnswer> =>
    invoke({ api, variables, trace, signer }, asked).catch((error: unknown) => { throw refusalOf(error); });
};

export type InvokeFunction = ReturnType<typeof createInvokeFunction>;
