import { openConnection } from "./connection.ts";

/** One phase of load: `connections` sockets, each with one request in flight, all the same bytes. */
export interface Phase {
  host: string;
  port: number;
  request: Uint8Array;
  /** The bytes that every answer must have: one of these. Or what its text must look like, where each has an id of its own. */
  expected: readonly Uint8Array[] | string;
  connections: number;
  milliseconds: number;
}

export type PhaseReply = { latencies: number[]; elapsedMs: number } | { error: string };

const matching = (pattern: RegExp) => (body: Buffer) => pattern.test(body.toString());

const run = async ({ host, port, request, expected, connections, milliseconds }: Phase): Promise<PhaseReply> => {
  const requestBytes = Buffer.from(request);
  const isRight = typeof expected === "string" ? matching(new RegExp(expected)) : (body: Buffer) => expected.some((bytes) => body.equals(bytes));
  const opened = await Promise.all(Array.from({ length: connections }, () => openConnection({ host, port })));
  const latencies: number[] = [];
  const began = performance.now();
  const end = began + milliseconds;
  await Promise.all(
    opened.map(async (connection) => {
      for (let at = performance.now(); at < end; ) {
        const { status, body } = await connection.send(requestBytes);
        const now = performance.now();
        if (status !== 200 || !isRight(body)) throw new Error(`a wrong answer under load: ${status} ${body.toString()}`);
        latencies.push(now - at);
        at = now;
      }
    }),
  );
  const elapsedMs = performance.now() - began;
  for (const connection of opened) connection.close();
  return { latencies, elapsedMs };
};

process.on("message", (phase: Phase) => {
  run(phase).then(
    (reply) => process.send!(reply),
    (error: Error) => process.send!({ error: error.message }),
  );
});
process.on("disconnect", () => process.exit());
