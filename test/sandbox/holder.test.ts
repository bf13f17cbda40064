import { openSync } from "node:fs";
import { Readable } from "node:stream";
import { expect, it, onTestFinished } from "vitest";
import { launchHolder } from "../../src/sandbox/holder.ts";

const nothing = Readable.from([]);

/** A first process that only says what the real one says. */
const SAYS = `echo "{\\"child-pid\\": $$}" >&4; exec 4>&-; echo ready
while read -r order what; do
  case $order in
    run) echo "started $what 5" ;;
    reset) echo "resetting $what"; echo reset ;;
  esac
done`;

it("a reset ends what was ordered before it, and not what is ordered while it is under way", async () => {
  const holder = launchHolder({ bwrap: "/bin/sh", arguments: ["-c", SAYS], command: [], hasPorts: false, filterFd: openSync("/dev/null", "r"), joinFiles: [], prepare: async () => ({ stdout: nothing, stderr: nothing, writers: [], release() {}, abandon() {}, discard() {} }) });
  onTestFinished(() => holder.kill());
  await holder.ready;
  const run = async (name: string) => (await holder.open(name, { command: "", args: [], env: {}, directory: "/" })).start();
  const before = await run("before");
  expect(await before.started).toBe(5);
  const reset = holder.reset();
  const behind = await run("behind");
  await reset;
  expect([await before.exited, await behind.started]).toEqual([137, 5]);
  await Promise.all([holder.reset(), behind.exited]);
});
