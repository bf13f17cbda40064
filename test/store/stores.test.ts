import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createClock, type Clock } from "../../src/kit/clock.ts";
import { addNote, conformanceMigrations as migrations, countNotes, GATHER_MS, storeConformance } from "../../src/store/conformance.ts";
import type { Migration } from "../../src/store/migrate.ts";
import { createSqliteStore } from "../../src/store/sqlite.ts";
import { sqlOne, type Store } from "../../src/store/store.ts";
import { createThreadStore, type ThreadStore } from "../../src/store/thread.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const onFailure = (error: Error): never => {
  throw error;
};
interface Options {
  path: string;
  migrations?: readonly Migration[];
  wall?: Clock;
}
const closedLater = <S extends Store>(store: S): S => {
  onTestFinished(() => store.close());
  return store;
};
const gatherOf = (wall: Clock | undefined) => wall && { gather: { wall, ms: GATHER_MS } };
const openHere = ({ path, migrations: all = migrations, wall }: Options): Store => closedLater(createSqliteStore({ path, migrations: all, onSyncFailure: onFailure, ...gatherOf(wall) }));
const openThread = ({ path, migrations: all = migrations, wall }: Options): ThreadStore => closedLater(createThreadStore({ path, migrations: all, onFailure, ...gatherOf(wall) }));
const newPath = () => join(temporaryDirectory(), "s.db");

const drivers = [
  { driver: "in this thread", open: openHere, module: "sqlite.ts", create: "createSqliteStore" },
  { driver: "in its own thread", open: openThread, module: "thread.ts", create: "createThreadStore" },
];

describe.each(drivers)("the SQLite store, $driver", ({ open, module, create }) => {
  it.each(storeConformance)("$name", async ({ run }) => {
    const path = newPath();
    const wall = () => {
      const clock = createClock();
      onTestFinished(() => clock.stop());
      return clock;
    };
    await run({ open: () => open({ path }), gathering: (clock) => open({ path, wall: clock }), wall });
  });

  it("loses nothing acknowledged to kill -9", async () => {
    const path = newPath();
    const program = `
      import { ${create} } from ${JSON.stringify(import.meta.resolve(`../../src/store/${module}`))};
      import { sql } from ${JSON.stringify(import.meta.resolve("../../src/store/store.ts"))};
      const onFailure = (e) => { throw e; };
      const store = ${create}({ path: ${JSON.stringify(path)}, migrations: ${JSON.stringify(migrations)}, onFailure, onSyncFailure: onFailure });
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
    expect(await countNotes(open({ path }))).toBeGreaterThanOrEqual(acknowledged);
  });
});

const future: Migration[] = [...migrations, { id: "from-the-future", statements: [] }];

describe("the SQLite store in this thread", () => {
  it("reads what was written before, without a commit of its own and without waiting for the disk", async () => {
    const store = openHere({ path: newPath() });
    const readCount = () => store.read(function* () {
      return (yield* sqlOne("select count(*) as n from note"))!["n"];
    });
    const adding = addNote(store, "a");
    expect(await readCount()).toBe(1);
    await adding;
    const order: string[] = [];
    const writing = addNote(store, "b").then(() => order.push("written"));
    await Promise.all([writing, readCount().then((n) => order.push(`read ${n}`))]);
    // It waits for the commit, which is not on the disk yet.
    expect(order).toEqual(["read 2", "written"]);
    const quiet = readCount().then((n) => order.push(`read ${n}`));
    await Promise.all([quiet, addNote(store, "c").then(() => order.push("written"))]);
    expect(order.slice(2)).toEqual(["read 2", "written"]);
  });

  it("tells nobody what was read before it is durable", async () => {
    const store = openHere({ path: newPath() });
    const told: string[] = [];
    const written = addNote(store, "a").then(() => told.push("written"));
    await new Promise(setImmediate);
    expect(await countNotes(store).finally(() => told.push("read"))).toBe(1);
    await written;
    expect(told).toEqual(["written", "read"]);
    expect(await countNotes(store)).toBe(1);
  });

  it("refuses data of a newer version", async () => {
    const path = newPath();
    await openHere({ path, migrations: future }).close();
    expect(() => openHere({ path })).toThrow(/newer lambdad.*from-the-future/);
  });
});

describe("the SQLite store in its own thread", () => {
  it("refuses data of a newer version", async () => {
    const path = newPath();
    await openThread({ path, migrations: future }).close();
    const store = createThreadStore({ path, migrations, onFailure });
    await expect(store.opened).rejects.toThrow(/newer lambdad.*from-the-future/);
    await store.close();
  });

  it("waits with what is asked for until it is open", async () => {
    const store = openThread({ path: newPath() });
    expect(await addNote(store, "a")).toBe("a");
  });
});
