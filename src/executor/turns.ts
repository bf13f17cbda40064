import type { LocalRequest } from "./local-http/request.ts";
import type { Invocation, ResponseReceiver } from "./executor.ts";

/** What the runtime told, by the call it made. */
export interface RuntimeEvents {
  /** It is ready for an invocation: the end of INIT, or of the invocation before. */
  next(): void;
  /** A response that was passed on while it came has its length in `streamedBytes`, and no payload. */
  response(payload: Buffer, streamedBytes?: number): void;
  responseTooLarge(): void;
  error(errorType: string, payload: Buffer): void;
  initError(errorType: string, payload: Buffer): void;
}

/** Somebody in the environment who asks for the next invocation. */
export interface Asker {
  /** A runtime client of ours: it is there for as long as its program, and nobody asks in its place. */
  readonly isClient: boolean;
  deliver(invocation: Invocation, deadlineMs: number): void;
  refuse(from: string, to: string): void;
}

/** The invocation that the runtime has, and who takes its response if that is streamed. */
export interface Running {
  readonly requestId: string;
  /** Who was given it. */
  readonly asker: Asker;
  receiver?: ResponseReceiver;
  /** Its streamed response is still passed on. What the runtime asks for behind the last byte may come in sooner than that byte is taken. */
  stream?: Promise<void>;
  /** Who asked for the next invocation meanwhile. */
  asking?: Asker;
  /** Its streamed response broke off. */
  isBroken?: boolean;
  /** Its answer, while that is read. */
  answer?: LocalRequest;
}

/** Whose turn it is: the states of a runtime, whichever way it speaks. */
export interface Turns {
  /** It has asked for an invocation once: INIT is over. */
  readonly isInitialized: boolean;
  readonly running: Running | undefined;
  /** The invocation that was answered last. */
  readonly answered: string | undefined;
  ask(asker: Asker): void;
  /** It is gone, and is not to be given anything. */
  withdraw(asker: Asker): void;
  /** Hands the invocation to who asks for one. Only this one may be answered. */
  send(invocation: Invocation, deadlineMs: number): void;
  /** The running invocation has its answer. */
  end(): void;
  /** Somebody takes its stream: from now on nobody else does. */
  stream(): Running;
}

const telling = (errorType: string, errorMessage: string) => [errorType, Buffer.from(JSON.stringify({ errorType, errorMessage }))] as const;
const TRUNCATED = telling("Runtime.TruncatedResponse", "The runtime broke off in the middle of the response");

export const createTurns = (events: RuntimeEvents): Turns => {
  /** Who asks for an invocation, and the invocation that waits for somebody to ask. */
  let waiting: Asker | undefined;
  let ready: { invocation: Invocation; deadlineMs: number } | undefined;
  let running: Running | undefined;
  let answered: string | undefined;
  let isInitialized = false;

  const deliver = () => {
    if (waiting === undefined || ready === undefined) return;
    const [asker, { invocation, deadlineMs }] = [waiting, ready];
    waiting = ready = undefined;
    const { requestId, receiver } = invocation;
    running = receiver === undefined ? { requestId, asker } : { requestId, asker, receiver };
    asker.deliver(invocation, deadlineMs);
  };
  const end = () => {
    answered = running?.requestId;
    running = undefined;
  };
  /** One waits for the end of a stream, however many ask. */
  const askBehind = (of: Running, asker: Asker) => {
    if (of.asking === undefined) void of.stream!.then(() => ask(of.asking!));
    else of.asking.refuse("Running", "Ready");
    of.asking = asker;
  };
  const ask = (asker: Asker) => {
    if (running?.stream !== undefined) return askBehind(running, asker);
    if (running?.isBroken === true) {
      end();
      events.error(...TRUNCATED);
    }
    if (running !== undefined) return asker.refuse("Running", "Ready");
    if (waiting?.isClient === true) return asker.refuse("Ready", "Ready");
    isInitialized = true;
    // Who asks anew has given up the request before, even if its end is not seen here yet.
    waiting?.refuse("Ready", "Ready");
    waiting = asker;
    // It may have asked before, and lost its connection when an event was on its way.
    if (ready === undefined) events.next();
    else deliver();
  };

  return {
    get isInitialized() { return isInitialized; },
    get running() { return running; },
    get answered() { return answered; },
    ask,
    withdraw(asker) {
      if (waiting === asker) waiting = undefined;
    },
    send(invocation, deadlineMs) {
      ready = { invocation, deadlineMs };
      deliver();
    },
    end,
    stream: () => (running = { requestId: running!.requestId, asker: running!.asker }),
  };
};
