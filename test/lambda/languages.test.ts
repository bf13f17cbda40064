import { GetFunctionConfigurationCommand, InvokeCommand } from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { compileJava, exactJavas, whyNoJava } from "../support/java.ts";
import { useLambda } from "./support.ts";

const on = useLambda();
const WHY = await whyNoJava();
const SECONDS = 60_000;

const APP = `package example;
import com.amazonaws.services.lambda.runtime.*;
import java.util.*;
public class App implements RequestHandler<Map<String, Object>, Map<String, Object>> {
  public Map<String, Object> handleRequest(Map<String, Object> event, Context context) {
    event.put("name", context.getFunctionName());
    event.put("manifest", getClass().getResource("/META-INF/MANIFEST.MF") != null);
    return event;
  }
}
`;

describe("functions of the other languages", () => {
  it.skipIf(WHY !== undefined)(`are created and invoked: Java, from a jar${WHY === undefined ? "" : ` (skipped: ${WHY})`}`, { timeout: SECONDS }, async () => {
    const runtime = exactJavas[0]!;
    const files = await compileJava(runtime, { "example/App.java": APP });
    const name = await on.active({ Runtime: runtime as "java21", Handler: "example.App::handleRequest", MemorySize: 512, Timeout: 30 }, { "META-INF/MANIFEST.MF": "Manifest-Version: 1.0\n", ...files });
    const answer = await on.lambda.send(new InvokeCommand({ FunctionName: name, Payload: '{"a":1}' }));
    expect([answer.FunctionError, JSON.parse(answer.Payload!.transformToString())]).toEqual([undefined, { a: 1, name, manifest: true }]);
    expect(await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }))).toMatchObject({ Runtime: runtime, Handler: "example.App::handleRequest" });
  });

  it.each(["java8.al2", "java8.al2023", "java11", "java11.al2023", "java17", "java17.al2023", "java21", "java25", "ruby3.2", "ruby3.3", "ruby3.4", "ruby4.0"] as const)("are taken with AWS's name of their runtime: %s", async (runtime) => {
    const FunctionName = await on.create({ Runtime: runtime as "java21" });
    const { Runtime } = await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    expect(Runtime).toBe(runtime);
  });
});
