import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Program } from "./programs/program.ts";

/** The same interpreter and handler without a platform, in a folder of its own. */
export const prepareBare = ({ files, bare }: Program) => {
  const directory = mkdtempSync(join(tmpdir(), "lambdad-bench-"));
  for (const [name, { content, mode = 0o644 }] of Object.entries({ ...files, ...bare.files })) writeFileSync(join(directory, name), content, { mode });
  for (const [name, target] of Object.entries(bare.links ?? {})) symlinkSync(target, join(directory, name));
  for (const [command, ...args] of bare.prepare ?? []) {
    const { status, stderr } = spawnSync(command, args, { cwd: directory, encoding: "utf8" });
    if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${stderr}`);
  }
  return {
    directory,
    /** Spawn to end in milliseconds: one call, its result printed and checked. */
    run: () =>
      new Promise<number>((resolve, reject) => {
        const id = randomUUID();
        const began = performance.now();
        const child = spawn(bare.command, [...bare.args, JSON.stringify({ id })], { cwd: directory, stdio: ["ignore", "pipe", "inherit"] });
        let said = "";
        child.stdout.on("data", (chunk) => (said += chunk));
        child.once("error", reject);
        child.once("close", () => {
          const ms = performance.now() - began;
          const answer = JSON.parse(said || "{}") as { id?: string; isFirst?: boolean };
          if (answer.id === id && answer.isFirst === true) resolve(ms);
          else reject(new Error(`a wrong answer of the bare ${bare.command}: ${said}`));
        });
      }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
};
