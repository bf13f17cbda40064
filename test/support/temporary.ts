import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder of this test's own, gone when it is over. */
export const temporaryDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "lambdad-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};

/** Waits until `look` gives something; fails with `what` when it does not within the deadline. */
export const eventually = async <T>(what: string, look: () => T | undefined | false | null | Promise<T | undefined | false | null>, deadlineMs = 20_000, everyMs = 10): Promise<T> => {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false && found !== null) return found;
    if (performance.now() > end) throw new Error(`did not happen within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
};
