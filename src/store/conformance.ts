import { deepEqual, equal, notEqual, rejects } from "node:assert/strict";
import type { AdvanceableClock } from "../kit/clock.ts";
import type { Migration } from "./migrate.ts";
import { sql, sqlOne, type Operation, type Store } from "./store.ts";

/** What every driver must do. `open` opens the same file each time; `gathering`, one that holds back what is written behind for a minute of the clock. */
export interface ConformanceCase {
  name: string;
  run(drivers: { open(): Store; gathering(wall: AdvanceableClock): Store; wall(): AdvanceableClock }): Promise<void>;
}

export const conformanceMigrations: readonly Migration[] = [{ id: "notes", statements: ["create table note (id text primary key, body text not null)"] }];
export const GATHER_MS = 60_000;

function* insert(id: string): Operation<string> {
  yield* sql("insert into note (id, body) values (?, ?)", id, `body of ${id}`);
  return id;
}
export const addNote = (store: Store, id: string): Promise<string> => store.run(() => insert(id));
function* countAll(): Operation<unknown> {
  return (yield* sqlOne("select count(*) as n from note"))!["n"];
}
export const countNotes = (store: Store): Promise<unknown> => store.run(countAll);
const refuse = (store: Store) =>
  store.run(function* () {
    yield* sql("insert into note (id, body) values ('half', 'x')");
    throw new Error("refused");
  });

export const storeConformance: readonly ConformanceCase[] = [
  {
    name: "keeps what it acknowledged",
    async run({ open }) {
      const store = open();
      await Promise.all([...Array(1_000).keys()].map((i) => addNote(store, `n${i}`)));
      await store.close();
      equal(await countNotes(open()), 1_000);
    },
  },
  {
    name: "tells by a number whether a table was written to, before whoever wrote is told",
    async run({ open }) {
      const store = open();
      equal(await countNotes(store), 0);
      const before = store.generation("note");
      equal(await countNotes(store), 0);
      equal(store.generation("note"), before);
      await addNote(store, "a").finally(() => notEqual(store.generation("note"), before));
      for (const text of ["update note set body = 'x'", "delete from note where id = 'a'", "insert or replace into note (id, body) values ('b', 'y')"]) {
        const known = store.generation("note");
        await store.run(() => sql(text));
        notEqual(store.generation("note"), known, text);
      }
      equal(store.generation("other"), before);
    },
  },
  {
    name: "keeps nothing of an operation that throws when it is alone in its commit, and goes on after it",
    async run({ open }) {
      const store = open();
      await rejects(refuse(store), /refused/);
      await addNote(store, "a");
      equal(await countNotes(store), 1);
    },
  },
  {
    name: "keeps nothing of an operation that throws, and everything of its neighbours",
    async run({ open }) {
      const store = open();
      const settled = await Promise.allSettled([addNote(store, "a"), refuse(store), addNote(store, "b"), addNote(store, "a")]);
      deepEqual(settled.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled", "rejected"]);
      equal(await countNotes(store), 2);
    },
  },
  {
    name: "lets an operation catch a broken constraint and go on",
    async run({ open }) {
      const store = open();
      await addNote(store, "a");
      const outcome = await store.run(function* () {
        try {
          yield* sql("insert into note (id, body) values ('a', 'again')");
          return "inserted";
        } catch {
          return "was there";
        }
      });
      equal(outcome, "was there");
    },
  },
  {
    name: "runs operations one after the other, in the order they were asked for",
    async run({ open }) {
      const store = open();
      const counts = await Promise.all([countNotes(store), addNote(store, "a"), countNotes(store), addNote(store, "b"), store.read(countAll)]);
      deepEqual(counts, [0, "a", 1, "b", 2]);
    },
  },
  {
    name: "holds back what is written behind for a while, and takes it along, ahead, with the next that cannot wait",
    async run({ open, gathering, wall: createWall }) {
      const wall = createWall();
      const store = gathering(wall);
      equal(await countNotes(store), 0);
      const written: string[] = [];
      const behind = (id: string) => store.run(() => insert(id), "behind").then(() => void written.push(id));
      const [first, second] = [behind("a"), behind("b")];
      await new Promise(setImmediate);
      deepEqual(written, []);
      equal(await countNotes(store), 2);
      await Promise.all([first, second]);
      const third = behind("c");
      await wall.advance(GATHER_MS);
      await third;
      void behind("d");
      await store.close();
      deepEqual(written, ["a", "b", "c", "d"]);
      equal(await countNotes(open()), 4);
    },
  },
  {
    name: "lets a read write nothing",
    async run({ open }) {
      const store = open();
      await addNote(store, "a");
      await rejects(store.read(() => insert("d")), /a read may only select/);
      equal(await store.read(countAll), 1);
    },
  },
  {
    name: "keeps every kind of value",
    async run({ open }) {
      const store = open();
      const values = [null, 1, 1.5, "é😀\u0000x", new Uint8Array([0, 255])] as const;
      const row = await store.run(() => sqlOne("select ? as a, ? as b, ? as c, ? as d, ? as e", ...values));
      deepEqual(Object.values(row!), values);
    },
  },
];
