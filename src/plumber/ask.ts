import { isApiError } from "../kit/api-error.ts";
import type { CallOptions } from "../kit/call.ts";

export type Asking = Pick<CallOptions, "trace" | "signal">;

/** False when AWS would refuse it, for whatever reason. */
export const isTaken = async (asked: Promise<unknown>): Promise<boolean> => {
  try {
    await asked;
    return true;
  } catch (error) {
    if (!isApiError(error)) throw error;
    return false;
  }
};
