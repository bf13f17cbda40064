import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridgeClient, PutEventsCommand, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { AddPermissionCommand } from "@aws-sdk/client-lambda";
import { setTimeout as sleep } from "node:timers/promises";
import { callPlatform } from "../src/cli/platform-client.ts";
import { startGenerator } from "./generator.ts";
import { GOALS } from "./goals.ts";
import { invokeRequest, putEventsRequest } from "./invoke-request.ts";
import { clientOf, createMaker } from "./maker.ts";
import { interpreterOf } from "./programs/runtimes.ts";
import { beginBlock, differenceOf, ratioOf, type Pair } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";
import { median, percentile } from "./statistics.ts";

const ENTRIES = 10;
const RULES = 1_000;
const BLOCKS = 5;
const PUTTING = 2;
const INVOKING = 10;
const PAUSE_MS = 20;
const HOUR_MS = 3_600_000;
const ACCOUNT = "000000000000";

/** Tells when it was given what: only for events that ask for it, as log lines cost. */
const HANDLER = `
export const handler = async (event) => {
  const at = performance.timeOrigin + performance.now();
  if (event.detail?.isTold) console.log("AT " + event.id + " " + at);
  return { id: event.id, isFirst: false };
};
`;

const connectionOf = (endpoint: string) => ({ endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });

/** A function behind a thousand rules, each for a shelf of its own. */
const open = async (endpoint: string) => {
  const [lambda, events, maker] = [clientOf(endpoint), new EventBridgeClient(connectionOf(endpoint)), await createMaker(endpoint)];
  const { runtime } = (await interpreterOf(endpoint, "nodejs24"))!;
  const name = await maker.make({ name: "consumer", runtime, handler: "app.handler", files: { "app.mjs": { content: HANDLER } } });
  const arn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;
  await lambda.send(new AddPermissionCommand({ FunctionName: name, StatementId: "rules", Action: "lambda:InvokeFunction", Principal: "events.amazonaws.com", SourceArn: `arn:aws:events:us-east-1:${ACCOUNT}:rule/*` }));
  const make = async (shelf: number) => {
    await events.send(new PutRuleCommand({ Name: `shelf-${shelf}`, EventPattern: JSON.stringify({ source: ["shop"], "detail-type": ["order"], detail: { shelf: [`s${shelf}`], state: ["new", "changed"] } }) }));
    await events.send(new PutTargetsCommand({ Rule: `shelf-${shelf}`, Targets: [{ Id: "1", Arn: arn }] }));
  };
  for (let shelf = 0; shelf < RULES; shelf += 20) await Promise.all(Array.from({ length: 20 }, (_, index) => make(shelf + index)));
  return { events, name };
};

const entryOf = (shelf: number, more: Record<string, unknown> = {}) => ({ Source: "shop", DetailType: "order", Detail: JSON.stringify({ shelf: `s${shelf}`, state: "new", customer: "c-0123456789", items: [{ sku: "a-1", count: 2 }, { sku: "b-2", count: 1 }], ...more }) });

/** Throws unless each event was given to the function once. */
const checkCounts = async (endpoint: string, events: number) => {
  const [cloudwatch, now] = [new CloudWatchClient(connectionOf(endpoint)), Date.now()];
  const asked = { Namespace: "AWS/Events", MetricName: "SuccessfulInvocationAttempts", Dimensions: [], StartTime: new Date(now - HOUR_MS), EndTime: new Date(now + HOUR_MS), Period: 2 * HOUR_MS / 1_000 };
  const { Datapoints = [] } = await cloudwatch.send(new GetMetricStatisticsCommand({ ...asked, Statistics: ["Sum"] }));
  const counted = Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  if (counted !== events) throw new Error(`${events} events were put, and SuccessfulInvocationAttempts is ${counted}`);
};

/** Events per second from PutEvents through one of a thousand rules to the end of an asynchronous invocation, over what the function could be given by Invoke. */
export const measureEventsThroughput: Bench = async (server, isolation, { isQuick }) => {
  const { name } = await open(server.endpoint);
  const generator = startGenerator();
  const target = { host: server.host, port: server.port, milliseconds: isQuick ? 500 : 2_000 };
  let put = 0;
  const events = async (): Promise<number> => {
    const request = putEventsRequest(server.endpoint, Array.from({ length: ENTRIES }, (_, index) => entryOf((put + index * 97) % RULES)));
    const began = performance.now();
    const { latencies } = await generator.run({ ...target, request, expected: '"FailedEntryCount":0', connections: PUTTING });
    await callPlatform({ endpoint: server.endpoint, region: "us-east-1", account: undefined }, "POST", "drain", { timeout: "60s" });
    put += latencies.length * ENTRIES;
    return ((latencies.length * ENTRIES) / (performance.now() - began)) * 1_000;
  };
  const payload = JSON.stringify({ version: "0", id: "x", "detail-type": "order", source: "shop", account: ACCOUNT, time: "2026-11-20T10:00:00Z", region: "us-east-1", resources: [], detail: JSON.parse(entryOf(1).Detail) as unknown });
  const request = invokeRequest(server.endpoint, name, payload);
  const expected = [Buffer.from(JSON.stringify({ id: "x", isFirst: false }))];
  const invoke = async (): Promise<number> => {
    const { latencies, elapsedMs } = await generator.run({ ...target, request, expected, connections: INVOKING });
    return (latencies.length / elapsedMs) * 1_000;
  };

  const blocks: Pair[] = [];
  try {
    await invoke();
    await events();
    for (let block = 0; block < BLOCKS; block++) {
      beginBlock(`events to function, ${isolation}`, block, BLOCKS);
      blocks.push({ ours: await events(), theirs: await invoke() });
    }
    await checkCounts(server.endpoint, put);
  } finally {
    generator.stop();
  }
  const about = { name: `events to function, ${ENTRIES} in a request, ${RULES} rules`, isolation, baseline: `Invoke, ${INVOKING} in flight`, goal: GOALS.eventsThroughput };
  return [ratioOf(about, blocks, { "events per s": Math.round(median(blocks.map(({ ours }) => ours))), "Invoke per s": Math.round(median(blocks.map(({ theirs }) => theirs))) })];
};

/** From the answer to PutEvents to the first line of the handler, of a server that has nothing else to do. */
export const measureEventsLatency: Bench = async (server, isolation, { isQuick }) => {
  const count = isQuick ? 50 : 400;
  const { events, name } = await open(server.endpoint);
  const answered = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    const { Entries } = await events.send(new PutEventsCommand({ Entries: [entryOf(index, { isTold: true })] }));
    answered.set(Entries![0]!.EventId!, performance.timeOrigin + performance.now());
    await sleep(PAUSE_MS);
  }
  await callPlatform({ endpoint: server.endpoint, region: "us-east-1", account: undefined }, "POST", "drain", { timeout: "60s" });
  const logs = new CloudWatchLogsClient(connectionOf(server.endpoint));
  const given = new Map<string, number>();
  for (let nextToken: string | undefined, look = 0; given.size < count; look++) {
    if (look > 1_000) throw new Error(`${count} events were put, ${given.size} came`);
    const page = await logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: "AT", ...(nextToken === undefined ? {} : { nextToken }) }));
    for (const { message } of page.events ?? []) {
      const [, id, at] = /AT (\S+) (\S+)/.exec(message!) ?? [];
      if (id !== undefined) given.set(id, Number(at));
    }
    nextToken = page.nextToken;
  }
  // The first ones had no environment, or a cold one.
  const latencies = [...answered].slice(count / 10).map(([id, at]) => given.get(id)! - at);
  const about = { isolation, baseline: "the answer to PutEvents", name: "events to function, handler's first line, p50", goal: GOALS.eventsLatencyP50 };
  return [differenceOf(about, "ms", [{ ours: percentile(latencies, 0.5), theirs: 0 }], { events: latencies.length, "p99 ms": Math.round(percentile(latencies, 0.99) * 10) / 10 })];
};

export const eventsBenches = { "events-throughput": measureEventsThroughput, "events-latency": measureEventsLatency };

if (import.meta.main) await runAlone(eventsBenches);
