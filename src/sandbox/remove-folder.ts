import { rmSync } from "node:fs";
import type { Log } from "../kit/log.ts";

/** The folder of a sandbox that is gone. A handler may have closed it to everybody: what cannot be removed is told, and tried again at the next start. */
export const removeFolder = (directory: string, log: Log): void => {
  try {
    rmSync(directory, { recursive: true, force: true });
  } catch (error) {
    log.warn("the folder of a sandbox cannot be removed", { directory, error: String(error) });
  }
};
