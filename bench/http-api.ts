import { ApiGatewayV2Client, CreateApiCommand, CreateIntegrationCommand, CreateRouteCommand, CreateStageCommand } from "@aws-sdk/client-apigatewayv2";
import { AddPermissionCommand } from "@aws-sdk/client-lambda";
import { openConnection } from "./connection.ts";
import { startGenerator, type Load } from "./generator.ts";
import { GOALS } from "./goals.ts";
import { echoRequest, invokeRequest } from "./invoke-request.ts";
import { clientOf, createMaker } from "./maker.ts";
import { startNginx } from "./nginx.ts";
import { beginBlock, BLOCKS, differenceOf, latencyContext, ratioOf, type Result } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";
import { startEcho, type Server } from "./server.ts";
import { perSecond } from "./sqs-send.ts";
import { percentile } from "./statistics.ts";

const AT_ONCE = 32;
/** Of the runs that tell throughput. */
const IN_FLIGHT = 16;
const ACCOUNT = "000000000000";
const ANSWER = '{"statusCode":200,"headers":{"content-type":"application/json"},"body":"{\\"is\\":\\"right\\"}"}';
/** Gives the same answer to an Invoke, which has it as it is, and to an API, which has its body. */
const PROGRAM = { name: "http-api", runtime: "nodejs24.x" as const, handler: "index.handler", files: { "index.mjs": { content: `export const handler = async () => (${ANSWER});\n` } } };
/** About as large as the event that the API makes. */
const PAYLOAD = JSON.stringify({ version: "2.0", routeKey: "GET /pets/{id}", headers: Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`header-${index}`, "a value of a usual length"])), requestContext: { http: { method: "GET", path: "/pets/1" }, padding: "x".repeat(300) } });

/** An API of so many routes, the last of which is asked for. */
const makeApi = async (client: ApiGatewayV2Client, functionArn: string, routes: number): Promise<string> => {
  const { ApiId } = await client.send(new CreateApiCommand({ Name: `${routes} routes`, ProtocolType: "HTTP" }));
  const { IntegrationId } = await client.send(new CreateIntegrationCommand({ ApiId, IntegrationType: "AWS_PROXY", IntegrationUri: functionArn, PayloadFormatVersion: "2.0" }));
  const Target = `integrations/${IntegrationId}`;
  let begun = 1;
  const work = async () => {
    while (begun < routes) {
      const index = begun++;
      await client.send(new CreateRouteCommand({ ApiId, RouteKey: `GET /kind-${index % 100}/thing-${index}/{id}`, Target }));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await client.send(new CreateRouteCommand({ ApiId, RouteKey: "GET /pets/{id}", Target }));
  await client.send(new CreateStageCommand({ ApiId, StageName: "$default", AutoDeploy: true }));
  return ApiId!;
};

/** No resolver is asked for such a name: the bytes go to the server. */
const apiRequest = (apiId: string, { port }: Server): Buffer => Buffer.from(`GET /pets/1 HTTP/1.1\r\nhost: ${apiId}.execute-api.us-east-1.localhost:${port}\r\nuser-agent: bench\r\naccept: */*\r\n\r\n`);

const p50 = ({ latencies }: Load): number => percentile(latencies, 0.5);

/** What an HTTP API adds to an Invoke of the same function, over what nginx adds to a bare server; and 10,000 routes over one. */
export const measureHttpApi: Bench = async (server, isolation, { isQuick }) => {
  const milliseconds = isQuick ? 300 : 1_000;
  const count = isQuick ? 1_000 : 10_000;
  const client = new ApiGatewayV2Client({ endpoint: server.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  const [echo, maker] = await Promise.all([startEcho(), createMaker(server.endpoint)]);
  const nginx = await startNginx(echo);
  const generator = startGenerator();
  try {
    const name = await maker.make(PROGRAM);
    await clientOf(server.endpoint).send(new AddPermissionCommand({ FunctionName: name, StatementId: "api", Action: "lambda:InvokeFunction", Principal: "apigateway.amazonaws.com" }));
    const functionArn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;
    const [one, many] = [await makeApi(client, functionArn, 1), await makeApi(client, functionArn, count)];
    const body = JSON.stringify({ padding: "." });
    const sides: Record<string, { to: Server; request: () => Buffer; expected: string }> = {
      invoke: { to: server, request: () => invokeRequest(server.endpoint, name, PAYLOAD), expected: '"statusCode":200' },
      "one route": { to: server, request: () => apiRequest(one, server), expected: '^\\{"is":"right"\\}$' },
      "many routes": { to: server, request: () => apiRequest(many, server), expected: '^\\{"is":"right"\\}$' },
      echo: { to: echo, request: () => echoRequest(echo.endpoint, body), expected: "padding" },
      ...(nginx === undefined ? {} : { nginx: { to: nginx, request: () => echoRequest(nginx.endpoint, body), expected: "padding" } }),
    };
    const measured = new Map<string, Load[]>();
    const busy = new Map<string, Load[]>();
    const run = async (side: string, ms: number, connections = 1): Promise<Load> => {
      const { to, request, expected } = sides[side]!;
      return generator.run({ host: to.host, port: to.port, request: request(), expected, connections, milliseconds: ms });
    };
    const keep = (loads: Map<string, Load[]>, side: string, load: Load) => loads.set(side, [...(loads.get(side) ?? []), load]);
    await (await openConnection(server)).send(apiRequest(many, server));
    for (const side of Object.keys(sides)) for (const connections of [1, IN_FLIGHT]) await run(side, isQuick ? 300 : 1_500, connections);
    for (let block = 0; block < BLOCKS; block++) {
      beginBlock(`HTTP API, ${isolation}`, block);
      const order = Object.keys(sides);
      for (const side of block % 2 === 0 ? order : order.toReversed()) {
        keep(measured, side, await run(side, milliseconds));
        if (side !== "many routes") keep(busy, side, await run(side, milliseconds, IN_FLIGHT));
      }
    }
    return [...resultsOf(isolation, count, measured), throughputOf(isolation, busy)];
  } finally {
    generator.stop();
    await nginx?.stop();
    await echo.stop();
  }
};

/** What is left of the rate of answers with the gateway in between, over what nginx leaves of a bare server's. */
const throughputOf = (isolation: string, busy: ReadonlyMap<string, readonly Load[]>): Result => {
  const rates = (side: string) => busy.get(side)!.map(perSecond);
  const left = (side: string, of: string) => rates(side).map((rate, block) => rate / rates(of)[block]!);
  const hasNginx = busy.has("nginx");
  const theirs = hasNginx ? left("nginx", "echo") : rates("echo").map(() => 1);
  const context = Object.fromEntries([...busy.keys()].map((side) => [`${side} per second`, Math.round(percentile(rates(side), 0.5))]));
  const name = `HTTP API to a function, ${IN_FLIGHT} in flight, what it leaves of Invoke's throughput`;
  return ratioOf({ name, isolation, baseline: hasNginx ? "what nginx leaves of a node:http echo's" : "Invoke's own" }, left("one route", "invoke").map((ours, block) => ({ ours, theirs: theirs[block]! })), context);
};

const resultsOf = (isolation: string, count: number, measured: ReadonlyMap<string, readonly Load[]>): Result[] => {
  const of = (side: string) => measured.get(side)!.map(p50);
  const all = (side: string) => measured.get(side)!.flatMap(({ latencies }) => latencies);
  const added = (side: string, over: string) => of(side).map((ms, block) => ms - of(over)[block]!);
  const ours = added("one route", "invoke");
  const context = latencyContext(Object.fromEntries([...measured.keys()].map((side) => [side, all(side)])));
  const name = "HTTP API to a function, what it adds to an Invoke, p50";
  // Of all blocks: one alone may measure less with nginx than without, and what is divided by that says nothing.
  const theirs = measured.has("nginx") ? percentile(added("nginx", "echo"), 0.5) : undefined;
  return [
    theirs === undefined
      ? differenceOf({ name: `${name} (no nginx here)`, isolation, baseline: "Invoke" }, "ms", ours.map((ms) => ({ ours: ms, theirs: 0 })), context)
      : ratioOf({ name, isolation, baseline: "what nginx adds to a node:http echo", goal: GOALS.httpApiAdded }, ours.map((ms) => ({ ours: ms, theirs })), context),
    ratioOf({ name: `HTTP API with ${count} routes, p50`, isolation, baseline: "the same with one", goal: GOALS.httpApiRoutes }, of("many routes").map((ms, block) => ({ ours: ms, theirs: of("one route")[block]! })), latencyContext({ many: all("many routes"), one: all("one route") })),
  ];
};

if (import.meta.main) await runAlone({ "http-api": measureHttpApi });
