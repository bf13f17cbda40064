import { readdirSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createFileBlobStore } from "../../src/blob/files.ts";
import type { FunctionTarget, InvocationReport } from "../../src/executor/executor.ts";
import type { Call } from "../../src/kit/call.ts";
import { root } from "../../src/kit/caller.ts";
import { createClock } from "../../src/kit/clock.ts";
import { newTrace } from "../../src/kit/ids.ts";
import { silentLog } from "../../src/kit/log.ts";
import { systemRandom } from "../../src/kit/random.ts";
import { createFunctionLimits } from "../../src/scheduler/function-limits.ts";
import { createResolveTarget } from "../../src/services/lambda/resolve.ts";
import { createLambdaService } from "../../src/services/lambda/service.ts";
import type { RequestContext } from "../../src/services/service.ts";
import { stateMigrations } from "../../src/store/migrations/index.ts";
import { createSqliteStore } from "../../src/store/sqlite.ts";
import { zipOf } from "../support/functions.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { ACCOUNT } from "./support.ts";

export const SETTLE_MS = 60_000;

/**
 * Lambda over a real store and real packages, where creations and updates take a minute of the virtual clock. Behind it stands
 * this test instead of the scheduler and of IAM: it sees which target is run, and what is retired.
 */
export const openLambda = ({ directory = temporaryDirectory(), run = async () => {} }: { directory?: string; run?: (target: FunctionTarget) => Promise<void> } = {}) => {
  const store = createSqliteStore({ path: join(directory, "state.db"), migrations: stateMigrations, onSyncFailure: (error) => { throw error; } });
  const blobs = createFileBlobStore({ directory: join(directory, "blobs"), random: systemRandom });
  const clock = createClock();
  const limits = createFunctionLimits();
  const targets: FunctionTarget[] = [];
  const retired: [arn: string, kept: string | undefined][] = [];
  const service = createLambdaService({
    store, blobs, clock, wall: createClock(), random: systemRandom, log: silentLog, sessionKey: systemRandom.bytes(32), settleMs: SETTLE_MS,
    call: (async () => ({})) as unknown as Call,
    ledger: { record() {}, find: async () => [], flush: async () => {} },
    queue: { enqueue: async () => {}, start: async () => {}, pending: async () => ({ queued: 0, inFlight: 0 }), close: async () => {} },
    limits,
    scheduler: {
      async invoke(target) {
        targets.push(target);
        await run(target);
        return { outcome: { kind: "response", payload: Buffer.from("1") }, logTail: Buffer.alloc(0) } as InvocationReport;
      },
      retire: (arn, kept) => void retired.push([arn, kept]),
      environments: () => [],
      close: async () => {},
    },
  });
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    clock.stop();
    await store.close();
  };
  onTestFinished(close);
  const context = (): RequestContext => ({
    caller: root(ACCOUNT), account: ACCOUNT, region: "us-east-1", requestId: systemRandom.uuid(), trace: newTrace(systemRandom, Date.now()), endpoint: "http://127.0.0.1:4566",
    source: { ip: "203.0.113.7", userAgent: "test" }, signal: new AbortController().signal, responseHeaders: {}, trailers: {}, isInternal: false,
    refusalOf: async () => undefined,
  });
  const handlers = service.handlers as Required<typeof service.handlers>;
  const zip = (text: string) => zipOf({ "index.mjs": text });
  return {
    lambda: handlers, context, store, blobs, clock, limits, targets, retired, directory, close, zip,
    resolve: createResolveTarget({ store, clock }),
    settle: () => clock.advance(SETTLE_MS),
    async create(name: string, text = "1") {
      return handlers.CreateFunction({ FunctionName: name, Role: `arn:aws:iam::${ACCOUNT}:role/r`, Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await zip(text) } }, context());
    },
    update: async (name: string, text: string) => handlers.UpdateFunctionCode({ FunctionName: name, ZipFile: await zip(text) }, context()),
    configuration: (name: string) => handlers.GetFunctionConfiguration({ FunctionName: name }, context()),
    /** The hash of the code that an invocation runs now. */
    async runs(name: string) {
      await handlers.Invoke({ FunctionName: name }, context());
      return targets.at(-1)!.code.sha256Base64;
    },
    /** Files of the blob store, those that wait to be kept left out. */
    blobFiles: () => readdirSync(join(directory, "blobs"), { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() && !entry.parentPath.endsWith("new") ? [entry.name] : [])),
  };
};
