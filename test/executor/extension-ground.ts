import type { FunctionTarget, Invocation, InvocationOutcome, InvocationReport } from "../../src/executor/executor.ts";
import type { IsolationName } from "../../src/sandbox/sandbox.ts";
import { zipOf, type PackageFile } from "../support/functions.ts";
import { createGround } from "./ground.ts";

/** What every extension of these tests can say: a program of Node.js, in the sandbox of a function of Node.js. */
const PRELUDE = `
const { basename } = require("node:path"); const { existsSync, writeFileSync } = require("node:fs"); const http = require("node:http"); const net = require("node:net");
const name = basename(__filename);
const tmp = (file) => (process.env.TMPDIR ?? "/tmp") + "/" + file;
const say = (...words) => console.log(name + ":", ...words.map((word) => (typeof word === "string" ? word : JSON.stringify(word))));
let id;
const call = async (method, path, headers = {}, body) => {
  const answer = await fetch("http://" + process.env.AWS_LAMBDA_RUNTIME_API + path, { method, headers, body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body) });
  const text = await answer.text();
  let json; try { json = JSON.parse(text); } catch { json = text; }
  return { status: answer.status, json, headers: answer.headers };
};
const EXTENSION = "/2020-01-01/extension";
const register = async (events, headers = {}) => {
  const answer = await call("POST", EXTENSION + "/register", { "Lambda-Extension-Name": name, ...headers }, { events });
  id = answer.headers.get("lambda-extension-identifier") ?? id;
  return answer;
};
const mine = () => ({ "Lambda-Extension-Identifier": id });
const next = async () => (await call("GET", EXTENSION + "/event/next", mine())).json;
const fail = (kind, type) => call("POST", EXTENSION + "/" + kind + "/error", { ...mine(), "Lambda-Extension-Function-Error-Type": type }, {});
const subscribe = (body, path = "/2022-07-01/telemetry") => call("PUT", path, mine(), body);
/** Hands every batch on, as it came. */
const listen = (port, take, status = 200) => new Promise((resolve) => {
  const server = http.createServer((request, response) => {
    let text = ""; request.on("data", (chunk) => (text += chunk)).on("end", () => { take(text, request); response.writeHead(status).end(); });
  });
  server.listen(port, "127.0.0.1", resolve);
});
/** Until SHUTDOWN. */
const serve = async (onInvoke = () => {}) => {
  for (;;) {
    const event = await next();
    if (event.eventType === "SHUTDOWN") { say("shutdown", event.shutdownReason); return event; }
    await onInvoke(event);
  }
};
`;

/** An extension as a file of a layer. */
export const extension = (body: string): PackageFile => ({ content: `#!${process.execPath}\n${PRELUDE}\n(async () => {\n${body}\n})().catch((error) => { console.log("broken", error); process.exit(9); });\n`, mode: 0o755 });

export interface ExtendedFunction {
  ground: ReturnType<typeof createGround>;
  environment: Awaited<ReturnType<ReturnType<typeof createGround>["executor"]["createEnvironment"]>>;
  /** All that was logged, in one text. */
  log(): string;
  /** What this extension said. */
  said(name: string): string[];
  invoke(event?: unknown, onAnswer?: (outcome: InvocationOutcome) => void): Promise<InvocationReport & { json: unknown }>;
  invocation(event: unknown): Invocation;
}

interface Options extends Partial<FunctionTarget> {
  isolation: IsolationName;
}

/** Ports on the loopback are the machine's where a sandbox has no network of its own. */
let ports = 0;
export const freePort = (): number => 21_000 + (process.pid % 200) * 50 + ports++;

/** A function of Node.js with a layer of extensions. */
export const startExtended = async (handler: string, extensions: Record<string, PackageFile>, { isolation, ...options }: Options): Promise<ExtendedFunction> => {
  const ground = createGround({ isolation });
  const layer = await zipOf(Object.fromEntries(Object.entries(extensions).map(([name, file]) => [`extensions/${name}`, file])));
  const target = await ground.target({ "app.mjs": handler }, { runtime: "nodejs24.x", ...options }, Object.keys(extensions).length === 0 ? [] : [layer]);
  const environment = await ground.executor.createEnvironment(target);
  return {
    ground, environment,
    log: () => ground.lines.join(""),
    said: (name) => ground.lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2).trimEnd()),
    invocation: ground.invocation,
    async invoke(event = {}, onAnswer) {
      const report = await environment.invoke(ground.invocation(event), onAnswer);
      return { ...report, json: JSON.parse(report.outcome.payload.toString("utf8")) };
    },
  };
};

export const ECHO = "export const handler = async (event) => ({ got: event });";
