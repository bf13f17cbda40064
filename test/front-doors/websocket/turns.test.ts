import { describe, expect, it } from "vitest";
import { ApiError } from "../../../src/kit/api-error.ts";
import { ACCOUNT } from "../../support/context.ts";
import { eventually } from "../../support/temporary.ts";
import { REGION, type Behind } from "../http-api/ground.ts";
import { API, lambdaProxy, openSockets, STAGE, type Sockets } from "./ground.ts";

const FORMAT = '{"id":"$context.requestId","type":"$context.eventType","route":"$context.routeKey","connection":"$context.connectionId","status":"$context.status","message":"$context.error.message","integration":"$context.integrationStatus","none":"$context.nothing"}';
const LOGGED = { AccessLogSettings: { DestinationArn: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:sockets`, Format: FORMAT } };

const logOf = (on: Sockets) => on.lines.flatMap(({ lines }) => lines.map(({ message }) => JSON.parse(message) as Record<string, string>));
const sumOf = (on: Sockets, wanted: string, dimensions: object = { ApiId: API, Stage: STAGE }) => {
  const values = on.counted.filter(({ name, dimensions: of }) => name === wanted && JSON.stringify(of) === JSON.stringify(dimensions)).map(({ value }) => value);
  return values.reduce((sum, value) => sum + value, 0);
};
const failure = (message: string) => ({ message, connectionId: expect.stringMatching(/=$/), requestId: expect.stringMatching(/=$/) });

describe("throttling", () => {
  const behind: Behind = () => ({ statusCode: 200, body: "ok" });
  const settings = (limits: Record<string, number>, of: string | undefined) => ({ [STAGE]: of === undefined ? { DefaultRouteSettings: limits } : { RouteSettings: { [of]: limits } } });

  it("of a route refuses messages with AWS's text, and lets them in again with time", async () => {
    const on = await openSockets({ behind });
    await on.save({ routes: { $connect: {}, $default: {}, slow: {} }, answered: ["$default", "slow"], stages: settings({ ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1 }, "slow") });
    const { socket, next } = await on.dial();
    const say = async (action: string) => {
      socket.send(JSON.stringify({ action }));
      return next();
    };
    expect(await say("slow")).toBe("ok");
    const told = JSON.parse(await say("slow")) as { requestId: string };
    expect(told).toEqual(failure("Too Many Requests"));
    expect(on.entries.at(-1)).toMatchObject({ keys: expect.arrayContaining([told.requestId]), detail: { routeKey: "slow", status: 429 } });
    expect(await say("other")).toBe("ok");
    await on.clock.advance(1_000);
    expect(await say("slow")).toBe("ok");
  });

  it("of a stage holds for all that has none of its own, connections too, and its end is always told", async () => {
    const on = await openSockets({ behind });
    await on.save({ stages: settings({ ThrottlingRateLimit: 1, ThrottlingBurstLimit: 1 }, undefined), answered: ["$default"] });
    const { socket, next, closed } = await on.dial();
    expect((await on.refused()).status).toBe(429);
    socket.send("x");
    expect(JSON.parse(await next())).toEqual(failure("Too Many Requests"));
    socket.close();
    await closed;
    await eventually("the end is told", () => on.events("DISCONNECT").length === 1);
  });
});

describe("what is told of turns", () => {
  it("is a line of the access log, and CloudWatch's metrics, for each", async () => {
    const on = await openSockets({ behind: (event) => (event["body"] === "fail" ? { answer: { StatusCode: 200, FunctionError: "Unhandled", Payload: Buffer.from("{}") } } : { statusCode: event["body"] === "no" ? 404 : 200, body: "ok" }) });
    await on.save({ stages: { [STAGE]: { ...LOGGED, RouteSettings: { $default: { DetailedMetricsEnabled: true } } } }, answered: ["$default"] });
    const { socket, next, closed } = await on.dial();
    for (const text of ["yes", "no", "fail"]) {
      socket.send(text);
      await next();
    }
    socket.close();
    await closed;
    await eventually("the end is logged", () => logOf(on).length === 5);
    const connection = on.events("CONNECT")[0]!.requestContext["connectionId"];
    const line = (type: string, route: string, status: string, more = {}) => ({ id: expect.stringMatching(/=$/), type, route, connection, status, integration: status, message: "-", none: "-", ...more });
    expect(logOf(on)).toEqual([
      line("CONNECT", "$connect", "200"), line("MESSAGE", "$default", "200"), line("MESSAGE", "$default", "404"), line("MESSAGE", "$default", "502", { integration: "-", message: "Internal server error" }), line("DISCONNECT", "$disconnect", "200"),
    ]);
    const sums = (dimensions?: object) => ["ConnectCount", "MessageCount", "IntegrationError", "ClientError", "ExecutionError"].map((name) => sumOf(on, name, dimensions));
    // Three messages came, three answers went.
    expect(sums()).toEqual([1, 6, 2, 0, 0]);
    expect(sums({ ApiId: API })).toEqual([1, 6, 2, 0, 0]);
    expect(sums({ ApiId: API, Stage: STAGE, Route: "$default" })).toEqual([0, 6, 2, 0, 0]);
    expect(on.counted.filter(({ name, dimensions }) => name === "IntegrationLatency" && Object.keys(dimensions).length === 1)).toHaveLength(5);
  });

  it("counts what the gateway itself refuses as the client's error", async () => {
    const on = await openSockets();
    await on.save({ routes: {}, stages: { [STAGE]: LOGGED } });
    const client = await on.dial();
    client.socket.send("x");
    expect(JSON.parse(await client.next())).toEqual(failure("Forbidden"));
    expect(sumOf(on, "ClientError")).toBe(1);
    // Nobody was asked about its beginning.
    expect(sumOf(on, "ConnectCount")).toBe(0);
    expect(logOf(on).at(-1)).toMatchObject({ route: "-", status: "403", message: "Forbidden" });
  });

  it("waits for no log that is full", async () => {
    const on = await openSockets({ behind: () => ({ statusCode: 200, body: "ok" }) });
    await on.save({ stages: { [STAGE]: LOGGED }, answered: ["$default"] });
    const never = Promise.withResolvers<void>();
    on.fill(never.promise);
    const { socket, next } = await on.dial();
    socket.send("x");
    expect(await next()).toBe("ok");
    expect(on.lines).toHaveLength(1);
  });
});

describe("a message", () => {
  it("whose door is shut is told of by an id that finds the refusal", async () => {
    const on = await openSockets({
      behind(event) {
        if (event["body"] !== undefined) throw new ApiError("AccessDeniedException", "nobody may");
        return { statusCode: 200 };
      },
    });
    await on.save({});
    const { socket, next } = await on.dial();
    socket.send("x");
    const { requestId } = JSON.parse(await next()) as { requestId: string };
    const entry = on.entries.find(({ keys }) => keys.includes(requestId))!;
    expect(entry).toMatchObject({ summary: `a message to $default of the WebSocket API ${API} is refused: nobody may` });
    // The invocation, and its refusal, belong to the same story; its id is its own.
    const { options } = on.invocations.at(-1)!;
    expect([options.trace!.id, options.requestId]).toEqual([entry.traceId, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
  });

  it("is not waited for longer than its integration says, and the function runs on", async () => {
    const late = Promise.withResolvers<void>();
    const on = await openSockets({
      async behind(event) {
        if (event["body"] === "late") await late.promise;
        return { statusCode: 200, body: "ok" };
      },
    });
    await on.save({ integrations: { main: lambdaProxy({ TimeoutInMillis: 5_000 }) }, answered: ["$default"] });
    const { socket, next } = await on.dial();
    socket.send("late");
    await eventually("the function runs", () => on.events("MESSAGE").length === 1);
    await on.wall.advance(5_000);
    expect(JSON.parse(await next())).toEqual(failure("Endpoint request timed out"));
    expect([sumOf(on, "ExecutionError"), sumOf(on, "IntegrationError")]).toEqual([1, 0]);
    late.resolve();
    socket.send("soon");
    expect(await next()).toBe("ok");
  });

  it("is served by the API as it is now, and another API's changes are not felt", async () => {
    const on = await openSockets({ behind: (_event, { name }) => ({ statusCode: 200, body: name }) });
    const parts = { answered: ["$default"] };
    await on.save(parts);
    const { socket, next } = await on.dial();
    const ask = async () => {
      socket.send("x");
      return next();
    };
    expect(await ask()).toBe("f");
    await on.save({ ...parts, apiId: "other", integrations: { main: lambdaProxy() } });
    expect(await ask()).toBe("f");
    await on.save({ ...parts, integrations: { main: lambdaProxy({ IntegrationUri: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:g` }) } });
    expect(await ask()).toBe("g");
  });

  it("answers no more than a message can carry", async () => {
    const on = await openSockets({ behind: (event) => ({ statusCode: 200, body: "a".repeat(event["body"] === "long" ? 128 * 1024 + 1 : 128 * 1024) }) });
    await on.save({ answered: ["$default"] });
    const { socket, next } = await on.dial();
    socket.send("fits");
    expect((await next()).length).toBe(128 * 1024);
    socket.send("long");
    expect(JSON.parse(await next())).toEqual(failure("Internal server error"));
  });
});
