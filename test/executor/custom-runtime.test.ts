import { describe, expect, it } from "vitest";
import type { InvocationOutcome } from "../../src/executor/executor.ts";
import { isolations } from "../support/isolation.ts";
import { custom, startFunction } from "./ground.ts";

/** The bootstrap and the function of AWS's tutorial "Building a custom runtime", as they stand there. */
const TUTORIAL = `#!/bin/sh

set -euo pipefail

# Initialization - load function handler
source $LAMBDA_TASK_ROOT/"$(echo $_HANDLER | cut -d. -f1).sh"

# Processing
while true
do
  HEADERS="$(mktemp)"
  # Get an event. The HTTP request will block until one is received
  EVENT_DATA=$(curl -sS -LD "$HEADERS" "http://\${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next")

  # Extract request ID by scraping response headers received above
  REQUEST_ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)

  # Run the handler function from the script
  RESPONSE=$($(echo "$_HANDLER" | cut -d. -f2) "$EVENT_DATA")

  # Send the response
  curl "http://\${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/$REQUEST_ID/response"  -d "$RESPONSE"
done
`;
const HANDLER = `function handler () {
  EVENT_DATA=$1
  echo "$EVENT_DATA" 1>&2;
  RESPONSE="Echoing request: '$EVENT_DATA'"

  echo $RESPONSE
}
`;
/** /bin/sh is bash on Amazon Linux. */
const bash = (script: string): string => script.replace("#!/bin/sh", "#!/bin/bash");

/** Answers each event with what the lines print. */
const shell = (lines: string): string => `#!/bin/bash
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
  event=$(curl -sS -D /dev/fd/3 "$api/invocation/next" 3>"\${TMPDIR:-/tmp}/headers")
  id=$(grep -i ^lambda-runtime-aws-request-id "\${TMPDIR:-/tmp}/headers" | tr -d '[:space:]' | cut -d: -f2)
  answer() { curl -sS -o /dev/null "$api/invocation/$id/response" --data-binary "$@"; }
  ${lines}
done
`;

describe("the Runtime API with curl", () => {
  it.each([
    ["HTTP/1.0 and a connection for each call", "-0"],
    ["a body that is asked for first", "-H 'Expect: 100-continue'"],
    ["a body in chunks", "-H 'Transfer-Encoding: chunked'"],
  ])("takes %s", async (_name, option) => {
    const { invoke } = await custom(shell('head -c 2000000 /dev/zero | tr "\\0" x | answer @-').replaceAll("curl -sS", `curl -sS ${option}`));
    for (const _ of ["first", "second"]) expect((await invoke({}, { isRaw: true })).outcome.payload.toString()).toBe("x".repeat(2_000_000));
  });

  it("finds AWS's headers, letter for letter", async () => {
    const { invoke } = await custom(shell('answer "$(cut -d: -f1 "${TMPDIR:-/tmp}/headers" | sort)"'));
    const names = (await invoke({}, { clientContext: "{}", isRaw: true })).outcome.payload.toString().split(/\r?\n/);
    expect(names).toEqual(expect.arrayContaining(["Content-Type", "Lambda-Runtime-Aws-Request-Id", "Lambda-Runtime-Client-Context", "Lambda-Runtime-Deadline-Ms", "Lambda-Runtime-Invoked-Function-Arn", "Lambda-Runtime-Trace-Id"]));
  });

  it("has the type of an error from its header", async () => {
    const { invoke } = await custom(shell(`curl -sS -o /dev/null "$api/invocation/$id/error" -H 'Lambda-Runtime-Function-Error-Type: Runtime.Mine' -d '{"errorType":"Mine","errorMessage":"no"}'`));
    const failed = await invoke({});
    expect([failed.outcome.kind, failed.json]).toEqual(["error", { errorType: "Mine", errorMessage: "no" }]);
    expect(failed.logTail.toString()).toMatch(/Status: error\tError Type: Runtime\.Mine\n$/);
  });

  it("takes an INIT that the runtime reports as failed", async () => {
    const { invoke } = await custom(`#!/bin/bash
curl -sS -o /dev/null "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/init/error" -H 'Lambda-Runtime-Function-Error-Type: Runtime.NoConfig' -d '{"errorType":"NoConfig","errorMessage":"no"}'
exit 1
`);
    expect((await invoke({})).json).toEqual({ errorType: "NoConfig", errorMessage: "no" });
  });
});

describe.each(isolations)("a custom runtime under %s", (isolation) => {
  it.each(["provided.al2", "provided.al2023"])("E5 %s runs the bootstrap of AWS's tutorial", async (runtime) => {
    const { invoke, log } = await custom(bash(TUTORIAL), { runtime, handler: "function.handler", files: { "function.sh": HANDLER }, isolation });
    const first = await invoke({ text: "Hello" }, { isRaw: true });
    expect(first.outcome).toMatchObject({ kind: "response" });
    expect(first.outcome.payload.toString()).toBe(`Echoing request: '{"text":"Hello"}'`);
    expect(first.logTail.toString()).toMatch(/^START RequestId: [^]*\{"text":"Hello"\}\n[^]*END [^]*REPORT [^]*Init Duration/);
    const second = await invoke({ text: "again" }, { isRaw: true });
    expect([second.outcome.payload.toString(), second.isColdStart]).toEqual([`Echoing request: '{"text":"again"}'`, false]);
    expect(log()[0]).toMatch(new RegExp(`^INIT_START Runtime Version: ${runtime.replace(".", ":")}\\.v\\d+\\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}\\n$`));
  });

  it("V1 has AWS's variables, no AWS_EXECUTION_ENV, and stands in the folder of the code", async () => {
    const { invoke } = await custom(shell(`answer "$(printf '%s|' "$_HANDLER" "$LAMBDA_TASK_ROOT" "$(pwd)" "\${AWS_EXECUTION_ENV-none}" "$LAMBDA_RUNTIME_DIR" "$PATH" "$0" "$MINE")"`), { handler: "not/a::file at all", environment: { MINE: "mine" }, isolation });
    const [handler, root, directory, execution, runtimeDirectory, path, command, mine] = (await invoke({}, { isRaw: true })).outcome.payload.toString().split("|");
    expect([handler, directory, execution, runtimeDirectory, command, mine]).toEqual(["not/a::file at all", root, "none", "/var/runtime", `${root}/bootstrap`, "mine"]);
    expect(path).toMatch(/^\/var\/lang\/bin:\/usr\/local\/bin:\/usr\/bin\/:\/bin:.*opt\/bin$/);
    if (isolation === "bubblewrap") expect(root).toBe("/var/task");
  });

  it.each([
    ["there is no bootstrap", {}, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"],
    ["it is a folder", { "bootstrap/run": "#!/bin/sh\n" }, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"],
    ["it may not be run", { bootstrap: { content: "#!/bin/sh\n", mode: 0o644 } }, "fork/exec /var/task/bootstrap: permission denied"],
    ["it has no first line", { bootstrap: { content: "echo hello\n", mode: 0o755 } }, "fork/exec /var/task/bootstrap: exec format error"],
    ["it is of another machine", { bootstrap: { content: Buffer.from("\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x08\0", "latin1"), mode: 0o755 } }, "fork/exec /var/task/bootstrap: exec format error"],
    ["its interpreter is not there", { bootstrap: { content: "#!/bin/sh\r\n", mode: 0o755 } }, "fork/exec /var/task/bootstrap: no such file or directory"],
  ])("E6 says so when %s, and goes on saying it", async (_name, files, text) => {
    const { invoke, log } = await startFunction({ "app.sh": "", ...files }, { runtime: "provided.al2023" }, { isolation });
    for (const _ of ["first", "second"]) {
      const failed = await invoke({});
      expect(failed.json).toEqual({ errorType: "Runtime.InvalidEntrypoint", errorMessage: expect.stringMatching(/^RequestId: [0-9a-f-]{36} Error: /) });
      expect((failed.json as { errorMessage: string }).errorMessage).toContain(`Error: ${text}`);
      expect(failed.logTail.toString()).toContain(` Error: ${text}\nRuntime.InvalidEntrypoint\nEND `);
      expect(failed.logTail.toString()).toMatch(/INIT_REPORT Init Duration: [\d.]+ ms\tPhase: invoke\tStatus: error\tError Type: Runtime\.InvalidEntrypoint\n[^]*REPORT .*Status: error\tError Type: Runtime\.InvalidEntrypoint\n$/);
    }
    expect(log().slice(0, 2).join("")).toMatch(/^INIT_START [^]*\nINIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: error\tError Type: Runtime\.InvalidEntrypoint\n$/);
  });

  it("E2 ends with the bootstrap, and starts it again for the next invocation", async () => {
    const { invoke } = await custom(shell(`[ "$event" = '"end"' ] && exit 42; answer "$event"`), { isolation });
    expect((await invoke("fine")).json).toBe("fine");
    expect((await invoke("end")).json).toMatchObject({ errorType: "Runtime.ExitError", errorMessage: expect.stringMatching(/Error: Runtime exited with error: exit status 42$/) });
    expect((await invoke("again")).json).toBe("again");
  });
});

describe("L5 what a runtime does behind its answer", () => {
  const answered = async (start: ReturnType<typeof custom>) => {
    const one = await start;
    const answer = Promise.withResolvers<InvocationOutcome>();
    return { ...one, answer: answer.promise, report: one.invoke("now", { onAnswer: answer.resolve }) };
  };

  it("is part of the invocation, which reports when the runtime asks for the next one", async () => {
    const { answer, report, environment } = await answered(custom(shell('answer "$event"; echo still here; sleep 0.3')));
    expect(await answer).toEqual({ kind: "response", payload: Buffer.from('"now"') });
    expect(environment.state).toBe("busy");
    const { outcome, durationMs, logTail } = await report;
    expect(outcome).toEqual(await answer);
    expect(durationMs).toBeGreaterThanOrEqual(300);
    expect(logTail.toString()).toMatch(/^START [^]*\nstill here\nEND [^]*REPORT .*\t\n$/);
  });

  it("may end it: the answer stands, the report says so, and the next one starts anew", async () => {
    const { answer, report, invoke } = await answered(custom(shell(`answer "$event"; [ "$event" = '"again"' ] || { sleep 0.2; exit 3; }`)));
    const { outcome, logTail } = await report;
    expect(outcome).toEqual(await answer);
    expect(logTail.toString()).toMatch(/Error: Runtime exited with error: exit status 3\nRuntime\.ExitError\nEND [^]*Status: error\tError Type: Runtime\.ExitError\n$/);
    expect((await invoke("again")).json).toBe("again");
  });

  it("has the function's time, and no more", async () => {
    const { answer, report, wall, invoke } = await answered(custom(shell(`answer "$event"; [ "$event" = '"again"' ] || sleep 60`)));
    const outcome = await answer;
    await wall.advance(10_000);
    const { logTail, ...told } = await report;
    expect(told.outcome).toEqual(outcome);
    expect(logTail.toString()).toMatch(/Task timed out after 10\.00 seconds\n[^]*REPORT .*Status: timeout\n$/);
    expect((await invoke("again")).json).toBe("again");
  });
});
