import { execFileSync } from "node:child_process";

/** Whether it can be run here, and ends well. */
export const isThere = (command: string, ...args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};
