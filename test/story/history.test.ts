import { FilterLogEventsCommand, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { clientsOf, type Clients } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { startServer } from "../support/server.ts";
import { eventually } from "../support/temporary.ts";

const SEEN = 40;

/** The numbers that the function has logged, in order. */
const logged = async ({ logs }: Clients): Promise<number[]> => {
  const found: number[] = [];
  for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, { logGroupName: "/aws/lambda/counter", filterPattern: "number" })) found.push(...events.map(({ message }) => Number(/number (\d+)/.exec(message!)![1])));
  return found.toSorted((a, b) => a - b);
};
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

it("kill -9 costs the last batch of log lines and of the ledger at most: what was read is there, and nothing is missing in between", async () => {
  const first = await startServer({ flags: ["--isolation", "process"] });
  const clients = clientsOf(first.endpoint);
  await createFunction(clients, { FunctionName: "counter", Role: await createRole(clients, "worker"), Runtime: "nodejs24.x", Handler: "index.handler", files: { "index.mjs": "export const handler = async ({ n }) => console.log('number', n);\n" } });
  const answered: string[] = [];
  const work = async () => {
    for (;;) answered.push((await clients.lambda.send(new InvokeCommand({ FunctionName: "counter", Payload: JSON.stringify({ n: answered.length }) }))).$metadata.requestId!);
  };
  const over = work().catch(() => undefined);
  await eventually("some is read", async () => (await clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/counter", filterPattern: `"number ${SEEN}"` })).catch(() => undefined))?.events?.length === 1);
  await first.kill();
  await over;

  const second = await startServer({ dataDirectory: first.dataDirectory, flags: ["--isolation", "process"] });
  const kept = await logged(clientsOf(second.endpoint));
  expect(kept.length).toBeGreaterThan(SEEN);
  expect(kept).toEqual(upTo(kept.length));

  const told: boolean[] = [];
  for (const requestId of answered) {
    const stories = await fetchStories({ endpoint: second.endpoint, region: "us-east-1", account: undefined }, requestId);
    told.push(stories.some(({ entries }) => entries.some(({ kind }) => kind === "attempt")));
  }
  const count = told.lastIndexOf(true) + 1;
  expect(count).toBeGreaterThan(0);
  expect(told.slice(0, count)).toEqual(upTo(count).map(() => true));
  expect(await second.stop()).toBe(0);
}, 60_000);
