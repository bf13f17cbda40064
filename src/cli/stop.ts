import type { Clock } from "../kit/clock.ts";
import { EXIT } from "./cli-error.ts";

/** A terminal sends Ctrl-C to npm and to the server, and npm passes its own on: what follows within this time is the same one. */
const SAME_SIGNAL_MS = 500;

/** Resolves at the first SIGTERM or SIGINT; one that comes after it ends the process at once. */
export const waitForEnd = (wall: Clock): Promise<{ signal: NodeJS.Signals }> =>
  new Promise((resolve) => {
    let firstAt: number | undefined;
    const end = (signal: NodeJS.Signals) => {
      if (firstAt === undefined) {
        firstAt = wall.monotonic();
        resolve({ signal });
      } else if (wall.monotonic() - firstAt > SAME_SIGNAL_MS) process.exit(EXIT.interrupted);
    };
    process.removeAllListeners("SIGINT");
    process.on("SIGTERM", end).on("SIGINT", end);
  });
