import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { CheckpointBounds } from "../../src/store/checkpoints.ts";
import { conformanceMigrations as migrations, countNotes } from "../../src/store/conformance.ts";
import { createSqliteStore } from "../../src/store/sqlite.ts";
import { sql, type Store } from "../../src/store/store.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const PAGE_BYTES = 4_096;
const BODY = "x".repeat(PAGE_BYTES);

const open = (path: string, checkpoints: CheckpointBounds): Store => {
  const store = createSqliteStore({
    path, migrations, checkpoints,
    onSyncFailure(error) {
      throw error;
    },
  });
  onTestFinished(() => store.close());
  return store;
};

/** Each note is more than a page; whoever writes does not wait for the others. */
const write = async (store: Store, count: number, atOnce = 8) => {
  let begun = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (begun < count) {
      const id = `n${begun++}`;
      await store.run(() => sql("insert into note (id, body) values (?, ?)", id, BODY));
    }
  }));
};

const pages = (path: string) => statSync(path).size / PAGE_BYTES;

it("the log is copied by a thread, and begun anew when it is long, while commits go on", async () => {
  const path = join(temporaryDirectory(), "s.db");
  const store = open(path, { pagesMin: 8, pagesHeld: 64 });
  await write(store, 3_000);
  expect(await countNotes(store)).toBe(3_000);
  // 3,000 notes are more than 6,000 pages of log.
  expect(pages(`${path}-wal`)).toBeLessThan(1_000);
  await store.close();
  expect(await countNotes(open(path, { pagesMin: 8, pagesHeld: 64 }))).toBe(3_000);
});

it("nobody else copies it: the event loop never does", async () => {
  const path = join(temporaryDirectory(), "s.db");
  const store = open(path, { pagesMin: 1_000_000, pagesHeld: 1_000_000 });
  const before = pages(path);
  await write(store, 1_500);
  expect(pages(`${path}-wal`)).toBeGreaterThan(1_500);
  expect(pages(path)).toBe(before);
});

it("a store that is closed while its log is copied waits for it", async () => {
  const path = join(temporaryDirectory(), "s.db");
  const store = open(path, { pagesMin: 1, pagesHeld: 1 });
  const written = write(store, 100);
  await written;
  await store.close();
  expect(await countNotes(open(path, { pagesMin: 1, pagesHeld: 1 }))).toBe(100);
});
