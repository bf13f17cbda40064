import { isApiError } from "../kit/api-error.ts";
import type { Call } from "../kit/call.ts";
import type { Clock } from "../kit/clock.ts";
import { newTrace } from "../kit/ids.ts";
import type { Ledger, Trace } from "../kit/ledger.ts";
import { LOG_BATCH_BYTES_MAX, LOG_BATCH_SPAN_MS_MAX, LOG_EVENT_OVERHEAD_BYTES } from "../kit/limits/logs.ts";
import { createPatience, type Worker } from "../kit/patience.ts";
import { LOG_BATCH_LINES_MAX, LOG_PENDING_CHARACTERS_MAX, LOG_STREAMS_REMEMBERED_MAX } from "../kit/limits/runtime.ts";
import type { Log } from "../kit/log.ts";
import { systemRandom } from "../kit/random.ts";
import type { LogBatch, LogDestination } from "./executor.ts";

interface Needs {
  call: Call;
  clock: Clock;
  log: Log;
  ledger: Ledger;
}

interface Queue {
  about: Omit<LogBatch, "lines" | "lineage">;
  /** Of what was written last. */
  lineage: string | undefined;
  lines: LogBatch["lines"];
  /** How far the front of `lines` is sent: shifting it line by line would cost more than sending it. */
  sent: number;
  characters: number;
  isCreated: boolean;
  /** Its environment has ended: nothing is remembered of it once it is sent. */
  isEnded: boolean;
  /** Who waits until there is room again. */
  room: PromiseWithResolvers<void> | undefined;
}

const keyOf = ({ as, region, group, stream }: Queue["about"]): string => `${as.account}/${region}/${group}/${stream}`;

const COMPACT_LINES = 10_000;

/** As much of the front as one PutLogEvents takes. */
const takeBatch = (queue: Queue): LogBatch["lines"] => {
  const { lines, sent } = queue;
  const first = lines[sent]!;
  let bytes = 0;
  let end = sent;
  for (; end < lines.length && end - sent < LOG_BATCH_LINES_MAX; end++) {
    const { timestamp, message } = lines[end]!;
    bytes += Buffer.byteLength(message) + LOG_EVENT_OVERHEAD_BYTES;
    if (end > sent && (bytes > LOG_BATCH_BYTES_MAX || timestamp - first.timestamp > LOG_BATCH_SPAN_MS_MAX)) break;
  }
  const batch = lines.slice(sent, end);
  queue.sent = end;
  for (const { message } of batch) queue.characters -= message.length;
  if (end === lines.length || end > COMPACT_LINES) {
    queue.lines = lines.slice(end);
    queue.sent = 0;
  }
  return batch;
};

/**
 * Function logs, on their way to CloudWatch Logs as the function's own role: a role that may not write them leaves none, as on AWS,
 * which is told once. Written behind the work, one call at a time for each stream.
 */
export const createLogDestination = ({ call, clock, log, ledger }: Needs): LogDestination & Worker => {
  const queues = new Map<string, Queue>();
  const writing = new Map<string, Promise<void>>();
  const told = new Set<string>();
  const patience = createPatience();

  const create = async ({ as, region, group, stream }: Queue["about"], trace: Trace) => {
    const existing = (error: unknown) => {
      if (!isApiError(error, "ResourceAlreadyExistsException")) throw error;
    };
    const exists = "ResourceAlreadyExistsException";
    const options = { as, region, trace, expects: [exists] };
    await call("logs", "CreateLogStream", { logGroupName: group, logStreamName: stream }, { ...options, expects: [exists, "ResourceNotFoundException"] }).catch(async (error: unknown) => {
      if (!isApiError(error, "ResourceNotFoundException")) return existing(error);
      await call("logs", "CreateLogGroup", { logGroupName: group }, options).catch(existing);
      await call("logs", "CreateLogStream", { logGroupName: group, logStreamName: stream }, options).catch(existing);
    });
  };
  const tell = ({ as, region, group, functionName }: Queue["about"], trace: Trace, error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    const key = `${as.arn} ${group}`;
    if (told.has(key)) return;
    told.add(key);
    log.warn(`the log lines of ${functionName} are dropped: ${message}`, { group });
    ledger.record({ traceId: trace.id, kind: "notice", account: as.account, region, keys: [functionName, group], summary: `the log lines of ${functionName} do not reach ${group}`, detail: { message, caller: as.arn } });
  };

  const send = async (queue: Queue) => {
    while (queue.lines.length > 0) {
      const lines = takeBatch(queue);
      const { as, region, group, stream } = queue.about;
      const { lineage } = queue;
      const trace = { ...newTrace(systemRandom, clock.now()), ...(lineage === undefined ? {} : { lineage }) };
      try {
        if (!queue.isCreated) await create(queue.about, trace);
        queue.isCreated = true;
        await call("logs", "PutLogEvents", { logGroupName: group, logStreamName: stream, logEvents: lines }, { as, region, trace });
      } catch (error) {
        queue.isCreated = false;
        tell(queue.about, trace, error);
      }
      if (queue.characters < LOG_PENDING_CHARACTERS_MAX) giveRoom(queue);
    }
  };

  /** A stream that is forgotten is created again, which finds it there. */
  const forgetIdle = () => {
    for (const key of queues.keys()) {
      if (queues.size <= LOG_STREAMS_REMEMBERED_MAX) return;
      if (!writing.has(key)) queues.delete(key);
    }
  };
  const start = (key: string, queue: Queue) => {
    if (writing.has(key)) return;
    const sent = Promise.resolve()
      .then(() => send(queue))
      .finally(() => {
        writing.delete(key);
        if (queue.lines.length > 0) start(key, queue);
        else if (queue.isEnded) queues.delete(key);
        else forgetIdle();
      });
    writing.set(key, sent);
  };
  const giveRoom = (queue: Queue) => {
    queue.room?.resolve();
    queue.room = undefined;
  };
  const roomIn = (queue: Queue): Promise<void> => {
    queue.room ??= Promise.withResolvers();
    const { promise } = queue.room;
    return promise;
  };

  return {
    write({ lines, lineage, ...about }) {
      const key = keyOf(about);
      let queue = queues.get(key);
      if (queue === undefined) queues.set(key, (queue = { about, lineage, lines: [], sent: 0, characters: 0, isCreated: false, isEnded: false, room: undefined }));
      queue.lineage = lineage;
      for (const line of lines) {
        queue.lines.push(line);
        queue.characters += line.message.length;
      }
      start(key, queue);
      return queue.characters < LOG_PENDING_CHARACTERS_MAX ? undefined : roomIn(queue);
    },
    forget(about) {
      const key = keyOf(about);
      const queue = queues.get(key);
      if (queue !== undefined) queue.isEnded = true;
      if (!writing.has(key)) queues.delete(key);
    },
    rest: () => patience(writing.values()),
    async flush() {
      while (writing.size > 0) await Promise.all(writing.values());
    },
  };
};
