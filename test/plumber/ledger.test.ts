import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createClock } from "../../src/kit/clock.ts";
import type { LedgerEntry } from "../../src/kit/ledger.ts";
import { createLedger } from "../../src/plumber/ledger.ts";
import { sql } from "../../src/store/store.ts";
import { openHistory } from "../support/store.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const DAY = 24 * 3_600_000;
const WIDE = { entries: 1_000_000, ageMs: 14 * DAY, pending: 50_000, pruneEntries: 1_000_000 };

const createGround = ({ path = join(temporaryDirectory(), "history.db"), bounds = WIDE } = {}) => {
  const clock = createClock();
  const store = openHistory(path);
  const ledger = createLedger({ store, clock, bounds });
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await ledger.flush();
    await store.close();
    clock.stop();
  };
  onTestFinished(close);
  const record = (summary: string, more: Partial<LedgerEntry> = {}) =>
    ledger.record({ traceId: "1-0-0", kind: "event", account: "000000000000", region: "us-east-1", keys: [], summary, detail: {}, ...more });
  const summaries = async (key: string, limit?: number) => (await ledger.find(key, limit === undefined ? {} : { limit })).map(({ entries }) => entries.map(({ summary }) => summary));
  const count = async (table: string) => (await store.run(() => sql(`select count(*) as n from ${table}`)))[0]!["n"];
  return { clock, store, ledger, record, summaries, count, close, path };
};

describe("the ledger", () => {
  it("tells a whole story by every name that it passed", async () => {
    const { record, ledger, summaries } = createGround();
    record("uploaded", { keys: ["request-1", "uploads/a b.jpg"], detail: { bytes: 7 } });
    record("queued", { keys: ["request-2", "thumbnails", "arn:aws:lambda:us-east-1:0:function:thumbnails"] });
    record("another", { traceId: "1-0-1", keys: ["request-3"] });
    for (const key of ["1-0-0", "request-1", "request-2", "uploads/a b.jpg", "thumbnails", "arn:aws:lambda:us-east-1:0:function:thumbnails"]) {
      expect(await summaries(key)).toEqual([["uploaded", "queued"]]);
    }
    expect(await summaries("request-3")).toEqual([["another"]]);
    expect(await summaries("uploads/a")).toEqual([]);
    const [story] = await ledger.find("request-1");
    expect(story).toMatchObject({ traceId: "1-0-0", entries: [{ kind: "event", account: "000000000000", region: "us-east-1", detail: { bytes: 7 } }, {}] });
    expect(story!.entries[0]!.keys.toSorted()).toEqual(["1-0-0", "arn:aws:lambda:us-east-1:0:function:thumbnails", "request-1", "request-2", "thumbnails", "uploads/a b.jpg"]);
  });

  it("gives the newest stories first, as many as asked for", async () => {
    const { record, summaries } = createGround();
    for (let index = 0; index < 15; index++) record(`n${index}`, { traceId: `1-0-${index}`, keys: ["f"] });
    record("again", { traceId: "1-0-3", keys: ["f"] });
    expect((await summaries("f")).length).toBe(10);
    expect(await summaries("f", 2)).toEqual([["n3", "again"], ["n14"]]);
  });

  it("finds the other stories behind one that has very many entries", async () => {
    const { record, summaries, ledger } = createGround();
    record("before", { traceId: "1-0-1", keys: ["f"] });
    for (let index = 0; index < 450; index++) {
      record(`n${index}`, { traceId: "1-0-2", keys: ["f"] });
      await ledger.flush();
    }
    const stories = await summaries("f");
    expect(stories.map((story) => story.length)).toEqual([450, 1]);
  });

  it("dates entries by the platform's clock, unless they bring their own time", async () => {
    const { record, ledger, clock } = createGround();
    await clock.advance(DAY);
    record("now");
    const then = clock.now() - DAY;
    record("then", { at: then });
    const [story] = await ledger.find("1-0-0");
    expect(story!.entries[1]!.at).toBe(then);
    expect(Math.abs(story!.entries[0]!.at - clock.now())).toBeLessThan(60_000);
  });

  it("is still there after a restart", async () => {
    const first = createGround();
    first.record("kept", { keys: ["f"] });
    await first.close();
    expect(await createGround({ path: first.path }).summaries("f")).toEqual([["kept"]]);
  });

  it("keeps a number of entries, the newest, and forgets the names of those that went", async () => {
    const { record, summaries, count, ledger } = createGround({ bounds: { ...WIDE, entries: 10, pruneEntries: 5 } });
    for (let index = 0; index < 40; index++) {
      record(`n${index}`, { traceId: `1-0-${index}`, keys: [`key-${index}`] });
      await ledger.flush();
    }
    expect(await count("ledger_entry")).toBeLessThanOrEqual(15);
    expect(await count("ledger_name")).toBeLessThanOrEqual(15);
    expect(await summaries("key-39")).toEqual([["n39"]]);
    expect(await summaries("key-0")).toEqual([]);
  });

  it("forgets what is too old, however little is written", async () => {
    const { record, summaries, count, clock } = createGround();
    record("old", { traceId: "1-0-1", keys: ["old"] });
    expect(await summaries("old")).toEqual([["old"]]);
    await clock.advance(15 * DAY);
    record("new", { traceId: "1-0-2", keys: ["new"] });
    expect(await summaries("old")).toEqual([]);
    expect(await count("ledger_entry")).toBe(1);
    expect(await count("ledger_name")).toBe(1);
  });

  it("holds no more in memory than its bound: the rest of a flood is not recorded", async () => {
    const { record, count, ledger } = createGround({ bounds: { ...WIDE, pending: 20 } });
    for (let index = 0; index < 50; index++) record(`n${index}`);
    await ledger.flush();
    expect(await count("ledger_entry")).toBe(20);
    record("room again");
    await ledger.flush();
    expect(await count("ledger_entry")).toBe(21);
  });

  it("goes on after a write that failed", async () => {
    const { store, clock } = createGround();
    let isBroken = true;
    const ledger = createLedger({ store: { ...store, run: (operation) => (isBroken ? Promise.reject(new Error("the disk is full")) : store.run(operation)) }, clock });
    const record = (summary: string) => ledger.record({ traceId: "1-0-0", kind: "event", account: "0", region: "r", keys: [], summary, detail: {} });
    record("lost");
    await ledger.flush();
    isBroken = false;
    record("kept");
    await eventually("it is written", async () => (await ledger.find("1-0-0")).length === 1);
    expect((await ledger.find("1-0-0"))[0]!.entries.map(({ summary }) => summary)).toEqual(["kept"]);
  });
});
