import type { Response } from "./connections.ts";

/** Tells whoever asks that a client has gone away. Most requests are answered without anybody asking. */
export interface Departure {
  /** Made when it is first asked for. */
  readonly signal: AbortSignal;
  readonly hasGone: boolean;
}

export const createDeparture = (response: Response): Departure => {
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
