import { openSync } from "node:fs";
import { expect, it, onTestFinished } from "vitest";
import { launchHolder } from "../../src/sandbox/holder.ts";

/** A first process that only says what the real one says. */
const SAYS = `echo "{\\"child-pid\\": $$}" >&4; exec 4>&-; echo ready
while read -r order what; do
  case $order in
    run) echo "started $what 5" ;;
    reset) echo "resetting $what"; echo reset ;;
  esac
done`;

it("a reset ends what was ordered before it, and not what is ordered while it is under way", async () => {
  const holder = launchHolder({ bwrap: "/bin/sh", arguments: ["-c", SAYS], command: [], hasPorts: false, filterFd: openSync("/dev/null", "r"), joinFiles: [] });
  onTestFinished(() => holder.kill());
  await holder.ready;
  const before = holder.run("before");
  expect(await before.started).toBe(5);
  const reset = holder.reset();
  const behind = holder.run("behind");
  await reset;
  expect([await before.exited, await behind.started]).toEqual([137, 5]);
  await Promise.all([holder.reset(), behind.exited]);
});
