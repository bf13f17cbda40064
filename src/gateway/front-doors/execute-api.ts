import type { NamedPolicy } from "../../iam/document.ts";
import type { ApiError } from "../../kit/api-error.ts";
import type { Caller } from "../../kit/caller.ts";
import type { Trace } from "../../kit/ledger.ts";
import { loadServiceModel } from "../../protocol/models.ts";
import type { RequestContext } from "../../services/service.ts";
import type { AnyService } from "../any-service.ts";
import { createAuthorize } from "../authorize.ts";
import type { GatewayRequest } from "../dispatch.ts";
import type { GatewayNeeds } from "../needs.ts";
import { sourceIp } from "./headers.ts";

export interface AskedOfApi {
  caller: Caller;
  api: { account: string; region: string };
  action: "execute-api:Invoke" | "execute-api:ManageConnections";
  /** `arn:aws:execute-api:<region>:<account>:<api>/<stage>/<METHOD>/<path>` */
  resource: string;
  /** Of the API, where it has one. */
  resourcePolicy?: NamedPolicy | undefined;
  request: GatewayRequest;
  requestId: string;
  trace: Trace;
}

const never = new AbortController().signal;

/** Whether somebody may call an API, by the same evaluation, and with the same entries in the ledger, as for AWS's own APIs. Resolves to the refusal. */
export const createExecuteApiAuthorize = (needs: GatewayNeeds) => {
  const { refusalOf } = createAuthorize(needs);

  return async ({ caller, api, action, resource, resourcePolicy, request, requestId, trace }: AskedOfApi): Promise<ApiError | undefined> => {
    const service: AnyService = { handlers: {}, permissions: {}, resourcePolicy: async () => resourcePolicy };
    const context: RequestContext = {
      caller, account: api.account, region: api.region, requestId, trace, endpoint: request.endpoint, source: { ip: sourceIp(request), userAgent: request.headers["user-agent"] ?? "" }, signal: never, responseHeaders: {}, trailers: {}, isInternal: false,
      refusalOf: async () => undefined,
    };
    const asked = { model: loadServiceModel("execute-api"), service, operation: action.slice("execute-api:".length), input: {}, context };
    return refusalOf(asked, { action, resource });
  };
};
