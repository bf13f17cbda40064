import type { Server } from "../server.ts";
import { onConnections, type Endured } from "./functions.ts";
import type { Trouble } from "./programs.ts";

/** How often each is done, in all. */
export interface Amounts {
  warm: number;
  cold: number;
  /** Of each kind, in each language. */
  troubles: number;
}

export interface Functions {
  /** One of each language, with a whole CPU. */
  steady: readonly Endured[];
  /** With the least memory, to be filled. */
  small: readonly Endured[];
}

const IN_FLIGHT = 8;
const TROUBLES: readonly Trouble[] = ["exit", "throw", "fill", "hang"];

/** A share of all that is to be done: warm invocations one after the other and many at a time, new revisions, and everything that may go wrong, mixed. */
export const runRound = async (server: Server, { steady, small }: Functions, { warm, cold, troubles }: Amounts): Promise<void> => {
  const each = (amount: number) => Math.ceil(amount / steady.length);
  // One language beside the other.
  await onConnections(server, steady.length, async (connection, index) => {
    const one = steady[index]!;
    for (let done = 0; done < each(cold); done++) await one.cold(connection);
    for (let done = 0; done < each(warm) / 2; done++) await one.warm(connection);
  });
  await onConnections(server, IN_FLIGHT, async (connection, index) => {
    const one = steady[index % steady.length]!;
    for (let done = 0; done < warm / 2 / IN_FLIGHT; done++) await one.warm(connection, done % 50 === 0 ? "write" : undefined);
  });
  await onConnections(server, small.length, async (connection, index) => {
    const one = small[index]!;
    for (let done = 0; done < troubles; done++) {
      for (const trouble of TROUBLES) {
        await one.fails(connection, trouble);
        await one.warm(connection, "leave");
      }
      await one.failsAtInit(connection);
    }
  });
};
