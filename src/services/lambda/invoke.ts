import type { Invocation } from "../../executor/executor.ts";
import { ApiError } from "../../kit/api-error.ts";
import { ASYNC_PAYLOAD_BYTES_MAX, CLIENT_CONTEXT_BYTES_MAX, SYNC_PAYLOAD_BYTES_MAX } from "../../kit/limits.ts";
import type { RequestContext } from "../service.ts";
import { parseFunctionName } from "./names.ts";
import type { LambdaHandlers, LambdaNeeds } from "./needs.ts";
import { toTarget } from "./resolve.ts";
import { getFunction, isSettling, type FunctionRecord } from "./state.ts";

type InvocationType = "RequestResponse" | "Event" | "DryRun";

const EMPTY = Buffer.from("{}");

const checkSize = (payload: Buffer, type: InvocationType) => {
  const limit = type === "Event" ? ASYNC_PAYLOAD_BYTES_MAX : SYNC_PAYLOAD_BYTES_MAX;
  if (payload.length > limit) throw new ApiError("RequestTooLargeException", `${payload.length} byte payload is too large for the ${type} invocation type (limit ${limit} bytes)`, { status: 413, members: { Type: "User" } });
};

/** The event goes to the handler as it came; it is only asked to be JSON. */
const checkJson = (payload: Buffer) => {
  try {
    JSON.parse(payload.toString("utf8"));
  } catch (error) {
    throw new ApiError("InvalidRequestContentException", `Could not parse request body into json: Could not parse payload into json: ${(error as Error).message}`, { status: 400, members: { Type: "User" } });
  }
};

const clientContextOf = (base64: string | undefined): string | undefined => {
  if (base64 === undefined) return undefined;
  if (base64.length > CLIENT_CONTEXT_BYTES_MAX) throw new ApiError("InvalidRequestContentException", `Client context must not be longer than ${CLIENT_CONTEXT_BYTES_MAX} bytes.`, { status: 400 });
  const text = Buffer.from(base64, "base64").toString("utf8");
  try {
    JSON.parse(text);
  } catch {
    throw new ApiError("InvalidRequestContentException", "Client context must be a valid Base64-encoded JSON object.", { status: 400 });
  }
  // It travels in a header to the runtime: one line.
  return JSON.stringify(JSON.parse(text));
};

/** The three ways to invoke. */
export const invokeHandlers = ({ store, scheduler, queue, clock }: LambdaNeeds) => {
  const refuseBeforeActive = (record: FunctionRecord) => {
    if (!record.isCreated && isSettling(record, clock)) {
      throw new ApiError("ResourceConflictException", "The operation cannot be performed at this time. The function is currently in the following state: Pending", { status: 409, members: { Type: "User" } });
    }
  };
  const queueEvent = async (record: FunctionRecord, qualifier: string | undefined, payload: Buffer, { requestId, trace }: RequestContext) => {
    await queue.enqueue({
      requestId, traceId: trace.id, account: record.account, region: record.region, functionName: record.name, payload,
      invokedFunctionArn: qualifier === undefined ? record.arn : `${record.arn}:${qualifier}`,
      ...(trace.lineage === undefined ? {} : { lineage: trace.lineage }),
      ...(qualifier === undefined ? {} : { qualifier }),
    });
    return { StatusCode: 202 };
  };

  return {
    async Invoke(input, context) {
      const type = (input.InvocationType ?? "RequestResponse") as InvocationType;
      const given = input.Payload as unknown as Buffer | undefined;
      const payload = given === undefined || given.length === 0 ? EMPTY : given;
      checkSize(payload, type);
      const parsed = parseFunctionName(input.FunctionName!, context, input.Qualifier);
      const record = await store.run(() => getFunction({ ...parsed, region: context.region }, parsed.name, parsed.qualifier));
      if (input.TenantId !== undefined) throw new ApiError("NotImplemented", "Tenant isolation is not built in this version of lambdad", { status: 501 });
      if (input.DurableExecutionName !== undefined) throw new ApiError("NotImplemented", "Durable executions are not built in this version of lambdad", { status: 501 });
      if (type === "DryRun") return { StatusCode: 204 };
      checkJson(payload);
      refuseBeforeActive(record);
      if (type === "Event") return queueEvent(record, parsed.qualifier, payload, context);
      const clientContext = clientContextOf(input.ClientContext);
      const invocation: Invocation = {
        requestId: context.requestId,
        trace: context.trace,
        payload,
        invokedFunctionArn: parsed.qualifier === undefined ? record.arn : `${record.arn}:${parsed.qualifier}`,
        ...(clientContext === undefined ? {} : { clientContext }),
      };
      const { outcome, logTail } = await scheduler.invoke(toTarget(record), invocation);
      context.responseHeaders["content-type"] = "application/json";
      return {
        StatusCode: 200,
        ExecutedVersion: "$LATEST",
        Payload: outcome.payload as never,
        ...(outcome.kind === "error" ? { FunctionError: "Unhandled" } : {}),
        ...(input.LogType === "Tail" ? { LogResult: logTail.toString("base64") } : {}),
      };
    },
  } satisfies LambdaHandlers;
};
