/** Tells whoever asks that a client has gone away. Most requests are answered without anybody asking. */
export interface Departure {
  /** Made when it is first asked for. */
  readonly signal: AbortSignal;
  readonly hasGone: boolean;
}

/** What is closed when the client is gone: a response, or the socket of what is no request any more. */
interface Closable {
  readonly destroyed: boolean;
  once(event: "close", listener: () => void): unknown;
}

export const createDeparture = (response: Closable): Departure => {
  let abort: AbortController | undefined;
  const go = () => abort!.abort(new Error("the client has gone away"));
  const create = (): AbortController => {
    abort = new AbortController();
    if (response.destroyed) go();
    else response.once("close", go);
    return abort;
  };
  return {
    get signal() { return (abort ?? create()).signal; },
    get hasGone() { return response.destroyed; },
  };
};
