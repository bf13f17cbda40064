import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Phase, PhaseReply } from "./load-generator.ts";

export interface Load {
  latencies: number[];
  elapsedMs: number;
}

/** In a process of its own, on the last CPU alone where `taskset` is there; the servers may use all. */
export const startGenerator = () => {
  const command = [process.execPath, join(import.meta.dirname, "load-generator.ts")];
  const pinned = spawnSync("taskset", ["--version"]).status === 0 ? ["taskset", "-c", String(availableParallelism() - 1), ...command] : command;
  const child = spawn(pinned[0]!, pinned.slice(1), { stdio: ["ignore", "inherit", "inherit", "ipc"], serialization: "advanced" });
  return {
    async run(phase: Phase): Promise<Load> {
      child.send(phase);
      const [reply] = (await once(child, "message")) as [PhaseReply];
      if ("error" in reply) throw new Error(reply.error);
      return reply;
    },
    stop: () => child.disconnect(),
  };
};
