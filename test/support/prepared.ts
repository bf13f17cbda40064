import type { SandboxDriver } from "../../src/sandbox/sandbox.ts";
import { eventually } from "./temporary.ts";

/** The same driver, whose sandboxes have waited: it is told of each first, as it is when a function is made. */
export const preparing = (driver: SandboxDriver): SandboxDriver => ({
  ...driver,
  async create(spec) {
    await eventually("as many wait as shall", () => {
      // Again and again: one that could not be made is not tried again by itself.
      driver.prepare!(spec);
      return driver.prepared!().ready === driver.prepared!().wanted;
    });
    return driver.create(spec);
  },
});
