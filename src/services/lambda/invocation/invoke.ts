import { isUtf8 } from "node:buffer";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { FunctionTarget, Invocation, InvocationOutcome, InvocationReport } from "../../../executor/executor.ts";
import { ApiError } from "../../../kit/api-error.ts";
import { ASYNC_PAYLOAD_BYTES_MAX, CLIENT_CONTEXT_BYTES_MAX, SYNC_PAYLOAD_BYTES_MAX } from "../../../kit/limits/lambda.ts";
import { formatTraceHeader } from "../../../kit/trace-header.ts";
import type { RequestContext } from "../../service.ts";
import { conflict, functionNotFound, notBuilt } from "../errors.ts";
import { jsonComplaint, utf8Complaint } from "./json-complaint.ts";
import { parseFunctionName, type FunctionName } from "../names.ts";
import type { LambdaHandlers, LambdaNeeds } from "../needs.ts";
import type { FunctionReader } from "../functions/reader.ts";
import { createResponseStream } from "./response-stream.ts";
import { getInvoked, toTarget } from "../versions/resolve.ts";
import { getFunction, isSettling, type FunctionRecord } from "../functions/state.ts";
import { checkTenant } from "./tenancy.ts";

type Answer = Pick<InvocationReport, "outcome"> & Partial<Pick<InvocationReport, "logTail">>;
type InvocationType = "RequestResponse" | "Event" | "DryRun";
type Input = Parameters<NonNullable<LambdaHandlers["Invoke"]>>[0] | Parameters<NonNullable<LambdaHandlers["InvokeWithResponseStream"]>>[0];

const EMPTY = Buffer.from("{}");

const unreadable = (message: string): ApiError => new ApiError("InvalidRequestContentException", message, { status: 400, members: { Type: "User" } });

const checkSize = (payload: Buffer, type: InvocationType) => {
  const limit = type === "Event" ? ASYNC_PAYLOAD_BYTES_MAX : SYNC_PAYLOAD_BYTES_MAX;
  if (payload.length > limit) throw new ApiError("RequestTooLargeException", `${payload.length} byte payload is too large for the ${type} invocation type (limit ${limit} bytes)`, { status: 413, members: { Type: "User" } });
};

/** The event goes to the handler as it came, byte for byte; it is only asked to be JSON. */
const checkJson = (payload: Buffer) => {
  const refuse = (complaint: string) => unreadable(`Could not parse request body into json: Could not parse payload into json: ${complaint}`);
  if (!isUtf8(payload)) throw refuse(utf8Complaint(payload));
  const text = payload.toString("utf8");
  try {
    JSON.parse(text);
  } catch {
    throw refuse(jsonComplaint(text));
  }
};

/** It travels in a header to the runtime, which the Runtime API makes ASCII: one line, as it came if it is that. */
const clientContextOf = (base64: string | undefined): string | undefined => {
  if (base64 === undefined) return undefined;
  if (base64.length > CLIENT_CONTEXT_BYTES_MAX) throw unreadable(`Client context must not be longer than ${CLIENT_CONTEXT_BYTES_MAX} bytes.`);
  const text = Buffer.from(base64, "base64").toString("utf8");
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) throw new Error("no object");
    return /^[ -~]*$/.test(text) ? text : JSON.stringify(value);
  } catch {
    throw unreadable("Client context must be a valid Base64-encoded JSON object.");
  }
};

/** The three ways to invoke. */
export const invokeHandlers = ({ store, scheduler, queue, clock, random, log, read }: LambdaNeeds & { read: FunctionReader }) => {
  /** Unqualified, it is the one that the door was asked about; an alias with weights is drawn here. */
  const look = async ({ name, qualifier, arn, ...at }: FunctionName, context: RequestContext): Promise<FunctionRecord> => {
    if (qualifier !== undefined && qualifier !== "$LATEST") return store.read(() => getInvoked(at, name, qualifier, random));
    const latest = await read(at, name, context);
    if (latest === undefined) throw functionNotFound(arn);
    return latest;
  };

  const refuseBeforeActive = (record: FunctionRecord) => {
    if (!record.isCreated && isSettling(record, clock)) throw conflict("The operation cannot be performed at this time. The function is currently in the following state: Pending");
  };
  const queueEvent = async (record: FunctionRecord, { arn, qualifier }: FunctionName, payload: Buffer, { requestId, trace, isKept }: RequestContext, tenantId?: string) => {
    const event = {
      requestId, traceId: trace.id, account: record.account, region: record.region, functionName: record.name, payload, invokedFunctionArn: arn,
      ...(trace.lineage === undefined ? {} : { lineage: trace.lineage }),
      ...(qualifier === undefined ? {} : { qualifier }),
      ...(tenantId === undefined ? {} : { tenantId }),
    };
    await queue.enqueue(event, isKept === undefined ? {} : { isKept });
    return { StatusCode: 202 };
  };
  /** Between looking and unpacking an update may have settled and let the package go: then what serves now is run. */
  const run = async (record: FunctionRecord, attempt: (target: FunctionTarget) => Promise<Answer>) => {
    const target = toTarget(record, clock);
    try {
      return await attempt(target);
    } catch (error) {
      const current = toTarget(await store.run(() => getFunction(record, record.name, record.version)), clock);
      if (current.revisionId === target.revisionId) throw error;
      return attempt(current);
    }
  };

  /** As soon as the runtime has given it; who asks for the log's tail waits for its last line, the report. What fails behind the answer is our own bug. */
  const answerOf = (target: FunctionTarget, invocation: Invocation, logType: string | undefined): Promise<Answer> => {
    if (logType === "Tail") return scheduler.invoke(target, invocation);
    return new Promise<Answer>((resolve, reject) => {
      let isAnswered = false;
      const answer = (outcome: InvocationOutcome) => {
        isAnswered = true;
        resolve({ outcome });
      };
      scheduler.invoke(target, invocation, answer).then(({ outcome }) => resolve({ outcome }), (error: unknown) => {
        if (isAnswered) log.error("an invocation failed behind its answer", { function: target.functionArn, requestId: invocation.requestId, error: String(error) });
        reject(error);
      });
    });
  };

  /** What is asked for, looked at: who is to run, with what. */
  const take = async (input: Input, context: RequestContext) => {
    context.responseHeaders["x-amzn-trace-id"] = formatTraceHeader(context.trace);
    const type = (input.InvocationType ?? "RequestResponse") as InvocationType;
    const given = input.Payload as unknown as Buffer | undefined;
    const payload = given === undefined || given.length === 0 ? EMPTY : given;
    checkSize(payload, type);
    const named = parseFunctionName(input.FunctionName!, context, input.Qualifier);
    const record = await look(named, context);
    // Another service asks whether it might invoke, not for whom.
    if (type !== "DryRun" || !context.isInternal) checkTenant(record, input.TenantId);
    if (type !== "DryRun") {
      checkJson(payload);
      refuseBeforeActive(record);
    }
    const clientContext = type === "RequestResponse" ? clientContextOf(input.ClientContext) : undefined;
    const invocation: Invocation = {
      requestId: context.requestId, trace: context.trace, payload, invokedFunctionArn: named.arn,
      ...(clientContext === undefined ? {} : { clientContext }),
      ...(input.TenantId === undefined ? {} : { tenantId: input.TenantId }),
    };
    return { type, named, record, payload, invocation };
  };

  return {
    /** What Invoke with the type Event was before: deprecated, and still called. */
    async InvokeAsync(input, context) {
      const named = parseFunctionName(input.FunctionName!, context);
      const record = await look(named, context);
      const payload = await buffer(input.InvokeArgs as unknown as Readable);
      checkSize(payload, "Event");
      checkTenant(record, undefined);
      checkJson(payload);
      refuseBeforeActive(record);
      return { Status: (await queueEvent(record, named, payload, context)).StatusCode };
    },

    async Invoke(input, context) {
      // AWS sends it with every answer of Invoke.
      context.responseHeaders["x-amzn-remapped-content-length"] = "0";
      if (input.DurableExecutionName !== undefined) throw notBuilt("A durable execution (DurableExecutionName)", "leave it out");
      const asked = await take(input, context);
      if (asked.type === "DryRun") return { StatusCode: 204 };
      if (asked.type === "Event") return queueEvent(asked.record, asked.named, asked.payload, context, input.TenantId);
      const { outcome, logTail } = await run(asked.record, (target) => answerOf(target, asked.invocation, input.LogType));
      context.responseHeaders["content-type"] = "application/json";
      return {
        StatusCode: 200,
        ExecutedVersion: asked.record.version,
        Payload: outcome.payload as never,
        ...(outcome.kind === "error" ? { FunctionError: "Unhandled" } : {}),
        ...(logTail === undefined ? {} : { LogResult: logTail.toString("base64") }),
      };
    },

    /** Answers with the first byte of the response, or with its end; what comes before that is refused as Invoke refuses it. */
    async InvokeWithResponseStream(input, context) {
      const asked = await take(input, context);
      if (asked.type === "DryRun") return { StatusCode: 204 };
      const stream = createResponseStream(context.signal);
      const answer = run(asked.record, (target) => answerOf(target, { ...asked.invocation, receiver: stream.receiver }, input.LogType));
      const contentType = await Promise.race([stream.begun, answer.then(() => undefined)]);
      return {
        StatusCode: 200,
        ExecutedVersion: asked.record.version,
        EventStream: stream.events(answer),
        // On the wire the header is the event stream's own.
        ...(context.isInternal && contentType !== undefined ? { ResponseStreamContentType: contentType } : {}),
      };
    },
  } satisfies LambdaHandlers;
};
