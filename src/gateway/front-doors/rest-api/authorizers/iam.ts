import { isApiError, type ApiError } from "../../../../kit/api-error.ts";
import { anonymous, type Caller } from "../../../../kit/caller.ts";
import type { createExecuteApiAuthorize } from "../../execute-api.ts";
import type { createSignedCaller } from "../../signed-caller.ts";
import { methodArn, type Exchange } from "../exchange.ts";
import { GatewayFailure } from "../gateway-failure.ts";

interface Needs {
  signedCaller: ReturnType<typeof createSignedCaller>;
  refusalOf: ReturnType<typeof createExecuteApiAuthorize>;
}

/** As API Gateway words it: the API's account is not told whole, nor which policy was missing. */
const denied = ({ message }: ApiError): GatewayFailure =>
  new GatewayFailure("ACCESS_DENIED", { message: message.replace(/ because .*$/s, "").replace(/(arn:aws:execute-api:[a-z0-9-]+:)\d{8}(\d{4}:)/g, "$1********$2"), reason: message });

/** Whom the signature stands for. */
const unsigned = (error: unknown): never => {
  if (!isApiError(error)) throw error;
  const isExpired = error.code === "ExpiredTokenException";
  throw new GatewayFailure(isExpired ? "EXPIRED_TOKEN" : "INVALID_SIGNATURE", { message: error.message, ...(isExpired ? {} : { code: error.code }) });
};

const note = (exchange: Exchange, caller: Caller): void => {
  exchange.caller = caller;
  Object.assign(exchange.identity, { accessKey: "accessKeyId" in caller ? (caller.accessKeyId ?? null) : null, accountId: caller.account, caller: caller.userId, user: caller.userId, userArn: caller.arn });
};

/** AWS_IAM, and the API's own resource policy where nobody is asked to sign. Source: "How API Gateway resource policies affect authorization workflow". */
export const createIamAuthorization = ({ signedCaller, refusalOf }: Needs) => {
  const ask = async (exchange: Exchange, caller: Caller): Promise<void> => {
    const { policy, account, region } = exchange.serving.compiled;
    const { requestId, trace, request } = exchange;
    const refusal = await refusalOf({ caller, api: { account, region }, action: "execute-api:Invoke", resource: methodArn(exchange), resourcePolicy: policy, request, requestId, trace });
    if (refusal !== undefined) throw denied(refusal);
  };
  return {
    async signed(exchange: Exchange): Promise<void> {
      const caller = await signedCaller(exchange.request, exchange.body, exchange.serving.compiled.region).catch(unsigned);
      if (caller === undefined) throw new GatewayFailure("MISSING_AUTHENTICATION_TOKEN");
      note(exchange, caller);
      await ask(exchange, caller);
    },
    /** Nobody is asked who they are: what the policy does not allow is refused. */
    async open(exchange: Exchange): Promise<void> {
      if (exchange.serving.compiled.policy !== undefined) await ask(exchange, anonymous);
    },
  };
};

export type IamAuthorization = ReturnType<typeof createIamAuthorization>;
