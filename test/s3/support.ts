import { join } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { createFileBlobStore } from "../../src/blob/files.ts";
import { ApiError } from "../../src/kit/api-error.ts";
import type { Call, CallOptions } from "../../src/kit/call.ts";
import { createClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { noMetrics } from "../../src/kit/metrics.ts";
import { systemRandom } from "../../src/kit/random.ts";
import { createLedger } from "../../src/plumber/ledger.ts";
import { createOutbox } from "../../src/plumber/outbox.ts";
import { createS3Service } from "../../src/services/s3/service.ts";
import type { Store } from "../../src/store/store.ts";
import { noApiDestinations } from "../support/no-api-destinations.ts";
import { requestContext } from "../support/context.ts";
import { openHistory, openState } from "../support/store.ts";
import { temporaryDirectory } from "../support/temporary.ts";

export const OTHER_ACCOUNT = "111111111111";

/** What S3 asked of Lambda. */
export interface Invocation {
  functionArn: string;
  type: string;
  payload: string;
  options: CallOptions;
}

/** What is to happen before an operation whose first statement is this one. */
type Before = (sql: string) => Promise<void>;

/** The store itself, held up where a test wants something to happen in between. */
const waitingStore = (store: Store, before: Before): Store => ({
  ...store,
  async run(operation) {
    const first = operation().next();
    if (first.done !== true) await before(first.value.sql);
    return store.run(operation);
  },
});

/** S3 over a real store, real blobs, a real outbox and ledger; at the other end of `call` stands this test instead of Lambda. */
export const openS3 = ({ directory = temporaryDirectory(), isDoorOpen = () => true, before }: { directory?: string; isDoorOpen?: (functionArn: string) => boolean; before?: Before } = {}) => {
  const engine = openState(join(directory, "state.db"));
  const store = before === undefined ? engine : waitingStore(engine, before);
  const history = openHistory(join(directory, "history.db"));
  const blobs = createFileBlobStore({ directory: join(directory, "blobs"), random: systemRandom });
  const clock = createClock();
  const invocations: Invocation[] = [];
  const call = (async (_service: string, _operation: string, input: { FunctionName: string; InvocationType: string; Payload?: Uint8Array }, options: CallOptions) => {
    if (!isDoorOpen(input.FunctionName)) throw new ApiError("AccessDeniedException", "no", { status: 403 });
    invocations.push({ functionArn: input.FunctionName, type: input.InvocationType, payload: Buffer.from(input.Payload ?? []).toString(), options });
    return { StatusCode: 202 };
  }) as unknown as Call;
  const ledger = createLedger({ store: history, clock });
  const outbox = createOutbox({ sendToApiDestination: noApiDestinations, store, call, clock, wall: clock, random: systemRandom, ledger, metrics: noMetrics, log: silentLog });
  const service = createS3Service({ store, blobs, call, outbox, ledger, clock, random: systemRandom, log: silentLog });
  const close = async () => {
    await outbox.close();
    await ledger.flush();
    await store.close();
    await history.close();
    clock.stop();
  };
  onTestFinished(close);
  const handlers = service.handlers as Required<typeof service.handlers>;
  return { s3: handlers, service, store, blobs, clock, ledger, outbox, invocations, directory, close };
};

export const stream = (body: string | Uint8Array, chunkSize = 65_536): Readable => {
  const bytes = Buffer.from(body as Uint8Array);
  return Readable.from(
    (function* () {
      for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
    })(),
    { objectMode: false },
  );
};

export const bytesOf = async (body: AsyncIterable<Uint8Array> | Uint8Array | undefined): Promise<Buffer> =>
  body === undefined ? Buffer.alloc(0) : body instanceof Uint8Array ? Buffer.from(body) : Buffer.concat(await Array.fromAsync(body));

export const textOf = async (body: Parameters<typeof bytesOf>[0]): Promise<string> => (await bytesOf(body)).toString();

/** The error of a call that must be refused, as plain data. */
export const refusal = async (work: Promise<unknown> | unknown): Promise<{ code: string; message: string; status?: number | undefined; members: Record<string, unknown> }> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof ApiError) return { code: error.code, message: error.message, status: error.status, members: error.members };
    throw error;
  }
  throw new Error("it was not refused");
};

export const bucketWith = async (keys: Record<string, string | Uint8Array> = {}, options: Parameters<typeof openS3>[0] = {}) => {
  const opened = openS3(options);
  await opened.s3.CreateBucket({ Bucket: "bucket" }, requestContext());
  for (const [key, body] of Object.entries(keys)) await opened.s3.PutObject({ Bucket: "bucket", Key: key, Body: stream(body) }, requestContext());
  return opened;
};
