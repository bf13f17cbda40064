import type { Program } from "../programs/program.ts";
import { nodeProgram, pythonProgram } from "../programs/plain.ts";
import { interpreterOf } from "../programs/runtimes.ts";

const NODE = `import { spawn } from "node:child_process";
if (process.env.FAILS_AT_INIT) throw new Error("at INIT, on purpose");
let count = 0;
export const handler = async ({ id, does }) => {
  if (does === "exit") process.exit(3);
  if (does === "throw") throw new Error("on purpose");
  if (does === "fill") for (const held = []; ; ) held.push(Buffer.alloc(4 << 20, 1));
  if (does === "hang") await new Promise((resolve) => setTimeout(resolve, 600_000));
  if (does === "leave") spawn("/bin/sleep", ["600"], { detached: true, stdio: "ignore" }).unref();
  if (does === "write") console.log("x".repeat(20_000));
  return { id, isFirst: count++ === 0 };
};
`;
const PYTHON = `import os, subprocess, time
if os.environ.get("FAILS_AT_INIT"): raise Exception("at INIT, on purpose")
count = 0
def handler(event, context):
    global count
    does = event.get("does")
    if does == "exit": os._exit(3)
    if does == "throw": raise Exception("on purpose")
    if does == "fill":
        held = []
        while True: held.append(bytearray(os.urandom(1) * (4 << 20)))
    if does == "hang": time.sleep(600)
    if does == "leave": subprocess.Popen(["/bin/sleep", "600"], start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if does == "write": print("x" * 20_000)
    count += 1
    return {"id": event["id"], "isFirst": count == 1}
`;

/** What the handlers do when they are told to, with what the invocation must say of it. */
export const TROUBLES = {
  exit: /Runtime\.ExitError|exited/,
  throw: /on purpose/,
  fill: /OutOfMemory|ExitError|signal: (killed|aborted)|MemoryError/i,
  hang: /timed out/i,
} as const;

export type Trouble = keyof typeof TROUBLES;

export const troubledPrograms = async (endpoint: string): Promise<Program[]> => {
  const [node, python] = await Promise.all([interpreterOf(endpoint, "nodejs24"), interpreterOf(endpoint, "python")]);
  return [
    { ...nodeProgram(node!), files: { "app.mjs": { content: NODE } } },
    ...(python === undefined ? [] : [{ ...pythonProgram(python), files: { "app.py": { content: PYTHON } } }]),
  ];
};
