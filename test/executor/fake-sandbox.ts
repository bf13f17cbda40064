import { request } from "node:http";
import { PassThrough } from "node:stream";
import { listenOnLoopback, type Listening } from "../../src/sandbox/loopback.ts";
import type { ProcessExit, RunningProcess, Sandbox } from "../../src/sandbox/sandbox.ts";

/** A program that is a function: it speaks the APIs of its environment over real connections, until it ends or is ended. */
export type FakeProgram = (tools: { ask(method: string, path: string, headers?: Record<string, string>, body?: string): Promise<{ headers: Record<string, string | string[] | undefined>; body: string }>; asked: Promise<void> }) => Promise<number>;

export interface FakeSandbox extends Sandbox {
  start(program: FakeProgram): RunningProcess;
  readonly left: { programs: number; isListening: boolean; isDestroyed: boolean };
}

/** Where real processes would be too slow: only for the many orders in which things can happen. It refuses what a sandbox refuses. */
export const createFakeSandbox = (id: string): FakeSandbox => {
  const programs = new Map<(exit: ProcessExit) => void, RunningProcess>();
  let listening: Listening | undefined;
  let isDestroyed = false;
  let isFrozen = false;
  const check = (holds: boolean, what: string) => {
    if (!holds) throw new Error(what);
  };
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body = "") =>
    new Promise<{ headers: Record<string, string | string[] | undefined>; body: string }>((resolve, reject) => {
      const [host, port] = listening!.addresses["runtime-api"]!.split(":");
      const asking = request({ host: host!, port: Number(port), method, path, headers: { ...headers, "Content-Length": Buffer.byteLength(body) }, agent: false }, (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk)).on("end", () => resolve({ headers: response.headers, body: text })).on("error", reject);
      });
      asking.on("error", reject).end(body);
    });
  const killAll = () => {
    for (const end of programs.keys()) end({ code: null, signal: "SIGKILL", isOutOfMemory: false });
  };
  return {
    id,
    hasChannels: false,
    path: (target) => target,
    async listen(listeners) {
      check(!isDestroyed, "nothing is run in a sandbox that is destroyed");
      listening?.close();
      const opened = await listenOnLoopback(listeners);
      if (isDestroyed) opened.close();
      check(!isDestroyed, "nothing is run in a sandbox that is destroyed");
      listening = opened;
      return opened.addresses;
    },
    start(program) {
      check(!isDestroyed, "nothing is run in a sandbox that is destroyed");
      check(!isFrozen, "nothing is started in a sandbox that is frozen");
      const exited = Promise.withResolvers<ProcessExit>();
      const asked = Promise.withResolvers<void>();
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const end = (exit: ProcessExit) => {
        if (!programs.delete(end)) return;
        stdout.end();
        stderr.end();
        exited.resolve(exit);
      };
      const running: RunningProcess = { stdout, stderr, exited: exited.promise, signal: (name) => (name === "SIGTERM" ? asked.resolve() : end({ code: null, signal: name, isOutOfMemory: false })) };
      programs.set(end, running);
      void program({ ask, asked: asked.promise }).then((code) => end({ code, signal: null, isOutOfMemory: false }), () => end({ code: 1, signal: null, isOutOfMemory: false }));
      return running;
    },
    exec: () => Promise.reject(new Error("programs are started by the test")),
    connect: () => Promise.reject(new Error("nobody listens")),
    limitCpu() {},
    async reset() {
      isFrozen = false;
      killAll();
      await new Promise(setImmediate);
      listening?.close();
      listening = undefined;
    },
    async freeze() {
      check(!isDestroyed && programs.size > 0, "what is frozen is there");
      isFrozen = true;
    },
    async thaw() {
      isFrozen = false;
    },
    memoryPeakBytes: async () => 1,
    usage: async () => ({ cpuMs: 0, processes: programs.size }),
    async destroy() {
      check(!isDestroyed, "it is destroyed once");
      isDestroyed = true;
      killAll();
      listening?.close();
      listening = undefined;
    },
    get left() { return { programs: programs.size, isListening: listening !== undefined, isDestroyed }; },
  };
};
