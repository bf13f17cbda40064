import { randomUUID } from "node:crypto";
import type { Connection } from "./connection.ts";
import { checkAnswer, invokeRequest } from "./invoke-request.ts";
import { openConnection } from "./connection.ts";
import type { Server } from "./server.ts";

/** First byte of an Invoke to the last byte of its answer, in an environment that did not exist: milliseconds. */
export const coldInvoke = async ({ endpoint }: Server, connection: Connection, functionName: string): Promise<number> => {
  const id = randomUUID();
  const request = invokeRequest(endpoint, functionName, JSON.stringify({ id }));
  const began = performance.now();
  const answer = await connection.send(request);
  const ms = performance.now() - began;
  // `isFirst` proves that no warm environment answered.
  checkAnswer(answer, { id, isFirst: true });
  return ms;
};

/** On a connection of its own: what is not measured. */
export const warmUp = async (server: Server, functionName: string): Promise<void> => {
  const connection = await openConnection(server);
  await coldInvoke(server, connection, functionName);
  connection.close();
};

export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};
