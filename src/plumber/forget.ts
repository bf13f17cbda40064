import { sql, type Store } from "../store/store.ts";

interface Waiting {
  id: string;
  resolve(): void;
  reject(error: unknown): void;
}

/** Forgets deliveries that are over, those of a turn of the event loop by one statement. Resolves once it is on the disk. */
export const createForget = ({ store }: { store: Store }) => {
  let waiting: Waiting[] = [];

  const flush = () => {
    const gathered = waiting;
    waiting = [];
    store.run(() => sql("delete from delivery where id in (select value from json_each(?))", JSON.stringify(gathered.map(({ id }) => id)))).then(
      () => gathered.forEach(({ resolve }) => resolve()),
      (error: unknown) => gathered.forEach(({ reject }) => reject(error)),
    );
  };
  return (id: string): Promise<void> =>
    new Promise((resolve, reject) => {
      if (waiting.push({ id, resolve, reject }) === 1) setImmediate(flush);
    });
};
