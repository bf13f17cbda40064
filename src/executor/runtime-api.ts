import type { Socket } from "node:net";
import { RESPONSE_BYTES_MAX, STREAMED_RESPONSE_BYTES_MAX } from "../kit/limits/runtime.ts";
import { serveChannel } from "./channel.ts";
import type { Invocation, ResponseReceiver } from "./executor.ts";
import { invocationHeaders } from "./invocation-headers.ts";
import { fault, readBody, reply, type LocalApi } from "./local-api.ts";
import type { LocalRequest } from "./local-http/request.ts";
import type { LocalResponse } from "./local-http/response.ts";
import { createLocalServer } from "./local-http/server.ts";
import { errorTypeOf, midstreamError, passOn, responseModeOf } from "./response-body.ts";
import { createTurns, type Asker, type Running, type RuntimeEvents } from "./turns.ts";

export interface RuntimeApi {
  handleConnection(socket: Socket): void;
  /** The channel of a runtime client of ours: it takes its turns with whoever speaks HTTP. */
  serve(channel: Socket): void;
  /** Hands the event to the runtime that waits for it. Only this invocation may be answered. */
  send(invocation: Invocation, deadlineMs: number): void;
  /** What else answers on the same address: asked before a path is refused. */
  alsoServe(serve: LocalApi): void;
  close(): void;
}

const BASE = "/2018-06-01/runtime";
const ANSWER = new RegExp(`^${BASE}/invocation/([^/]+)/(response|error)$`);

const refuse = (response: LocalResponse, from: string, to: string) =>
  fault(response, 403, "InvalidStateTransition", `State transition from ${from} to ${to} failed for runtime. Error: State transition is not allowed`);

const NOTHING = Buffer.alloc(0);
const telling = (errorType: string, errorMessage: string) => [errorType, Buffer.from(JSON.stringify({ errorType, errorMessage }))] as const;
const INVALID_MODE = telling("Runtime.InvalidResponseModeHeader", "Invalid function response mode");
const STREAM_TOO_LARGE = telling("Function.ResponseSizeTooLarge", `Response payload size exceeded maximum allowed payload size (${STREAMED_RESPONSE_BYTES_MAX} bytes).`);

/**
 * The Runtime API of one environment, on its own listener: which listener a call came in on is the identity of the environment, so
 * there is no way to answer for another one. Source: "Using the Lambda runtime API for custom runtimes"; refusals as AWS's runtime
 * interface emulator words them. A streamed response goes to the invocation's receiver while it comes; without one it is collected to its end: that is what
 * Invoke answers on AWS, too.
 */
export const createRuntimeApi = (events: RuntimeEvents): RuntimeApi => {
  const turns = createTurns(events);
  let initError: LocalRequest | undefined;
  let channel: Socket | undefined;

  const onNext = (response: LocalResponse) => {
    const asker: Asker = {
      isClient: false,
      deliver: (invocation, deadlineMs) => response.writeHead(200, invocationHeaders(invocation, deadlineMs)).end(invocation.payload),
      refuse: (from, to) => refuse(response, from, to),
    };
    response.once("close", () => turns.withdraw(asker));
    turns.ask(asker);
  };
  const refuseAnswer = (response: LocalResponse, requestId: string, kind: string) => {
    if (requestId === turns.answered) return refuse(response, "Ready", kind === "response" ? "InvocationResponse" : "InvocationErrorResponse");
    fault(response, 400, "InvalidRequestID", "Invalid request ID");
  };
  const onAnswer = async (request: LocalRequest, response: LocalResponse, of: Running, kind: string) => {
    const { requestId } = of;
    // Who answers anew has given up the answer before, even if its end is not seen here yet: a handler could fill the server's memory with them.
    of.answer?.destroy();
    of.answer = request;
    const body = await readBody(request, RESPONSE_BYTES_MAX);
    // A stream beside it may have come to its end meanwhile.
    if (turns.running !== of) return refuseAnswer(response, requestId, kind);
    turns.end();
    if (body === undefined) {
      events.responseTooLarge();
      return fault(response, 413, "RequestEntityTooLarge", `Exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`);
    }
    if (kind === "response" && responseModeOf(request) === undefined) {
      events.error(...INVALID_MODE);
      return fault(response, 400, "InvalidFunctionResponseMode", "Invalid function response mode");
    }
    reply(response, 202, { status: "OK" });
    const error = kind === "error" ? { errorType: errorTypeOf(request), payload: body } : midstreamError(request);
    if (error === undefined) events.response(body);
    else events.error(error.errorType, error.payload);
  };
  const onStream = async (request: LocalRequest, response: LocalResponse, of: Running, receiver: ResponseReceiver) => {
    const bytes = await passOn(request, receiver).catch(() => "broken" as const);
    // It may have told of an error beside it meanwhile.
    if (turns.running !== of) return refuseAnswer(response, of.requestId, "response");
    // It may have ended, or be about to tell why: only if it asks for the next invocation was that its answer.
    if (bytes === "broken") return void (of.isBroken = true);
    turns.end();
    reply(response, 202, { status: "OK" });
    if (bytes === undefined) return events.error(...STREAM_TOO_LARGE);
    const error = midstreamError(request);
    if (error === undefined) events.response(NOTHING, bytes);
    else events.error(error.errorType, error.payload);
  };
  /** Only the running invocation has somebody who takes a stream, and takes one. What is refused is not kept. */
  const takeAnswer = async (request: LocalRequest, response: LocalResponse, requestId: string, kind: string): Promise<void> => {
    const { running } = turns;
    if (requestId !== running?.requestId) {
      request.resume();
      return refuseAnswer(response, requestId, kind);
    }
    const { receiver } = running;
    if (kind !== "response" || receiver === undefined || responseModeOf(request) !== "streaming") return onAnswer(request, response, running, kind);
    const of = turns.stream();
    return (of.stream = onStream(request, response, of, receiver).finally(() => delete of.stream));
  };
  const onInitError = async (request: LocalRequest, response: LocalResponse) => {
    initError?.destroy();
    initError = request;
    const body = await readBody(request, RESPONSE_BYTES_MAX);
    if (turns.isInitialized) return refuse(response, "Ready", "InitError");
    events.initError(errorTypeOf(request), body ?? Buffer.from("{}"));
    reply(response, 202, { status: "OK" });
  };

  const others: LocalApi[] = [];
  const server = createLocalServer((request, response) => {
    const { method, url } = request;
    const answer = ANSWER.exec(url);
    if (method === "GET" && url === `${BASE}/invocation/next`) return onNext(response);
    if (method === "POST" && answer !== null) return void takeAnswer(request, response, answer[1]!, answer[2]!).catch(() => response.destroy());
    if (method === "POST" && url === `${BASE}/init/error`) return void onInitError(request, response).catch(() => response.destroy());
    if (others.some((serve) => serve(request, response))) return;
    fault(response, 404, "NotFound", `${method} ${url} is not part of the Runtime API that is built`);
  });

  return {
    handleConnection: server.handleConnection,
    serve(socket) {
      channel = socket;
      serveChannel(socket, turns, events);
    },
    send: turns.send,
    alsoServe: (serve) => void others.push(serve),
    close() {
      server.close();
      channel?.destroy();
    },
  };
};
