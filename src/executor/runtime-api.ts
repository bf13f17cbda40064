import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { RESPONSE_BYTES_MAX } from "../kit/limits.ts";
import type { Invocation } from "./executor.ts";

/** What the runtime told, by the call it made. */
export interface RuntimeEvents {
  /** It is ready for an invocation: the end of INIT, or of the invocation before. */
  next(): void;
  response(requestId: string, payload: Buffer): void;
  responseTooLarge(requestId: string): void;
  error(requestId: string, errorType: string | undefined, payload: Buffer): void;
  initError(errorType: string | undefined, payload: Buffer): void;
}

export interface RuntimeApi {
  handleConnection(socket: Socket): void;
  /** Hands the event to the runtime that waits for it. */
  send(invocation: Invocation, deadlineMs: number): void;
  /** What a late answer is measured by: only this one may be answered. */
  expect(requestId: string | undefined): void;
  close(): void;
}

const BASE = "/2018-06-01/runtime";
const ANSWER = new RegExp(`^${BASE}/invocation/([^/]+)/(response|error)$`);
/** An error report of user code; what is longer is cut off by refusing it. */
const ERROR_BYTES_MAX = 256 * 1024;

const reply = (response: ServerResponse, status: number, value: unknown) => {
  const body = JSON.stringify(value);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
};
const fault = (response: ServerResponse, status: number, errorType: string, errorMessage: string) => reply(response, status, { errorMessage, errorType });

/** The whole body, or undefined when it is longer than it may be. */
const read = async (request: IncomingMessage, limit: number): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total <= limit) chunks.push(chunk);
  }
  return total > limit ? undefined : Buffer.concat(chunks);
};

const headersOf = (invocation: Invocation, deadlineMs: number): Record<string, string> => ({
  "content-type": "application/json",
  "content-length": String(invocation.payload.length),
  "lambda-runtime-aws-request-id": invocation.requestId,
  "lambda-runtime-deadline-ms": String(deadlineMs),
  "lambda-runtime-invoked-function-arn": invocation.invokedFunctionArn,
  "lambda-runtime-trace-id": `Root=${invocation.trace.id};Sampled=0${invocation.trace.lineage === undefined ? "" : `;Lineage=${invocation.trace.lineage}`}`,
  ...(invocation.clientContext === undefined ? {} : { "lambda-runtime-client-context": invocation.clientContext }),
  ...(invocation.cognitoIdentity === undefined ? {} : { "lambda-runtime-cognito-identity": invocation.cognitoIdentity }),
  ...(invocation.tenantId === undefined ? {} : { "lambda-runtime-aws-tenant-id": invocation.tenantId }),
});

/**
 * The Runtime API of one environment, on its own listener: which listener a call came in on is the identity of the environment, so
 * there is no way to answer for another one. Source: "Using the Lambda runtime API for custom runtimes".
 */
export const createRuntimeApi = (events: RuntimeEvents): RuntimeApi => {
  let waiting: ServerResponse | undefined;
  let ready: { invocation: Invocation; deadlineMs: number } | undefined;
  let expected: string | undefined;

  const deliver = () => {
    if (waiting === undefined || ready === undefined) return;
    const [response, { invocation, deadlineMs }] = [waiting, ready];
    waiting = ready = undefined;
    response.writeHead(200, headersOf(invocation, deadlineMs)).end(invocation.payload);
  };
  const onNext = (response: ServerResponse) => {
    if (waiting !== undefined) return fault(response, 403, "InvalidStateTransition", "Another request for the next invocation is waiting");
    waiting = response;
    response.once("close", () => {
      if (waiting === response) waiting = undefined;
    });
    events.next();
    deliver();
  };
  const onAnswer = async (request: IncomingMessage, response: ServerResponse, requestId: string, kind: string) => {
    const body = await read(request, kind === "response" ? RESPONSE_BYTES_MAX : ERROR_BYTES_MAX);
    if (requestId !== expected) return fault(response, 400, "InvalidRequestID", "Invalid request ID");
    expected = undefined;
    if (body === undefined) {
      events.responseTooLarge(requestId);
      return fault(response, 413, "RequestEntityTooLarge", `Exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`);
    }
    reply(response, 202, { status: "OK" });
    if (kind === "response") events.response(requestId, body);
    else events.error(requestId, errorTypeOf(request), body);
  };
  const onInitError = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await read(request, ERROR_BYTES_MAX);
    events.initError(errorTypeOf(request), body ?? Buffer.alloc(0));
    reply(response, 202, { status: "OK" });
  };

  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
    request.on("error", () => {});
    const { method, url = "" } = request;
    const answer = ANSWER.exec(url);
    if (method === "GET" && url === `${BASE}/invocation/next`) return onNext(response);
    if (method === "POST" && answer !== null) return void onAnswer(request, response, answer[1]!, answer[2]!).catch(() => response.destroy());
    if (method === "POST" && url === `${BASE}/init/error`) return void onInitError(request, response).catch(() => response.destroy());
    fault(response, 404, "NotFound", `${method} ${url} is not part of the Runtime API that is built`);
  });

  return {
    handleConnection: (socket) => void server.emit("connection", socket),
    send(invocation, deadlineMs) {
      ready = { invocation, deadlineMs };
      expected = invocation.requestId;
      deliver();
    },
    expect: (requestId) => void (expected = requestId),
    close: () => server.closeAllConnections(),
  };
};

const errorTypeOf = (request: IncomingMessage): string | undefined => {
  const type = request.headers["lambda-runtime-function-error-type"];
  return typeof type === "string" && type !== "" ? type : undefined;
};
