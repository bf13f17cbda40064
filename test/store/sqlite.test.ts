import { spawn } from "node:child_process";
import { join } from "node:path";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { createClock } from "../../src/kit/clock.ts";
import type { Migration } from "../../src/store/migrate.ts";
import { createSqliteStore } from "../../src/store/sqlite.ts";
import { sql, sqlOne, type Operation, type Store } from "../../src/store/store.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const migrations: Migration[] = [{ id: "notes", statements: ["create table note (id text primary key, body text not null)"] }];
const onSyncFailure = (error: Error): never => {
  throw error;
};
const open = (path: string, with_ = migrations): Store => {
  const store = createSqliteStore({ path, migrations: with_, onSyncFailure });
  onTestFinished(() => store.close());
  return store;
};
function* insert(id: string): Operation<string> {
  yield* sql("insert into note (id, body) values (?, ?)", id, `body of ${id}`);
  return id;
}
const add = (store: Store, id: string) => store.run(() => insert(id));
const count = (store: Store) =>
  store.run(function* () {
    return (yield* sqlOne("select count(*) as n from note"))!["n"];
  });

describe("the SQLite store", () => {
  it("keeps what it acknowledged, in one commit for many", async () => {
    const path = join(temporaryDirectory(), "s.db");
    const store = open(path);
    await Promise.all([...Array(1_000).keys()].map((i) => add(store, `n${i}`)));
    await store.close();
    expect(await count(open(path))).toBe(1_000);
  });

  it("tells by a number whether a table was written to, and by none that is equal while something is asked for", async () => {
    const store = open(join(temporaryDirectory(), "s.db"));
    const before = store.generation("note");
    expect(await count(store)).toBe(0);
    expect(store.generation("note")).toBe(before);
    const adding = add(store, "a");
    expect(store.generation("note")).toBeNaN();
    await adding;
    const after = store.generation("note");
    expect(after).not.toBe(before);
    for (const text of ["update note set body = 'x'", "delete from note where id = 'a'", "insert or replace into note (id, body) values ('b', 'y')"]) {
      const known = store.generation("note");
      await store.run(() => sql(text));
      expect([text, store.generation("note")]).not.toEqual([text, known]);
    }
    expect(store.generation("other")).toBe(before);
  });

  it("keeps nothing of an operation that throws when it is alone in its commit, and goes on after it", async () => {
    const store = open(join(temporaryDirectory(), "s.db"));
    const refused = store.run(function* () {
      yield* sql("insert into note (id, body) values ('half', 'x')");
      throw new Error("refused");
    });
    await expect(refused).rejects.toThrow("refused");
    await add(store, "a");
    expect(await count(store)).toBe(1);
  });

  it("keeps nothing of an operation that throws, and everything of its neighbours", async () => {
    const store = open(join(temporaryDirectory(), "s.db"));
    const refused = store.run(function* () {
      yield* sql("insert into note (id, body) values ('half', 'x')");
      throw new Error("refused");
    });
    const settled = await Promise.allSettled([add(store, "a"), refused, add(store, "b"), add(store, "a")]);
    expect(settled.map((one) => one.status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
    expect(await count(store)).toBe(2);
  });

  it("holds back what is written behind for a while, and takes it along, ahead, with the next that cannot wait", async () => {
    const wall = createClock();
    const store = createSqliteStore({ path: join(temporaryDirectory(), "s.db"), migrations, onSyncFailure, gather: { wall, ms: 60_000 } });
    const written: string[] = [];
    const behind = (id: string) => store.run(() => insert(id), "behind").then(() => void written.push(id));
    const first = behind("a");
    const second = behind("b");
    await new Promise(setImmediate);
    expect(written).toEqual([]);
    expect(await count(store)).toBe(2);
    await Promise.all([first, second]);
    const third = behind("c");
    await wall.advance(60_000);
    await third;
    void behind("d");
    await store.close();
    expect(written).toEqual(["a", "b", "c", "d"]);
    wall.stop();
  });

  it("reads what was written before, without a commit of its own, and lets a read write nothing", async () => {
    const store = open(join(temporaryDirectory(), "s.db"));
    const readCount = () => store.read(function* () {
      return (yield* sqlOne("select count(*) as n from note"))!["n"];
    });
    const adding = add(store, "a");
    expect(await readCount()).toBe(1);
    await adding;
    const order: string[] = [];
    const writing = add(store, "b").then(() => order.push("written"));
    await Promise.all([writing, readCount().then((n) => order.push(`read ${n}`))]);
    // It waits for the commit, which is not on the disk yet.
    expect(order).toEqual(["read 2", "written"]);
    const quiet = readCount().then((n) => order.push(`read ${n}`));
    await Promise.all([quiet, add(store, "c").then(() => order.push("written"))]);
    expect(order.slice(2)).toEqual(["read 2", "written"]);
    await expect(store.read(() => insert("d"))).rejects.toThrow("a read may only select");
    expect(await readCount()).toBe(3);
  });

  it("lets an operation catch a broken constraint and go on", async () => {
    const store = open(join(temporaryDirectory(), "s.db"));
    await add(store, "a");
    const outcome = await store.run(function* () {
      try {
        yield* sql("insert into note (id, body) values ('a', 'again')");
        return "inserted";
      } catch {
        return "was there";
      }
    });
    expect(outcome).toBe("was there");
  });

  it("tells nobody what was read before it is durable", async () => {
    const store = open(join(temporaryDirectory(), "s.db"));
    const told: string[] = [];
    const written = add(store, "a").then(() => told.push("written"));
    await new Promise(setImmediate);
    expect(await count(store).finally(() => told.push("read"))).toBe(1);
    await written;
    expect(told).toEqual(["written", "read"]);
    expect(await count(store)).toBe(1);
  });

  it("refuses data of a newer version", async () => {
    const path = join(temporaryDirectory(), "s.db");
    await open(path, [...migrations, { id: "from-the-future", statements: [] }]).close();
    expect(() => open(path)).toThrow(/newer lambdad.*from-the-future/);
  });

  it("loses nothing acknowledged to kill -9", async () => {
    const path = join(temporaryDirectory(), "s.db");
    const program = `
      import { createSqliteStore } from ${JSON.stringify(import.meta.resolve("../../src/store/sqlite.ts"))};
      import { sql } from ${JSON.stringify(import.meta.resolve("../../src/store/store.ts"))};
      const store = createSqliteStore({ path: ${JSON.stringify(path)}, migrations: ${JSON.stringify(migrations)}, onSyncFailure: (e) => { throw e; } });
      for (let i = 0; ; i++) {
        await store.run(function* () { yield* sql("insert into note (id, body) values (?, 'x')", "n" + i); });
        process.stdout.write(i + "\\n");
      }`;
    const writer = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    writer.stdout.on("data", (chunk) => {
      output += chunk;
      if (output.length > 2_000) writer.kill("SIGKILL");
    });
    await once(writer, "close");
    const acknowledged = output.split("\n").slice(0, -1).length;
    expect(acknowledged).toBeGreaterThan(100);
    expect(await count(open(path))).toBeGreaterThanOrEqual(acknowledged);
  });
});
