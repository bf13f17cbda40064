import { rssBytes } from "../process-tree.ts";

export interface Memory {
  /** What is reachable in the server's heap, after a collection that was asked for. */
  heap: number;
  /** Beside the heap, and held by it: buffers. */
  external: number;
  rss: number;
}

interface Reply {
  id: number;
  result?: { result?: { value?: unknown } };
}

/** Asks a Node that was started with `--inspect` to collect its garbage, twice, and measures what is left. The inspector is left again. */
export const memoryOf = async (pid: number, inspector: string): Promise<Memory> => {
  const socket = new WebSocket(inspector);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", () => reject(new Error(`no inspector answers at ${inspector}`)));
  });
  let calls = 0;
  const call = (method: string, params = {}): Promise<Reply> => {
    const id = ++calls;
    socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => {
      const look = ({ data }: MessageEvent) => {
        const reply = JSON.parse(String(data)) as Reply;
        if (reply.id !== id) return;
        socket.removeEventListener("message", look);
        resolve(reply);
      };
      socket.addEventListener("message", look);
    });
  };
  // What is freed by the first may free more.
  for (let round = 0; round < 2; round++) await call("HeapProfiler.collectGarbage");
  const { result } = await call("Runtime.evaluate", { expression: "process.memoryUsage()", returnByValue: true });
  socket.close();
  const { heapUsed, external } = result!.result!.value as { heapUsed: number; external: number };
  return { heap: heapUsed, external, rss: rssBytes(pid) };
};
