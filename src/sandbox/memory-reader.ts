import { statfsSync } from "node:fs";
import type { Clock } from "../kit/clock.ts";
import type { Cgroup } from "./cgroup.ts";
import type { Hold } from "./hold.ts";

export interface MemoryReader {
  /** What the programs hold, and the most that they held: the group's memory without what is in /tmp. */
  read(): { bytes: number; peakBytes: number };
  /** The most that they held, for little: it is read anew when the last reading is older than the watch's would be, or the kernel counted more meanwhile. */
  peakBytes(): number;
}

interface Needs {
  cgroup: Cgroup;
  hold: Hold;
  isMemoryCounted: boolean;
  /** How old a reading may be. */
  freshMs: number;
  wall: Clock;
}

export const createMemoryReader = ({ cgroup, hold, isMemoryCounted, freshMs, wall }: Needs): MemoryReader => {
  let tmpPeak = 0;
  let last: { at: number; countedPeakBytes: number; peakBytes: number } | undefined;

  const measure = (): { bytes: number; peakBytes: number } => {
    const memory = cgroup.memory();
    if (!isMemoryCounted) return memory;
    const tmp = bytesOfTmp(hold.firstPid);
    tmpPeak = Math.max(tmpPeak, tmp);
    return { bytes: Math.max(0, memory.bytes - tmp), peakBytes: Math.max(0, memory.peakBytes - tmpPeak) };
  };
  const read = () => {
    const countedPeakBytes = cgroup.countedPeakBytes();
    const measured = measure();
    last = { at: wall.monotonic(), countedPeakBytes, peakBytes: measured.peakBytes };
    return measured;
  };
  const isFresh = () => last !== undefined && wall.monotonic() - last.at < freshMs && isMemoryCounted && last.countedPeakBytes !== 0 && last.countedPeakBytes === cgroup.countedPeakBytes();
  return { read, peakBytes: () => (isFresh() ? last!.peakBytes : read().peakBytes) };
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
