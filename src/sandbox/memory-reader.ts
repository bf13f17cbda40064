import { statfsSync } from "node:fs";
import type { Clock } from "../kit/clock.ts";
import type { Cgroup, HeldMemory } from "./cgroup.ts";
import type { Hold } from "./hold.ts";

export interface MemoryReader {
  /** What the programs hold, and the most that they held: the group's memory without what is in /tmp. */
  read(): { bytes: number; peakBytes: number };
  /** Asked for little: whether a reading could tell of more than `bytes`, or of much more than the last one did. */
  isDue(bytes: number): boolean;
  /** The most that they held, for little: it is read anew when the last reading is old, or the kernel counted more meanwhile. */
  peakBytes(): number;
}

interface Needs {
  cgroup: Cgroup;
  hold: Hold;
  isMemoryCounted: boolean;
  wall: Clock;
}

/** How old a reading may be, if the kernel counted no more since. */
const FRESH_MS = 250;
/** What was written to /tmp and removed again is told from memory only by who looked meanwhile. */
const GROWTH_BYTES = 4 * 1024 * 1024;

export const createMemoryReader = ({ cgroup, hold, isMemoryCounted, wall }: Needs): MemoryReader => {
  let tmpPeak = 0;
  let last: { at: number; countedBytes: number; countedPeakBytes: number; peakBytes: number } | undefined;

  const withoutTmp = ({ bytes, peakBytes }: HeldMemory) => {
    if (!isMemoryCounted) return { bytes, peakBytes };
    const tmp = bytesOfTmp(hold.firstPid);
    tmpPeak = Math.max(tmpPeak, tmp);
    return { bytes: Math.max(0, bytes - tmp), peakBytes: Math.max(0, peakBytes - tmpPeak) };
  };
  const read = () => {
    const memory = cgroup.memory();
    const measured = withoutTmp(memory);
    last = { at: wall.monotonic(), countedBytes: memory.countedBytes, countedPeakBytes: memory.countedPeakBytes, peakBytes: measured.peakBytes };
    return measured;
  };
  const isFresh = () => last !== undefined && wall.monotonic() - last.at < FRESH_MS && isMemoryCounted && last.countedPeakBytes !== 0 && last.countedPeakBytes === cgroup.countedPeakBytes();
  const isDue = (bytes: number) => {
    if (!isMemoryCounted || last === undefined) return true;
    const counted = cgroup.countedBytes();
    return counted === 0 || counted > Math.min(bytes, last.countedBytes + GROWTH_BYTES);
  };
  return { read, isDue, peakBytes: () => (isFresh() ? last!.peakBytes : read().peakBytes) };
};

const bytesOfTmp = (pid: number): number => {
  if (pid === 0) return 0;
  try {
    const { blocks, bfree, bsize } = statfsSync(`/proc/${pid}/root/tmp`);
    return (blocks - bfree) * bsize;
  } catch {
    return 0;
  }
};
