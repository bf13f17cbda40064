import { readdirSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createFileBlobStore } from "../../src/blob/files.ts";
import type { FunctionTarget, InvocationReport } from "../../src/executor/executor.ts";
import type { Call } from "../../src/kit/call.ts";
import { createClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { systemRandom, type Random } from "../../src/kit/random.ts";
import { createFunctionLimits } from "../../src/scheduler/function-limits.ts";
import type { ProvisionedWishes, Retired } from "../../src/scheduler/scheduler.ts";
import { createResolveTarget } from "../../src/services/lambda/versions/resolve.ts";
import { createLambdaService } from "../../src/services/lambda/service.ts";
import { ACCOUNT, requestContext } from "../support/context.ts";
import { zipOf } from "../support/functions.ts";
import { openState } from "../support/store.ts";
import { temporaryDirectory } from "../support/temporary.ts";

export const SETTLE_MS = 60_000;

/**
 * Lambda over a real store and real packages, where creations and updates take a minute of the virtual clock. Behind it stands
 * this test instead of the scheduler and of IAM: it sees which target is run, and what is retired.
 */
export const openLambda = ({ directory = temporaryDirectory(), run = async () => {}, below = systemRandom.below }: { directory?: string; run?: (target: FunctionTarget) => Promise<void>; below?: Random["below"] } = {}) => {
  const random: Random = { ...systemRandom, below };
  const store = openState(join(directory, "state.db"));
  const blobs = createFileBlobStore({ directory: join(directory, "blobs"), random: systemRandom });
  const clock = createClock();
  const limits = createFunctionLimits();
  const targets: FunctionTarget[] = [];
  const provisioned = new Map<string, ProvisionedWishes>();
  const retired: [arn: string, only: Retired | undefined][] = [];
  const service = createLambdaService({
    store, blobs, clock, wall: createClock(), random, log: silentLog, sessionKey: systemRandom.bytes(32), settleMs: SETTLE_MS,
    call: (async () => ({})) as unknown as Call,
    ledger: { record() {}, find: async () => [], flush: async () => {} },
    queue: { rest: async () => false, enqueue: async () => {}, start: async () => {}, pending: async () => ({ queued: 0, inFlight: 0 }), close: async () => {} },
    limits,
    mappings: { start: async () => {}, changed: async () => {}, close: async () => {}, lastProcessingResult: () => undefined, rest: async () => false, pending: async () => ({ batches: 0, messages: 0 }) },
    runtimeVersions: { of: async ({ runtime }) => ({ version: runtime, arn: `arn:aws:lambda:us-east-1::runtime:${runtime}` }), has: async () => true },
    scheduler: {
      prepare() {},
      async invoke(target) {
        targets.push(target);
        await run(target);
        return { outcome: { kind: "response", payload: Buffer.from("1") }, logTail: Buffer.alloc(0) } as InvocationReport;
      },
      retire: (arn, only) => void retired.push([arn, only]),
      provision: (arn, wishes) => void provisioned.set(arn, wishes),
      provisioned: () => ({ allocated: 0 }),
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
  const handlers = service.handlers as Required<typeof service.handlers>;
  const zip = (text: string) => zipOf({ "index.mjs": text });
  return {
    lambda: handlers, context: requestContext, store, blobs, clock, limits, targets, provisioned, retired, directory, close, zip,
    resolve: createResolveTarget({ store, clock, random }),
    settle: () => clock.advance(SETTLE_MS),
    async create(name: string, text = "1") {
      return handlers.CreateFunction({ FunctionName: name, Role: `arn:aws:iam::${ACCOUNT}:role/r`, Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await zip(text) } }, requestContext());
    },
    update: async (name: string, text: string) => handlers.UpdateFunctionCode({ FunctionName: name, ZipFile: await zip(text) }, requestContext()),
    configuration: (name: string) => handlers.GetFunctionConfiguration({ FunctionName: name }, requestContext()),
    /** The hash of the code that an invocation runs now. */
    async runs(name: string) {
      await handlers.Invoke({ FunctionName: name }, requestContext());
      return targets.at(-1)!.code.sha256Base64;
    },
    /** Files of the blob store, those that wait to be kept left out. */
    blobFiles: () => readdirSync(join(directory, "blobs"), { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() && !entry.parentPath.endsWith("new") ? [entry.name] : [])),
  };
};
