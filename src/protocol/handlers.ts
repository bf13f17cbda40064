import type { Readable } from "node:stream";
import type { OperationInput, OperationName, OperationOutput } from "../kit/call.ts";

/** What a handler is given: blobs are Buffers, a streamed body is a Readable. */
type InputMember<V> = Extract<V, Readable> extends never ? (Uint8Array extends V ? Exclude<V, string | Uint8Array> | Buffer : V) : Readable | Extract<V, undefined>;
/** What a handler may return for it. */
type OutputMember<V> = NonNullable<V> extends { transformToByteArray: (...args: never[]) => unknown } ? AsyncIterable<Uint8Array> | Uint8Array | undefined : NonNullable<V> extends Uint8Array ? Uint8Array | Extract<V, undefined> : V;

export type HandlerInput<M, N extends string> = { [K in keyof OperationInput<M, N>]: InputMember<OperationInput<M, N>[K]> };
export type HandlerOutput<M, N extends string> = { [K in keyof OperationOutput<M, N>]: OutputMember<OperationOutput<M, N>[K]> };

/**
 * The table of a service: one function per operation, typed by the SDK's package. Members are required-checked and
 * constraint-checked before the handler is called. What is missing from the table answers NotImplemented.
 */
export type Handlers<M, Context> = {
  [N in OperationName<M>]?: (input: HandlerInput<M, N>, context: Context) => Promise<HandlerOutput<M, N>> | HandlerOutput<M, N>;
};
