import type { Operation, Store } from "./store.ts";

/** Writes things in their order, by one commit or by as many as it takes: one that has reached `charactersMax` has no more. @param write Says how many characters it wrote. */
export const writeInCommits = async <T>(store: Store, things: readonly T[], charactersMax: number, write: (thing: T) => Operation<number>, afterEach = () => {}): Promise<void> => {
  for (let done = 0; done < things.length; ) {
    const from = done;
    done = await store.run(function* () {
      let [next, room] = [from, charactersMax];
      while (next < things.length && room > 0) room -= yield* write(things[next++]!);
      return next;
    });
    afterEach();
  }
};
