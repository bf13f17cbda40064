import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { RESPONSE_BYTES_MAX } from "../kit/limits.ts";
import type { Invocation } from "./executor.ts";

/** What the runtime told, by the call it made. */
export interface RuntimeEvents {
  /** It is ready for an invocation: the end of INIT, or of the invocation before. */
  next(): void;
  response(payload: Buffer): void;
  responseTooLarge(): void;
  error(errorType: string, payload: Buffer): void;
  initError(errorType: string, payload: Buffer): void;
}

export interface RuntimeApi {
  handleConnection(socket: Socket): void;
  /** Hands the event to the runtime that waits for it. Only this invocation may be answered. */
  send(invocation: Invocation, deadlineMs: number): void;
  close(): void;
}

const BASE = "/2018-06-01/runtime";
const ANSWER = new RegExp(`^${BASE}/invocation/([^/]+)/(response|error)$`);

const reply = (response: ServerResponse, status: number, value: unknown) => {
  const body = JSON.stringify(value);
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
};
const fault = (response: ServerResponse, status: number, errorType: string, errorMessage: string) => reply(response, status, { errorMessage, errorType });
const refuse = (response: ServerResponse, from: string, to: string) =>
  fault(response, 403, "InvalidStateTransition", `State transition from ${from} to ${to} failed for runtime. Error: State transition is not allowed`);

/** The whole body, or undefined when it is longer than it may be: the rest is read, and not kept. */
const read = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total <= RESPONSE_BYTES_MAX) chunks.push(chunk);
    else chunks.length = 0;
  }
  return total > RESPONSE_BYTES_MAX ? undefined : Buffer.concat(chunks);
};

/** JSON that fits into a header: what is not ASCII is escaped. */
const ascii = (json: string): string => json.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

const traceHeader = ({ trace, requestId }: Invocation): string =>
  `Root=${trace.id};Parent=${requestId.replaceAll("-", "").slice(-16)};Sampled=0${trace.lineage === undefined ? "" : `;Lineage=${trace.lineage}`}`;

const headersOf = (invocation: Invocation, deadlineMs: number): Record<string, string> => ({
  "content-type": "application/json",
  "content-length": String(invocation.payload.length),
  "lambda-runtime-aws-request-id": invocation.requestId,
  "lambda-runtime-deadline-ms": String(deadlineMs),
  "lambda-runtime-invoked-function-arn": invocation.invokedFunctionArn,
  "lambda-runtime-trace-id": traceHeader(invocation),
  ...(invocation.clientContext === undefined ? {} : { "lambda-runtime-client-context": ascii(invocation.clientContext) }),
  ...(invocation.cognitoIdentity === undefined ? {} : { "lambda-runtime-cognito-identity": ascii(invocation.cognitoIdentity) }),
  ...(invocation.tenantId === undefined ? {} : { "lambda-runtime-aws-tenant-id": invocation.tenantId }),
});

const errorTypeOf = (request: IncomingMessage): string => {
  const type = request.headers["lambda-runtime-function-error-type"];
  return typeof type === "string" && type !== "" ? type : "Runtime.Unknown";
};

/**
 * The Runtime API of one environment, on its own listener: which listener a call came in on is the identity of the environment, so
 * there is no way to answer for another one. Source: "Using the Lambda runtime API for custom runtimes"; refusals as AWS's runtime
 * interface emulator words them.
 */
export const createRuntimeApi = (events: RuntimeEvents): RuntimeApi => {
  /** The runtime's open request for an invocation, and the invocation that waits for such a request. */
  let waiting: ServerResponse | undefined;
  let ready: { invocation: Invocation; deadlineMs: number } | undefined;
  /** Delivered and not answered yet; answered last. */
  let running: string | undefined;
  let answered: string | undefined;
  let isInitialized = false;

  const deliver = () => {
    if (waiting === undefined || ready === undefined) return;
    const [response, { invocation, deadlineMs }] = [waiting, ready];
    waiting = ready = undefined;
    running = invocation.requestId;
    response.writeHead(200, headersOf(invocation, deadlineMs)).end(invocation.payload);
  };
  const onNext = (response: ServerResponse) => {
    if (running !== undefined) return refuse(response, "Running", "Ready");
    isInitialized = true;
    // Who asks anew has given up the request before, even if its end is not seen here yet.
    if (waiting !== undefined) refuse(waiting, "Ready", "Ready");
    waiting = response;
    response.once("close", () => {
      if (waiting === response) waiting = undefined;
    });
    // It may have asked before, and lost its connection when an event was on its way.
    if (ready === undefined) events.next();
    else deliver();
  };
  const onAnswer = async (request: IncomingMessage, response: ServerResponse, requestId: string, kind: string) => {
    const body = await read(request);
    if (requestId !== running) {
      if (requestId === answered) return refuse(response, "Ready", kind === "response" ? "InvocationResponse" : "InvocationErrorResponse");
      return fault(response, 400, "InvalidRequestID", "Invalid request ID");
    }
    running = undefined;
    answered = requestId;
    if (body === undefined) {
      events.responseTooLarge();
      return fault(response, 413, "RequestEntityTooLarge", `Exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`);
    }
    reply(response, 202, { status: "OK" });
    if (kind === "response") events.response(body);
    else events.error(errorTypeOf(request), body);
  };
  const onInitError = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await read(request);
    if (isInitialized) return refuse(response, "Ready", "InitError");
    events.initError(errorTypeOf(request), body ?? Buffer.from("{}"));
    reply(response, 202, { status: "OK" });
  };

  // Node keeps no account of the connections of a server that does not listen itself.
  const sockets = new Set<Socket>();
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
    handleConnection(socket) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      server.emit("connection", socket);
    },
    send(invocation, deadlineMs) {
      ready = { invocation, deadlineMs };
      deliver();
    },
    close: () => sockets.forEach((socket) => socket.destroy()),
  };
};
