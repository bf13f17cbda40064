import { describe, expect, it, vi } from "vitest";
import { zipOf } from "../support/functions.ts";
import { isolations } from "../support/isolation.ts";
import { compileJava, exactJavas, otherJava, whyNoJava } from "../support/java.ts";
import { createGround, startFunction } from "./ground.ts";

const WHY = await whyNoJava();
const [RUNTIME = "java17"] = exactJavas;
/** A JVM starts in a second or two, and other tests run beside it. */
const SECONDS = 60_000;

const APP = `package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.LinkedHashMap;
import java.util.Map;

public class App implements RequestHandler<Map<String, Object>, Object> {
  static int calls = 0;
  public static class Broken extends RuntimeException {
    Broken(String message, Throwable cause) { super(message, cause); }
  }

  @Override
  public Object handleRequest(Map<String, Object> event, Context context) {
    String what = String.valueOf(event.get("do"));
    calls++;
    System.out.println("asked to " + what);
    switch (what) {
      case "fail": throw new Broken("asked to fail", new IllegalStateException("deep down"));
      case "exit": System.exit(4);
      case "wait": while (true) { }
      case "log": context.getLogger().log("by the logger\\n"); System.err.println("on stderr"); return null;
      case "fill": StringBuilder all = new StringBuilder("x"); while (true) { all.append(all); }
      case "threads": return threads(((Number) event.get("count")).intValue());
      case "tell": return tell(context);
      default: return event;
    }
  }

  private Object threads(int count) {
    java.util.concurrent.CountDownLatch started = new java.util.concurrent.CountDownLatch(count), end = new java.util.concurrent.CountDownLatch(1);
    for (int i = 0; i < count; i++) {
      new Thread(() -> { started.countDown(); try { end.await(); } catch (InterruptedException e) { } }).start();
    }
    try { started.await(); } catch (InterruptedException e) { }
    end.countDown();
    return count;
  }

  private Map<String, Object> tell(Context context) {
    Map<String, Object> told = new LinkedHashMap<>();
    told.put("id", context.getAwsRequestId());
    told.put("arn", context.getInvokedFunctionArn());
    told.put("name", context.getFunctionName());
    told.put("version", context.getFunctionVersion());
    told.put("memory", context.getMemoryLimitInMB());
    told.put("group", context.getLogGroupName());
    told.put("stream", context.getLogStreamName());
    told.put("left", context.getRemainingTimeInMillis());
    told.put("client", context.getClientContext() == null ? null : context.getClientContext().getCustom().get("a"));
    told.put("calls", calls);
    told.put("trace", String.valueOf(System.getProperty("com.amazonaws.xray.traceHeader")).startsWith("Root="));
    told.put("heap", Runtime.getRuntime().maxMemory());
    told.put("directory", System.getProperty("user.dir"));
    told.put("environment", System.getenv());
    return told;
  }
}
`;
const STREAM = `package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import java.io.*;

public class Stream implements RequestStreamHandler {
  @Override
  public void handleRequest(InputStream input, OutputStream output, Context context) throws IOException {
    output.write("[".getBytes());
    byte[] buffer = new byte[64];
    for (int n; (n = input.read(buffer)) > 0; ) output.write(buffer, 0, n);
    output.write("]".getBytes());
  }
}
`;
const PLAIN = `package example;

public class Plain {
  public static class Point { private int x; public int getX() { return x; } public void setX(int x) { this.x = x; } }
  public Point twice(Point point) { point.setX(point.getX() * 2); return point; }
  public String greet(String name) { return "hello " + name + Shared.MARK; }
}
`;
const SHARED = 'package example; public class Shared { public static final String MARK = String.valueOf("!"); }';
const BAD = 'package example; public class Bad { static { if (true) throw new IllegalArgumentException("no good"); } public String go(String s) { return s; } }';

const target = (over: object = {}) => ({ runtime: RUNTIME, handler: "example.App::handleRequest", ...over });

describe.skipIf(WHY !== undefined)(`Java under AWS's own client${WHY === undefined ? "" : ` (skipped: ${WHY})`}`, { timeout: SECONDS }, async () => {
  const classes = WHY === undefined ? await compileJava(RUNTIME, { "example/App.java": APP, "example/Stream.java": STREAM, "example/Plain.java": PLAIN, "example/Shared.java": SHARED, "example/Bad.java": BAD }) : {};

  it.each(isolations)("answers, warm too, with AWS's context, under %s", async (isolation) => {
    const { invoke, log, environment } = await startFunction(classes, target({ memoryMb: 512 }), { isolation });
    const first = await invoke({ do: "tell" }, { clientContext: '{"custom":{"a":"b"}}' });
    const told = first.json as Record<string, unknown>;
    expect(told).toMatchObject({ arn: "arn:aws:lambda:us-east-1:000000000000:function:f", name: "f", version: "$LATEST", memory: 512, group: "/aws/lambda/f", stream: environment.logStream, client: "b", calls: 1, trace: true });
    expect(first.logTail.toString()).toMatch(new RegExp(`^START RequestId: ${told["id"]} Version: \\$LATEST\\nasked to tell\\nEND RequestId: ${told["id"]}\\nREPORT `));
    expect(told["left"]).toBeLessThanOrEqual(10_000);
    expect(told["left"]).toBeGreaterThan(0);
    // 85 % of the memory, less one of SerialGC's two survivor spaces.
    expect(told["heap"]).toBeGreaterThan(400 * 2 ** 20);
    expect(told["heap"]).toBeLessThanOrEqual(445_645 * 1_024);
    expect(told["environment"]).toMatchObject({ AWS_EXECUTION_ENV: `AWS_Lambda_${RUNTIME}`, LAMBDA_TASK_ROOT: told["directory"], _HANDLER: "example.App::handleRequest" });
    const second = await invoke({ do: "tell" });
    expect(second.json).toMatchObject({ calls: 2 });
    // What is null is left out, as AWS's serializer does.
    expect(second.json).not.toHaveProperty("client");
    expect((await invoke({ do: "echo", deep: [1, "ü"] })).json).toEqual({ do: "echo", deep: [1, "ü"] });
    expect(log()[0]).toMatch(new RegExp(`^INIT_START Runtime Version: java:${RUNTIME.slice(4)}\\.v\\d+\\t`));
    // Nothing of a JVM's own stands between.
    expect(log()[1]).toMatch(/^START /);
  });

  it("tells exceptions with their type and their stack", async () => {
    const { invoke } = await startFunction(classes, target({ handler: "example.App" }));
    const failed = await invoke({ do: "fail" });
    // The second one is the bridge that the compiler makes for the interface.
    const frame = expect.stringMatching(/^example\.App\.handleRequest\(App\.java:\d+\)$/);
    expect(failed.outcome).toMatchObject({ kind: "error", errorType: "Runtime.UserException" });
    expect(failed.json).toEqual({ errorMessage: "asked to fail", errorType: "example.App$Broken", stackTrace: [frame, frame] });
    expect(failed.logTail.toString()).toContain("asked to fail: example.App$Broken\n");
    // The process lives on.
    expect((await invoke({ do: "tell" })).json).toMatchObject({ calls: 2 });
  });

  it.each(isolations)("that exits, loops, or takes too much memory is ended, and starts anew under %s", async (isolation) => {
    const { invoke, wall, log } = await startFunction(classes, target({ timeoutSeconds: 30, memoryMb: 512 }), { isolation });
    const exited = await invoke({ do: "exit" });
    expect(exited.json).toEqual({ errorType: "Runtime.ExitError", errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Runtime exited with error: exit status 4$/) });
    const filled = await invoke({ do: "fill" });
    expect(filled.json).toMatchObject({ errorType: "java.lang.OutOfMemoryError" });
    expect((await invoke({ do: "tell" })).json).toMatchObject({ calls: 1 });
    const waited = invoke({ do: "wait" });
    await vi.waitFor(() => expect(log()).toContain("asked to wait\n"), SECONDS);
    await wall.advance(30_000);
    expect((await waited).json).toMatchObject({ errorType: "Sandbox.Timedout", errorMessage: expect.stringContaining("Task timed out after 30.00 seconds") });
    expect((await invoke({ do: "tell" })).json).toMatchObject({ calls: 1 });
  });

  it("may have hundreds of threads", async () => {
    for (const isolation of isolations) expect((await (await startFunction(classes, target(), { isolation })).invoke({ do: "threads", count: 400 })).json).toBe(400);
  });

  it("L13 writes what it logs of an exception as one event", async () => {
    const { invoke, log } = await startFunction(classes, target());
    await invoke({ do: "fail" });
    const event = log().find((line) => line.startsWith("asked to fail: example.App$Broken\n"));
    expect(event).toContain("Caused by: java.lang.IllegalStateException: deep down\n");
  });

  it("logs by System.out, System.err and the context's logger", async () => {
    const { invoke } = await startFunction(classes, target());
    const { logTail } = await invoke({ do: "log" });
    expect(logTail.toString()).toMatch(/\nasked to log\nby the logger\non stderr\n(\n)?END /);
  });

  it.each([
    ["a RequestStreamHandler", "example.Stream::handleRequest", { a: 1 }, [{ a: 1 }]],
    ["a class alone", "example.Stream", { a: 1 }, [{ a: 1 }]],
    ["a class that implements RequestHandler alone", "example.App", { do: "echo" }, { do: "echo" }],
    ["a method with a class of its own", "example.Plain::twice", { x: 21 }, { x: 42 }],
    ["a method of texts", "example.Plain::greet", "you", "hello you!"],
  ])("takes %s as handler", async (_name, handler, event, answer) => {
    expect((await (await startFunction(classes, target({ handler }))).invoke(event)).json).toEqual(answer);
  });

  it.each([
    ["no such class", "example.Nowhere::go", "java.lang.ClassNotFoundException", "Class not found: example.Nowhere"],
    ["no such method", "example.Plain::go", undefined, "No public method named go with appropriate method signature found on class example.Plain"],
    ["no handler at all", "example.Plain", undefined, "Class does not implement an appropriate handler interface: example.Plain"],
    ["a class that cannot be made", "example.Bad::go", "java.lang.ExceptionInInitializerError", /example\.Bad/],
  ])("tells %s in AWS's words", async (_name, handler, errorType, message) => {
    const { invoke } = await startFunction(classes, target({ handler }));
    const { outcome, json } = await invoke({});
    expect([outcome.kind, json]).toEqual(["error", expect.objectContaining({ ...(errorType === undefined ? {} : { errorType }), errorMessage: expect.stringMatching(message) })]);
  });

  it.each(isolations)("finds jars of the package's lib, and of layers, under %s", async (isolation) => {
    const { "example/Shared.class": shared, ...rest } = classes;
    const jar = { content: await zipOf({ "example/Shared.class": shared! }), mode: 0o644 };
    const handler = "example.Plain::greet";
    const packed = await startFunction({ ...rest, "lib/shared.jar": jar }, target({ handler }), { isolation });
    expect((await packed.invoke("you")).json).toBe("hello you!");
    const { executor, target: make, invocation } = createGround({ isolation });
    const environment = await executor.createEnvironment(await make(rest, target({ handler }), [await zipOf({ "java/lib/shared.jar": jar })]));
    expect((await environment.invoke(invocation("you"))).outcome.payload.toString()).toBe('"hello you!"');
  });

  it("takes JAVA_TOOL_OPTIONS", async () => {
    const { invoke, log } = await startFunction(classes, target({ environment: { JAVA_TOOL_OPTIONS: "-Dcom.amazonaws.xray.unused=1 -Duser.dir.unused=2" } }));
    expect((await invoke({ do: "tell" })).json).toMatchObject({ environment: { JAVA_TOOL_OPTIONS: expect.stringContaining("unused=1") } });
    expect(log()[1]).toBe("Picked up JAVA_TOOL_OPTIONS: -Dcom.amazonaws.xray.unused=1 -Duser.dir.unused=2\n");
  });

  it("logs JSON as AWS's client writes it, with the function's level", async () => {
    const { invoke, log } = await startFunction(classes, target({ logging: { group: "/aws/lambda/f", format: "JSON", applicationLevel: "INFO" } }));
    await invoke({ do: "log" });
    const lines = log().map((line) => line.trim()).filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(expect.objectContaining({ message: expect.stringContaining("by the logger"), timestamp: expect.any(String) }));
    expect(lines.map(({ type }) => type)).toContain("platform.report");
  });

  it.skipIf(otherJava === undefined)("of a runtime that is not here is run by the nearest one, which the log says once", async () => {
    const { invoke, log } = await startFunction(classes, target({ runtime: otherJava! }));
    expect((await invoke({ do: "tell" })).json).toMatchObject({ calls: 1, environment: { AWS_EXECUTION_ENV: `AWS_Lambda_${otherJava}` } });
    expect(log().filter((line) => line.startsWith(`[lambdad] ${otherJava} is not installed here: Java `))).toHaveLength(1);
  });

  it.each(exactJavas)("runs on each JDK that is here, with the least memory too: %s", async (runtime) => {
    const { invoke, log } = await startFunction(classes, target({ runtime, memoryMb: 128 }));
    expect((await invoke({ do: "echo" })).json).toEqual({ do: "echo" });
    expect(log().slice(1).map((line) => line.split(" ")[0])).toEqual(["START", "asked", "END", "REPORT"]);
  });
});
