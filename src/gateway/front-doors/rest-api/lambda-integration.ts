import type { Integration } from "@aws-sdk/client-api-gateway";
import { isApiError } from "../../../kit/api-error.ts";
import type { CallOptions } from "../../../kit/call.ts";
import type { Caller } from "../../../kit/caller.ts";
import { SYNC_PAYLOAD_BYTES_MAX } from "../../../kit/limits/lambda.ts";
import { CALLERS_OWN, createApiCallers, functionOfUri, type ApiRoles, type IntegratedFunction } from "../integrated-function.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import { timeoutOf, withinDeadline } from "./deadline.ts";
import { sourceArn, type Exchange } from "./exchange.ts";
import { GatewayFailure, misconfigured } from "./gateway-failure.ts";

export interface FunctionAnswer {
  payload: Buffer;
  isError: boolean;
  /** 202 of an event that was taken. */
  status: number;
}

export interface FunctionRequest {
  payload: Buffer;
  isEvent?: boolean;
  tenantId?: string;
}

type Needs = Pick<FrontDoorNeeds, "call" | "wall" | "random"> & { roles: ApiRoles };

/** What the Lambda API refused is the API's own fault to a client, who hears no more of it. */
const refused = (error: unknown): never => {
  if (!isApiError(error)) throw error;
  if (error.code === "RequestTooLargeException") throw new GatewayFailure("REQUEST_TOO_LARGE", { reason: error.message });
  throw misconfigured(
    error.code === "AccessDeniedException"
      ? `Execution failed due to configuration error: Invalid permissions on Lambda function: ${error.message}`
      : `Execution failed due to configuration error: the Lambda API answers ${error.code}: ${error.message}`,
  );
};

export const callersOwn = (credentials: string | undefined, caller: Caller | undefined): Caller | undefined => {
  if (credentials !== CALLERS_OWN) return undefined;
  if (caller === undefined) throw misconfigured("the integration wants the caller's own credentials, and the method knows no caller: its authorization must be AWS_IAM");
  return caller;
};

const targetOf = ({ httpMethod, uri = "" }: Integration, exchange: Exchange): IntegratedFunction => {
  if (httpMethod !== "POST") throw misconfigured("Execution failed due to configuration error: the method of an integration with Lambda must be POST");
  const target = functionOfUri(uri, exchange.serving.variables);
  if (target === undefined) throw misconfigured(`Execution failed due to configuration error: Invalid endpoint address: ${uri}`);
  exchange.log(() => `Endpoint request URI: https://lambda.${target.region}.amazonaws.com/2015-03-31/functions/${target.arn}/invocations`);
  return target;
};

/** Invokes the function of the method's integration through its own door: as API Gateway for this method, or as the integration's role. */
export const createInvokeFunction = (needs: Needs) => {
  const { call, wall, random } = needs;
  const callerOf = createApiCallers(needs);

  const prepare = async (exchange: Exchange, { payload, tenantId }: FunctionRequest) => {
    const integration = exchange.method!.methodIntegration!;
    const { arn, account, region } = targetOf(integration, exchange);
    if (payload.length > SYNC_PAYLOAD_BYTES_MAX) throw new GatewayFailure("REQUEST_TOO_LARGE");
    const as = callersOwn(integration.credentials, exchange.caller) ?? (await callerOf(exchange.serving.compiled, integration.credentials || undefined, sourceArn(exchange)).catch(refused));
    // The invocation's own, as on AWS; the ledger joins the two by their trace.
    const requestId = random.uuid();
    exchange.integration = { ...exchange.integration, requestId };
    const options: CallOptions = { as, account, region, trace: exchange.trace, requestId };
    return { integration, options, input: { FunctionName: arn, Payload: payload, ...(tenantId === undefined ? {} : { TenantId: tenantId }) } };
  };

  return {
    async invoke(exchange: Exchange, request: FunctionRequest): Promise<FunctionAnswer> {
      const { integration, options, input } = await prepare(exchange, request);
      const invoked = call("lambda", "Invoke", { ...input, ...(request.isEvent === true ? { InvocationType: "Event" as const } : {}) }, options).catch(refused);
      const { Payload, FunctionError, StatusCode } = await withinDeadline(invoked, timeoutOf(integration), wall);
      return { payload: Buffer.from(Payload ?? ""), isError: FunctionError !== undefined, status: StatusCode ?? 200 };
    },
    /** Of who goes away nothing more is read, and the function runs on. */
    async stream(exchange: Exchange, request: FunctionRequest) {
      const { integration, options, input } = await prepare(exchange, request);
      return withinDeadline(call("lambda", "InvokeWithResponseStream", input, { ...options, signal: exchange.request.departure.signal }).catch(refused), timeoutOf(integration), wall);
    },
  };
};

export type InvokeFunction = ReturnType<typeof createInvokeFunction>;
