import { closeSync, readdirSync, readFileSync } from "node:fs";

const OWN = "/proc/self";
const STANDARD = 2;
/** Of an open file, in octal, as `fdinfo` tells it. */
const O_CLOEXEC = 0o2000000;

/**
 * Closes what whoever started this process left open, and would pass on to every handler. Node opens nothing without O_CLOEXEC, and sets it for what it was given, but only
 * up to the first gap behind descriptor 15.
 */
export const closeInherited = (): void => {
  for (const descriptor of inheritable()) if (descriptor > STANDARD) closeSync(descriptor);
};

const inheritable = (): number[] => {
  try {
    return readdirSync(`${OWN}/fd`).map(Number).filter((descriptor) => (flagsOf(descriptor) & O_CLOEXEC) === 0);
  } catch {
    // No Linux: no sandbox either that could keep anything from anybody.
    return [];
  }
};

/** With O_CLOEXEC for one that is gone: the one that the folder was read through. */
const flagsOf = (descriptor: number): number => {
  try {
    return Number.parseInt(/^flags:\s+(\d+)/m.exec(readFileSync(`${OWN}/fdinfo/${descriptor}`, "utf8"))![1]!, 8);
  } catch {
    return O_CLOEXEC;
  }
};
