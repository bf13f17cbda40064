import { assumeExecutionRole } from "../../executor/credentials.ts";
import type { EnvironmentCredentials, FunctionTarget } from "../../executor/executor.ts";
import type { Call } from "../../kit/call.ts";
import { wallNow } from "../../kit/clock.ts";
import { CREDENTIALS_MARGIN_MS } from "../../kit/limits/lambda.ts";
import type { Identity } from "./source.ts";

/** The execution role of the function that a mapping invokes. */
export const createFunctionIdentity = ({ call }: { call: Call }): Identity<FunctionTarget> => {
  let assumed: { roleArn: string; credentials: Promise<EnvironmentCredentials>; expiresAt: number } | undefined;
  return {
    async callerOf(target) {
      if (assumed?.roleArn !== target.roleArn || assumed.expiresAt - CREDENTIALS_MARGIN_MS < wallNow()) {
        const fresh = { roleArn: target.roleArn, credentials: assumeExecutionRole(call, target), expiresAt: Infinity };
        assumed = fresh;
        fresh.credentials.then(({ expiresAt }) => (fresh.expiresAt = expiresAt), () => (fresh.expiresAt = 0));
      }
      return (await assumed.credentials).caller;
    },
    forget: () => void (assumed = undefined),
  };
};
