import { EXIT } from "./cli-error.ts";

/** Resolves at the first SIGTERM or SIGINT; a SIGINT after that ends the process at once. */
export const waitForEnd = (): Promise<{ signal: NodeJS.Signals }> =>
  new Promise((resolve) => {
    const end = (signal: NodeJS.Signals) => {
      process.removeAllListeners("SIGTERM").removeAllListeners("SIGINT");
      process.on("SIGTERM", () => undefined);
      process.on("SIGINT", () => process.exit(EXIT.interrupted));
      resolve({ signal });
    };
    process.removeAllListeners("SIGINT");
    process.once("SIGTERM", end);
    process.once("SIGINT", end);
  });
