import { ApiError, isApiError } from "../kit/api-error.ts";
import type { CallOptions } from "../kit/call.ts";
import type { Operation, ServiceModel } from "../protocol/schema.ts";
import { validate } from "../protocol/validate.ts";
import type { Permission, RequestContext } from "../services/service.ts";
import type { AnyService } from "./any-service.ts";
import { createAuthorize } from "./authorize.ts";
import type { GatewayNeeds } from "./needs.ts";

export const notBuilt = (model: ServiceModel, operation: string): ApiError =>
  new ApiError("NotImplemented", `${model.sdkId} ${operation} is not built in this version of lambdad. docs/coverage.md lists what is.`, { status: 501 });

type Asking = Pick<CallOptions, "expects" | "isQuestion">;

/** What the wire and `call` have in common: validate → check → authorize → handle. A failure is written to the ledger before it is thrown. */
export const createPerform = (needs: GatewayNeeds) => {
  const { authorize, refusalOf } = createAuthorize(needs);

  const load = async (model: ServiceModel): Promise<AnyService | undefined> => (await needs.services[model.name]?.()) as AnyService | undefined;

  const recordFailure = (service: AnyService, operation: string, input: unknown, context: RequestContext, error: ApiError) => {
    needs.ledger.record({
      traceId: context.trace.id,
      kind: "request",
      account: context.account,
      region: context.region,
      keys: [context.requestId, ...(service.ledgerKeys?.(operation, input, context) ?? [])],
      summary: `${operation} by ${context.caller.type === "service" ? context.caller.service : context.caller.arn} is refused: ${error.code}`,
      detail: { operation, code: error.code, message: error.message, members: error.members },
    });
  };

  return async (model: ServiceModel, operation: Operation, input: unknown, given: Omit<RequestContext, "refusalOf">, { expects = [], isQuestion = false }: Asking = {}): Promise<unknown> => {
    const service = await load(model);
    const handler = service?.handlers[operation.name];
    if (service === undefined || handler === undefined) throw notBuilt(model, operation.name);
    const context: RequestContext = Object.assign(given, { refusalOf: (permission: Permission) => refusalOf(asked, permission) });
    const asked = { model, service, operation: operation.name, input, context };
    try {
      validate(model, operation, input as Record<string, unknown>);
      await service.check?.(operation.name, input, context);
      await authorize(asked);
      return isQuestion ? {} : await handler(input, context);
    } catch (error) {
      if (isApiError(error) && expects !== "all" && !expects.includes(error.code)) recordFailure(service, operation.name, input, context, error);
      throw error;
    }
  };
};
