import { describe, expect, it, type TestContext } from "vitest";
import type { IsolationName } from "../../src/sandbox/sandbox.ts";
import { isolations } from "../support/isolation.ts";
import { goPackage, nodePackage, pythonPackage, rustPackage, type Package } from "../support/official-clients.ts";
import { startFunction } from "./ground.ts";

const GO = `package main

import (
	"context"
	"errors"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type Event struct{ Do string }

func handle(ctx context.Context, event Event) (any, error) {
	switch event.Do {
	case "fail":
		return nil, errors.New("asked to fail")
	case "panic":
		panic("asked to panic")
	}
	about, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	return map[string]any{
		"id": about.AwsRequestID, "arn": about.InvokedFunctionArn, "deadline": deadline.UnixMilli(), "client": about.ClientContext.Custom["a"],
		"name": lambdacontext.FunctionName, "memory": lambdacontext.MemoryLimitInMB, "trace": os.Getenv("_X_AMZN_TRACE_ID") != "",
	}, nil
}

func main() { lambda.Start(handle) }
`;
const RUST = `use lambda_runtime::{run, service_fn, streaming, Error, LambdaEvent};
use serde_json::{json, Value};

#[derive(Debug)]
struct Asked;
impl std::fmt::Display for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, "asked to fail") }
}
impl std::error::Error for Asked {}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let about = event.context;
    match event.payload["Do"].as_str() {
        Some("fail") => Err(Box::new(Asked)),
        Some("panic") => panic!("asked to panic"),
        Some("exit") => std::process::exit(4),
        _ => Ok(json!({
            "id": about.request_id, "arn": about.invoked_function_arn, "deadline": about.deadline, "client": about.client_context.and_then(|client| client.custom.get("a").cloned()),
            "name": about.env_config.function_name, "memory": about.env_config.memory, "version": about.env_config.version, "group": about.env_config.log_group,
            "trace": about.xray_trace_id.unwrap_or_default().starts_with("Root=1-"),
        })),
    }
}

async fn stream(event: LambdaEvent<Value>) -> Result<streaming::Response<streaming::Body>, Error> {
    let (mut sender, body) = streaming::channel();
    tokio::spawn(async move {
        for part in ["one ", "two ", event.payload["Do"].as_str().unwrap_or("none")] {
            sender.send_data(part.to_string().into()).await.unwrap();
        }
    });
    Ok(streaming::Response::from(body))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    match std::env::var("_HANDLER").as_deref() {
        Ok("stream") => run(service_fn(stream)).await,
        _ => run(service_fn(handle)).await,
    }
}
`;
const PYTHON = `
import os
def handler(event, context):
    if event["Do"] == "fail": raise ValueError("asked to fail")
    if event["Do"] == "panic": os._exit(4)
    return {"id": context.aws_request_id, "arn": context.invoked_function_arn, "left": context.get_remaining_time_in_millis(), "client": context.client_context.custom["a"], "name": context.function_name, "trace": "_X_AMZN_TRACE_ID" in os.environ}
`;
const NODE = `
export const handler = async ({ Do }, context) => {
  if (Do === "fail") throw new RangeError("asked to fail");
  if (Do === "panic") process.exit(4);
  return { id: context.awsRequestId, arn: context.invokedFunctionArn, left: context.getRemainingTimeInMillis(), client: context.clientContext.custom.a, name: context.functionName, trace: process.env._X_AMZN_TRACE_ID !== undefined };
};
`;
/** For clients that are fetched and compiled. */
const MINUTES = 3 * 60_000;
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:f";
const CONTEXT = { clientContext: '{"custom":{"a":"b"}}' };

const start = (made: Package, context: TestContext, isolation: IsolationName) => ("why" in made ? context.skip(made.why) : startFunction(made.files, { runtime: "provided.al2023" }, { isolation }));

describe("AWS's own runtime clients, unchanged", () => {
  it("aws-lambda-go", { timeout: MINUTES }, async (context) => {
    const made = await goPackage(GO);
    for (const isolation of isolations) {
      const { invoke } = await start(made, context, isolation);
      const first = await invoke({ Do: "tell" }, CONTEXT);
      expect(first.json).toMatchObject({ arn: ARN, client: "b", name: "f", memory: 1_769, trace: true });
      expect(first.logTail.toString()).toContain(`REPORT RequestId: ${(first.json as { id: string }).id}\t`);
      const leftMs = (first.json as { deadline: number }).deadline - Date.now();
      expect(leftMs).toBeLessThanOrEqual(10_000);
      expect(leftMs).toBeGreaterThan(0);
      const failed = await invoke({ Do: "fail" });
      expect([failed.outcome.kind, failed.json]).toEqual(["error", { errorMessage: "asked to fail", errorType: "errorString" }]);
      const broken = await invoke({ Do: "panic" });
      expect([broken.outcome.kind, broken.json]).toMatchObject(["error", { errorMessage: "asked to panic", errorType: "string" }]);
      // After a panic the client tells of it, and ends.
      expect(broken.logTail.toString()).toContain("Error: Runtime exited with error: exit status 1\nRuntime.ExitError\n");
      expect((await invoke({ Do: "tell" }, CONTEXT)).json).toMatchObject({ client: "b" });
    }
  });

  it("lambda_runtime of Rust", { timeout: 5 * 60_000 }, async (context) => {
    const made = await rustPackage(RUST);
    for (const isolation of isolations) {
      const { invoke } = await start(made, context, isolation);
      const first = await invoke({ Do: "tell" }, CONTEXT);
      expect(first.json).toMatchObject({ arn: ARN, client: "b", name: "f", memory: 1_769, version: "$LATEST", group: "/aws/lambda/f", trace: true });
      expect(first.logTail.toString()).toContain(`REPORT RequestId: ${(first.json as { id: string }).id}\t`);
      const leftMs = (first.json as { deadline: number }).deadline - Date.now();
      expect(leftMs).toBeLessThanOrEqual(10_000);
      expect(leftMs).toBeGreaterThan(0);
      const failed = await invoke({ Do: "fail" });
      expect([failed.outcome.kind, failed.json]).toEqual(["error", { errorMessage: "asked to fail", errorType: expect.stringContaining("dyn core::error::Error") }]);
      // The client catches a panic, and the process lives on.
      const broken = await invoke({ Do: "panic" });
      expect([broken.outcome.kind, broken.json]).toEqual(["error", { errorMessage: "Lambda panicked: asked to panic", errorType: expect.stringContaining("dyn core::any::Any") }]);
      expect(broken.logTail.toString()).toContain("asked to panic");
      expect(broken.logTail.toString()).not.toContain("Runtime.ExitError");
      expect((await invoke({ Do: "exit" })).json).toMatchObject({ errorType: "Runtime.ExitError", errorMessage: expect.stringMatching(/exit status 4$/) });
      expect((await invoke({ Do: "tell" }, CONTEXT)).json).toMatchObject({ client: "b" });
      const streaming = await startFunction("files" in made ? made.files : {}, { runtime: "provided.al2023", handler: "stream" }, { isolation });
      const streamed = await streaming.invoke({ Do: "three" }, { isRaw: true });
      expect([streamed.outcome.kind, streamed.outcome.payload.toString()]).toEqual(["response", expect.stringMatching(/one two three$/)]);
    }
  });

  it.for([
    ["awslambdaric", () => pythonPackage(PYTHON), "ValueError", /^\[ERROR\] ValueError: asked to fail\nTraceback \(most recent call last\):\n/],
    ["aws-lambda-ric", () => nodePackage(NODE), "RangeError", /\tERROR\tInvoke Error \t\{"errorType":"RangeError"/],
  ] as const)("%s", { timeout: MINUTES }, async ([, make, errorType, logged], context) => {
    const made = await make();
    // Interpreters may lie where a sandbox of a custom runtime has nothing.
    const { invoke, log } = await start(made, context, "process");
    const first = await invoke({ Do: "tell" }, CONTEXT);
    expect(first.json).toMatchObject({ arn: ARN, client: "b", name: "f", trace: true });
    expect(first.logTail.toString()).toContain(`REPORT RequestId: ${(first.json as { id: string }).id}\t`);
    expect((first.json as { left: number }).left).toBeLessThanOrEqual(10_000);
    const failed = await invoke({ Do: "fail" });
    expect([failed.outcome.kind, failed.json]).toMatchObject(["error", { errorMessage: "asked to fail", errorType }]);
    // L13: one event, whatever lines it has.
    expect(log()).toContainEqual(expect.stringMatching(logged));
    expect((await invoke({ Do: "panic" })).json).toMatchObject({ errorType: "Runtime.ExitError", errorMessage: expect.stringMatching(/exit status 4$/) });
    expect((await invoke({ Do: "tell" }, CONTEXT)).json).toMatchObject({ client: "b" });
  });
});
