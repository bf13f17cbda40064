import { statfsSync } from "node:fs";
import type { Cgroup } from "./cgroup.ts";
import type { Hold } from "./hold.ts";

/** What the programs hold, and the most that they held: the group's memory without what is in /tmp. */
export const createMemoryReader = ({ cgroup, hold, isMemoryCounted }: { cgroup: Cgroup; hold: Hold; isMemoryCounted: boolean }) => {
  let tmpPeak = 0;
  return (): { bytes: number; peakBytes: number } => {
    const memory = cgroup.memory();
    if (!isMemoryCounted) return memory;
    const tmp = bytesOfTmp(hold.firstPid);
    tmpPeak = Math.max(tmpPeak, tmp);
    return { bytes: Math.max(0, memory.bytes - tmp), peakBytes: Math.max(0, memory.peakBytes - tmpPeak) };
  };
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
