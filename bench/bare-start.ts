import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Language } from "./functions.ts";

/** The same interpreter and handler without a platform: spawn to end, one call, its result printed and checked. */
export const prepareBare = ({ interpreter, file, handler, bareFile, bare }: Language) => {
  const directory = mkdtempSync(join(tmpdir(), "lambdad-bench-"));
  writeFileSync(join(directory, file), handler);
  writeFileSync(join(directory, bareFile), bare);
  return {
    run: () =>
      new Promise<number>((resolve, reject) => {
        const id = randomUUID();
        const began = performance.now();
        const child = spawn(interpreter, [join(directory, bareFile), JSON.stringify({ id })], { stdio: ["ignore", "pipe", "inherit"] });
        let said = "";
        child.stdout.on("data", (chunk) => (said += chunk));
        child.once("error", reject);
        child.once("close", () => {
          const ms = performance.now() - began;
          const answer = JSON.parse(said || "{}") as { id?: string; isFirst?: boolean };
          if (answer.id === id && answer.isFirst === true) resolve(ms);
          else reject(new Error(`a wrong answer of the bare ${interpreter}: ${said}`));
        });
      }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
};
