import { writeFileSync, mkdirSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { BlobStore } from "../../src/blob/blob.ts";
import { createExecutor } from "../../src/executor/create-executor.ts";
import type { Environment, FunctionTarget, Invocation, InvocationOutcome, InvocationReport, ResponseReceiver } from "../../src/executor/executor.ts";
import { MEMORY_MB_PER_CPU } from "../../src/kit/limits/runtime.ts";
import type { Call } from "../../src/kit/call.ts";
import { createClock, type AdvanceableClock } from "../../src/kit/clock.ts";
import { newTrace } from "../../src/kit/ids.ts";
import { silentLog } from "../../src/kit/log.ts";
import { systemRandom as random } from "../../src/kit/random.ts";
import { createProcessDriver } from "../../src/sandbox/process.ts";
import type { IsolationName, SandboxDriver } from "../../src/sandbox/sandbox.ts";
import { zipOf, type PackageFile } from "../support/functions.ts";
import { bubblewrap, isolations } from "../support/isolation.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { createWokenDriver, withoutChannels } from "./woken-driver.ts";

const ACCOUNT = "000000000000";
const LAYER_ARN = `arn:aws:lambda:us-east-1:${ACCOUNT}:layer`;
const FUNCTION_ARN = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`;

/** Packages in a folder: all that an executor needs of a blob store. */
const createPackages = (directory: string): Pick<BlobStore, "path"> & { add(zip: Buffer): string } => {
  mkdirSync(directory, { recursive: true });
  const path = (id: string) => join(directory, id);
  return {
    add(zip) {
      const id = createHash("sha256").update(zip).digest("hex");
      writeFileSync(path(id), zip);
      return id;
    },
    path,
  };
};

/** What the executor asks of other services: a session of the role. */
const stsOnly = (credentialsMs: number): Call => async (service, operation) => {
  if (service !== "sts" || operation !== "AssumeRole") throw new Error(`${service} ${operation} is not part of this test`);
  const expires = new Date(Date.now() + credentialsMs);
  return {
    Credentials: { AccessKeyId: "ASIATEST", SecretAccessKey: "secret", SessionToken: "token", Expiration: expires },
    AssumedRoleUser: { Arn: `arn:aws:sts::${ACCOUNT}:assumed-role/r/f`, AssumedRoleId: "AROA:f" },
  } as never;
};

export interface TestFunction {
  environment: Environment;
  /** Time of deadlines. */
  wall: AdvanceableClock;
  /** Everything that was logged so far. */
  log(): string[];
  invoke(event: unknown, options?: { clientContext?: string; isRaw?: boolean; onAnswer?: (outcome: InvocationOutcome) => void; receiver?: ResponseReceiver }): Promise<InvocationReport & { json: unknown }>;
}

/** A Node.js function of one module, or of a package. */
export const node = (files: string | Record<string, string>, options: Partial<FunctionTarget> = {}) =>
  startFunction(typeof files === "string" ? { "app.mjs": files } : files, { runtime: "nodejs24.x", ...options });
/** A Python function of one module, or of a package. */
export const python = (files: string | Record<string, string>, options: Partial<FunctionTarget> = {}) => startFunction(typeof files === "string" ? { "app.py": files } : files, options);

export interface GroundOptions {
  /** When the credentials of environments end. */
  credentialsMs?: number;
  /** Interpreters, by runtime, instead of those that are found. */
  runtimePaths?: Readonly<Record<string, string>>;
  /** The driver; by default the one that lambdad would choose here. */
  isolation?: IsolationName;
  /** Instead: the driver of no isolation, whose runtimes are woken. */
  isWoken?: boolean;
  /** Instead: a driver of the test's own, and the folder that it and the executor share. */
  own?: { sandboxes: SandboxDriver; directory: string };
  /** Instead: the driver of no isolation, with no channels: every runtime speaks HTTP. */
  isHttp?: boolean;
}

/** A function whose package brings its program. Its own files are modules and texts. */
export const custom = (bootstrap: string | Buffer, options: Partial<FunctionTarget> & { files?: Record<string, PackageFile>; isolation?: IsolationName } = {}) => {
  const { files, isolation, ...target } = options;
  return startFunction({ bootstrap: { content: bootstrap, mode: 0o755 }, ...files }, { runtime: "provided.al2023", ...target }, isolation === undefined ? {} : { isolation });
};

/** An executor over real processes, and what it needs of a platform. */
export const createGround = ({ credentialsMs = 3_600_000, runtimePaths = {}, isolation = isolations[0]!, isWoken = false, isHttp = false, own }: GroundOptions = {}) => {
  const directory = own?.directory ?? temporaryDirectory();
  // As where a server is started in a project: its package.json is none of the functions' business.
  writeFileSync(join(directory, "package.json"), '{"type":"module"}');
  const [clock, wall] = [createClock(), createClock()];
  const blobs = createPackages(join(directory, "blobs"));
  const withoutIsolation = () => createProcessDriver({ directory: join(directory, "sandboxes"), wall, log: silentLog });
  const sandboxes = own !== undefined ? own.sandboxes : isWoken ? createWokenDriver(withoutIsolation()) : isHttp ? withoutChannels(withoutIsolation()) : isolation === "bubblewrap" ? bubblewrap! : withoutIsolation();
  const lines: string[] = [];
  const ledger = { record() {}, find: async () => [], flush: async () => {} };
  const executor = createExecutor({
    sandboxes, blobs, clock, wall, random, log: silentLog,
    call: stsOnly(credentialsMs),
    handleConnection: (socket) => socket.destroy(),
    serverPort: () => undefined,
    logs: { write: (batch) => (lines.push(...batch.lines.map((line) => line.message)), undefined), forget() {}, flush: async () => {} },
    dataDirectory: directory,
    settings: { strictRuntimes: false, runtimePaths },
    searchPath: process.env["PATH"] ?? "",
  });
  onTestFinished(async () => {
    await executor.close();
    if (sandboxes !== bubblewrap) await sandboxes.close();
  });

  return {
    executor, clock, wall, ledger, lines, dataDirectory: directory,
    /** A function made of texts, with the zips of its layers. */
    async target(files: Record<string, PackageFile>, options: Partial<FunctionTarget> = {}, layers: readonly Buffer[] = []): Promise<FunctionTarget> {
      const zip = await zipOf(files);
      return {
        account: ACCOUNT, region: "us-east-1", name: "f", version: "$LATEST", functionArn: FUNCTION_ARN, revisionId: "1", runtime: "python3.13", handler: "app.handler",
        // As much memory as has one whole CPU: with less, most of a test is to wait for its share.
        roleArn: `arn:aws:iam::${ACCOUNT}:role/r`, timeoutSeconds: 10, memoryMb: MEMORY_MB_PER_CPU, ephemeralStorageMb: 512, environment: {},
        code: { blobId: blobs.add(zip), sha256Base64: createHash("sha256").update(zip).digest("base64") },
        layers: layers.map((layer, index) => ({ arn: `${LAYER_ARN}:l${index}:1`, blobId: blobs.add(layer), sha256Base64: createHash("sha256").update(layer).digest("base64") })),
        architecture: "x86_64", logging: { group: "/aws/lambda/f", format: "Text" }, tracing: "PassThrough", initializationType: "on-demand",
        ...options,
      };
    },
    invocation: (event: unknown): Invocation => ({ requestId: random.uuid(), trace: newTrace(random, Date.now()), payload: Buffer.from(JSON.stringify(event)), invokedFunctionArn: FUNCTION_ARN }),
  };
};

/** A package in a real environment. */
export const startFunction = async (files: Record<string, PackageFile>, options: Partial<FunctionTarget> = {}, ground: GroundOptions = {}): Promise<TestFunction> => {
  const { executor, wall, lines, target, invocation } = createGround(ground);
  const environment = await executor.createEnvironment(await target(files, options));
  return {
    environment,
    wall,
    log: () => lines,
    async invoke(event, { clientContext, isRaw = false, onAnswer, receiver } = {}) {
      const report = await environment.invoke({ ...invocation(event), ...(clientContext === undefined ? {} : { clientContext }), ...(receiver === undefined ? {} : { receiver }) }, onAnswer);
      return { ...report, json: isRaw || receiver !== undefined ? undefined : JSON.parse(report.outcome.payload.toString("utf8")) };
    },
  };
};
