import { randomUUID } from "node:crypto";
import { CreateFunctionCommand, GetFunctionConfigurationCommand, UpdateFunctionConfigurationCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { openConnection, type Connection } from "../connection.ts";
import { checkAnswer, invokeRequest } from "../invoke-request.ts";
import { packageOf, ROLE } from "../maker.ts";
import type { Program } from "../programs/program.ts";
import type { Server } from "../server.ts";
import { TROUBLES, type Trouble } from "./programs.ts";

/** A function that is made once, and whose every new revision is a cold start. */
export interface Endured {
  warm(connection: Connection, does?: "leave" | "write"): Promise<void>;
  /** Changes the configuration; the next invocation must be its environment's first. */
  cold(connection: Connection): Promise<void>;
  fails(connection: Connection, trouble: Trouble): Promise<void>;
  failsAtInit(connection: Connection): Promise<void>;
}

interface Needs {
  server: Server;
  lambda: LambdaClient;
  program: Program;
  name: string;
  memoryMb: number;
  /** In the environment of whatever it starts. */
  mark: string;
}

export const createEndured = async ({ server, lambda, program, name: FunctionName, memoryMb, mark }: Needs): Promise<Endured> => {
  let revision = 0;
  const variables = (more: Record<string, string> = {}) => ({ Environment: { Variables: { MARK: mark, REVISION: String(revision++), ...more } } });
  const untilReady = async () => {
    for (;;) {
      const { State, LastUpdateStatus } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
      if (State === "Active" && LastUpdateStatus !== "InProgress") return;
    }
  };
  const update = async (more?: Record<string, string>) => {
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, ...variables(more) }));
    await untilReady();
  };
  const send = (connection: Connection, event: object) => connection.send(invokeRequest(server.endpoint, FunctionName, JSON.stringify(event)));
  const mustFail = async (connection: Connection, event: object, expected: RegExp) => {
    const { status, head, body } = await send(connection, event);
    if (status !== 200 || !/x-amz-function-error/i.test(head) || !expected.test(body.toString())) throw new Error(`${FunctionName} ${JSON.stringify(event)}: ${expected} was expected, ${status} ${body.toString()} came`);
  };
  await lambda.send(new CreateFunctionCommand({ FunctionName, Runtime: program.runtime, Handler: program.handler, Role: ROLE, MemorySize: memoryMb, Timeout: 10, Code: { ZipFile: await packageOf(program.files) }, ...variables() }));
  await untilReady();
  return {
    async warm(connection, does) {
      const id = randomUUID();
      checkAnswer(await send(connection, { id, does }), { id });
    },
    async cold(connection) {
      await update();
      const id = randomUUID();
      checkAnswer(await send(connection, { id }), { id, isFirst: true });
    },
    async fails(connection, does) {
      if (does !== "hang") return mustFail(connection, { does }, TROUBLES[does]);
      await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 1 }));
      await untilReady();
      await mustFail(connection, { does }, TROUBLES.hang);
      await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 10 }));
      await untilReady();
    },
    async failsAtInit(connection) {
      await update({ FAILS_AT_INIT: "1" });
      await mustFail(connection, {}, /at INIT, on purpose/);
      await update();
    },
  };
};

/** Runs on connections of its own, which are closed then: what the server holds for them is not held by functions. */
export const onConnections = async (server: Server, count: number, work: (connection: Connection, index: number) => Promise<void>): Promise<void> => {
  const connections = await Promise.all(Array.from({ length: count }, () => openConnection(server)));
  try {
    await Promise.all(connections.map(work));
  } finally {
    for (const connection of connections) connection.close();
  }
};
