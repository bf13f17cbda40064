import { describe, expect, it } from "vitest";
import { eventually } from "../support/temporary.ts";
import { python } from "./ground.ts";
import { RUNTIME_CLIENT as CLIENT } from "./runtime-client.ts";

const runtime = (body: string, options: Parameters<typeof python>[1] = {}) => python(`${CLIENT}\n${body}`, options);

describe("the Runtime API", () => {
  it("L10 hands out an invocation with AWS's headers", async () => {
    const { invoke } = await runtime(`
while True:
    id, headers, event = take()
    answer(id, [headers, event])
`);
    const [headers, event] = (await invoke({ a: 1 }, { clientContext: '{"custom":"ü"}' })).json as [Record<string, string>, unknown];
    expect(event).toEqual({ a: 1 });
    expect(headers).toMatchObject({
      "Content-Type": "application/json", "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:f", "Lambda-Runtime-Client-Context": '{"custom":"\\u00fc"}',
      "Lambda-Runtime-Trace-Id": expect.stringMatching(/^Root=1-/), "Lambda-Runtime-Aws-Request-Id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const leftMs = Number(headers["Lambda-Runtime-Deadline-Ms"]) - Date.now();
    expect(leftMs).toBeGreaterThan(5_000);
    expect(leftMs).toBeLessThanOrEqual(10_000);
  });

  it("passes on a response that is no JSON, and an error report that is none", async () => {
    const { invoke } = await runtime(`
while True:
    id, headers, event = take()
    if event["fail"]:
        call("POST", "/invocation/%s/error" % id, b"not {json", {"Lambda-Runtime-Function-Error-Type": "Function.Odd"})
    else:
        answer(id, b"plain \\xff text")
`);
    const plain = await invoke({ fail: false }, { isRaw: true });
    expect([plain.outcome.kind, plain.outcome.payload.toString("latin1")]).toEqual(["response", "plain \xff text"]);
    const failed = await invoke({ fail: true }, { isRaw: true });
    expect(failed.outcome).toMatchObject({ kind: "error", errorType: "Function.Odd" });
    expect(failed.outcome.payload.toString()).toBe("not {json");
    expect(failed.logTail.toString()).toContain("Status: error\tError Type: Function.Odd\n");
  });

  it.each(["Sandbox.Timedout", "Extension.Crash"])("E5 does not report %s on a runtime's word", async (errorType) => {
    const { invoke } = await runtime(`
while True:
    id, headers, event = take()
    call("POST", "/invocation/%s/error" % id, "{}", {"Lambda-Runtime-Function-Error-Type": event})
`);
    const { outcome, logTail } = await invoke(errorType);
    expect(outcome).toMatchObject({ kind: "error", errorType });
    expect(logTail.toString()).toMatch(/^REPORT (?!.*Error Type).*$/m);
  });

  it("reads no body that it will not take, and one answer at a time", async () => {
    const { invoke, log } = await runtime(`
import select
def begin(path):
    host, port = ADDRESS.split(":")
    connection = socket.create_connection((host, int(port)))
    connection.sendall(("POST %s%s HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 4\\r\\n\\r\\n\\"a" % (BASE, path)).encode())
    connection.settimeout(20)
    return connection
def status(connection): return connection.recv(1000).split()[1].decode()
one, two = begin("/init/error"), begin("/init/error")
dropped = select.select([one, two], [], [], 20)[0]
print("init", len(dropped), dropped[0].recv(1000))
for connection in (one, two): connection.close()
while True:
    id, headers, event = take()
    print("unknown", status(begin("/invocation/another/response")))
    one, two = begin("/invocation/%s/response" % id), begin("/invocation/%s/response" % id)
    dropped = select.select([one, two], [], [], 20)[0]
    print("answers", len(dropped), dropped[0].recv(1000))
    kept = two if dropped[0] is one else one
    kept.sendall(b'b"')
    print("kept", status(kept))
`);
    const { json, logTail } = await invoke({});
    expect(json).toBe("ab");
    expect(logTail.toString()).toMatch(/unknown 400\nanswers 1 b''\nkept 202\n/);
    expect(log().join("")).toContain("init 1 b''\n");
  });

  it("H11 refuses what is out of turn, and only the running invocation can be answered", async () => {
    const { invoke } = await runtime(`
last = None
while True:
    id, headers, event = take()
    tried = {
        "wrong": answer("00000000-0000-0000-0000-000000000000", "stolen"), "late": answer(last, "late") if last else None,
        "next": call("GET", "/invocation/next"), "init": call("POST", "/init/error", "{}"), "nowhere": call("GET", "/nothing"),
    }
    answer(id, {name: [one[0], json.loads(one[2])] for name, one in tried.items() if one})
    seen = [answer(id, "again")[0], call("POST", "/invocation/%s/error" % id, "{}")[0]]
    last = id
    print(seen)
`);
    const denied = (state: string, wish: string) => [403, { errorType: "InvalidStateTransition", errorMessage: `State transition from ${state} to ${wish} failed for runtime. Error: State transition is not allowed` }];
    const first = await invoke({});
    expect(first.json).toEqual({
      wrong: [400, { errorType: "InvalidRequestID", errorMessage: "Invalid request ID" }], next: denied("Running", "Ready"), init: denied("Ready", "InitError"),
      nowhere: [404, { errorType: "NotFound", errorMessage: "GET /2018-06-01/runtime/nothing is not part of the Runtime API that is built" }],
    });
    const second = await invoke({});
    expect(second.json).toMatchObject({ late: denied("Ready", "InvocationResponse") });
    expect(second.logTail.toString()).toContain("[403, 403]");
  });

  it("H11 reads 100 MB to their end, keeps none of them, and goes on", async () => {
    const { invoke } = await runtime(`
while True:
    id, headers, event = take()
    status = answer(id, b"x" * event["size"])[0]
    print("status", status)
`);
    const large = await invoke({ size: 100_000_000 });
    expect(large.json).toMatchObject({ errorType: "Function.ResponseSizeTooLarge" });
    expect(large.logTail.toString()).toContain("status 413");
    expect((await invoke({ size: 10 }, { isRaw: true })).outcome.payload.toString()).toBe("xxxxxxxxxx");
  });

  it("H11 takes a slow response, a broken connection, and a runtime that asks anew", async () => {
    const { invoke, environment } = await runtime(`
def raw(text):
    host, port = ADDRESS.split(":")
    connection = socket.create_connection((host, int(port)))
    connection.sendall(text.encode())
    return connection
while True:
    id, headers, event = take()
    path = "%s/invocation/%s/response" % (BASE, id)
    if event["do"] == "break":
        raw("POST %s HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 100\\r\\n\\r\\nhalf" % path).close()
        answer(id, "whole")
        # It asks, hangs up before there is an event, and asks anew when one is on its way.
        raw("GET %s/invocation/next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n" % BASE).close()
        time.sleep(0.3)
    else:
        connection = raw("POST %s HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 6\\r\\n\\r\\n" % path)
        for letter in '"slow"':
            connection.sendall(letter.encode())
            time.sleep(0.02)
        connection.recv(1000)
        connection.close()
`);
    expect((await invoke({ do: "slow" })).json).toBe("slow");
    expect((await invoke({ do: "break" }, { isRaw: true })).outcome.payload.toString()).toBe("whole");
    await eventually("it is frozen", () => environment.state === "frozen");
    expect((await invoke({ do: "slow" })).json).toBe("slow");
  });

  it("L10 collects a streamed response to its end; an error behind it is the outcome, another mode is refused", async () => {
    const { invoke } = await runtime(`
import base64
def stream(id, pieces, mode="streaming", trailers=()):
    host, port = ADDRESS.split(":")
    connection = socket.create_connection((host, int(port)))
    names = "".join("Trailer: %s\\r\\n" % name for name, _ in trailers)
    connection.sendall(("POST %s/invocation/%s/response HTTP/1.1\\r\\nHost: x\\r\\nLambda-Runtime-Function-Response-Mode: %s\\r\\nTransfer-Encoding: chunked\\r\\n%s\\r\\n" % (BASE, id, mode, names)).encode())
    for piece in pieces:
        connection.sendall(b"%x\\r\\n%s\\r\\n" % (len(piece), piece))
        time.sleep(0.02)
    connection.sendall(b"0\\r\\n" + "".join("%s: %s\\r\\n" % one for one in trailers).encode() + b"\\r\\n")
    print(connection.recv(1000).split(b"\\r\\n\\r\\n")[-1].decode())
    connection.close()
while True:
    id, headers, event = take()
    if event == "whole": stream(id, [b"first ", b"second"])
    elif event == "other": stream(id, [b"x"], mode="sideways")
    else: stream(id, [b"begun"], trailers=[("Lambda-Runtime-Function-Error-Type", "Mine"), ("Lambda-Runtime-Function-Error-Body", base64.b64encode(b'{"errorType":"Mine"}').decode())])
`);
    const whole = await invoke("whole", { isRaw: true });
    expect([whole.outcome.kind, whole.outcome.payload.toString()]).toEqual(["response", "first second"]);
    expect((await invoke("broken")).outcome).toEqual({ kind: "error", errorType: "Mine", payload: Buffer.from('{"errorType":"Mine"}') });
    const other = await invoke("other");
    expect(other.json).toEqual({ errorType: "Runtime.InvalidResponseModeHeader", errorMessage: "Invalid function response mode" });
    expect(other.logTail.toString()).toContain('{"errorMessage":"Invalid function response mode","errorType":"InvalidFunctionResponseMode"}');
  });

  it("E5 keeps an error type of its own in the payload only", async () => {
    const { invoke, log } = await runtime(`
report = {"errorType": "Mine", "errorMessage": "at start"}
call("POST", "/init/error", json.dumps(report), {"Lambda-Runtime-Function-Error-Type": "Mine"})
time.sleep(60)
`);
    expect((await invoke({})).json).toEqual({ errorType: "Mine", errorMessage: "at start" });
    expect(log().join("")).toMatch(/Phase: init\tStatus: error\tError Type: Runtime\.Unknown\n[^]*Phase: invoke\tStatus: error\tError Type: Runtime\.Unknown\n[^]*REPORT .*Status: error\tError Type: Runtime\.Unknown\n$/);
  });

  it("L10 tells a runtime that wants to be restored from a snapshot that there is none", async () => {
    const { invoke } = await runtime(`
told = [call("GET", "/restore/next"), call("POST", "/restore/error", b"{}"), call("POST", "/restore/next"), call("GET", "/restore/other")]
while True:
    id, headers, event = take()
    answer(id, [[status, json.loads(body)] for status, _, body in told])
`);
    const refusal = (path: string) => [403, { errorType: "InvalidStateTransition", errorMessage: expect.stringMatching(new RegExp(`^/2018-06-01/runtime${path} belongs to SnapStart, which is not built in this version of lambdad`)) }];
    expect((await invoke({})).json).toEqual([refusal("/restore/next"), refusal("/restore/error"), [404, expect.anything()], [404, expect.anything()]]);
  });
});
