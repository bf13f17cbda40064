import { join } from "node:path";
import { stateMigrations } from "../src/store/migrations/index.ts";
import { createSqliteStore } from "../src/store/sqlite.ts";
import { sql, sqlOne } from "../src/store/store.ts";
import { openConnection } from "./connection.ts";
import { sqsRequest } from "./invoke-request.ts";
import type { Server } from "./server.ts";

export const BODY = "x".repeat(100);

/** The answer of one call; a refusal ends the bench. */
export const callSqs = async (server: Server, operation: string, input: Record<string, unknown>): Promise<Record<string, unknown>> => {
  const connection = await openConnection(server);
  const { status, body } = await connection.send(sqsRequest(server.endpoint, operation, input));
  connection.close();
  if (status !== 200) throw new Error(`${operation} was refused: ${body.toString()}`);
  return JSON.parse(body.toString()) as Record<string, unknown>;
};

export const createQueue = async (server: Server, QueueName: string): Promise<string> => (await callSqs(server, "CreateQueue", { QueueName }))["QueueUrl"] as string;

interface Stored {
  queue: string;
  count: number;
  /** Milliseconds from now on: somebody has them until then. Visible, when absent. */
  heldForMs?: number;
}

/** Fills queues of a server that does not run: a million requests are not what is measured. */
export const storeMessages = async (directory: string, all: readonly Stored[]): Promise<void> => {
  const store = createSqliteStore({
    path: join(directory, "state.db"),
    migrations: stateMigrations,
    onSyncFailure(error) {
      throw error;
    },
  });
  for (const { queue, count, heldForMs } of all) {
    const now = Date.now();
    const { id } = (await store.run(() => sqlOne("select id from sqs_queue where name = ?", queue))) as { id: number };
    await store.run(() => sql(
      `insert into sqs_message (queue, visible_at, receive_count, received_before, sent_at, id, sender, body)
       with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) select ?, ?, ?, 0, ?, 'stored-' || i, '000000000000', ? from n`,
      count, id, heldForMs === undefined ? now : now + heldForMs, heldForMs === undefined ? 0 : 1, now, BODY,
    ));
  }
  await store.close();
};
