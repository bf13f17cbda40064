import { isApiError } from "../kit/api-error.ts";
import type { Call } from "../kit/call.ts";
import type { Clock } from "../kit/clock.ts";
import { newTrace } from "../kit/ids.ts";
import type { Ledger, Trace } from "../kit/ledger.ts";
import { LOG_BATCH_LINES_MAX, LOG_PENDING_LINES_MAX } from "../kit/limits.ts";
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
  about: Omit<LogBatch, "lines">;
  lines: LogBatch["lines"];
  isCreated: boolean;
}

/**
 * Function logs, on their way to CloudWatch Logs as the function's own role: a role that may not write them leaves none, as on AWS,
 * which is told once. Written behind the work, one call at a time for each stream.
 */
export const createLogDestination = ({ call, clock, log, ledger }: Needs): LogDestination => {
  const queues = new Map<string, Queue>();
  const writing = new Map<string, Promise<void>>();
  const told = new Set<string>();

  const create = async ({ as, region, group, stream }: Queue["about"], trace: Trace) => {
    const existing = (error: unknown) => {
      if (!isApiError(error, "ResourceAlreadyExistsException")) throw error;
    };
    await call("logs", "CreateLogStream", { logGroupName: group, logStreamName: stream }, { as, region, trace }).catch(async (error: unknown) => {
      if (!isApiError(error, "ResourceNotFoundException")) return existing(error);
      await call("logs", "CreateLogGroup", { logGroupName: group }, { as, region, trace }).catch(existing);
      await call("logs", "CreateLogStream", { logGroupName: group, logStreamName: stream }, { as, region, trace }).catch(existing);
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
      const lines = queue.lines.splice(0, LOG_BATCH_LINES_MAX);
      const { as, region, group, stream } = queue.about;
      const trace = newTrace(systemRandom, clock.now());
      try {
        if (!queue.isCreated) await create(queue.about, trace);
        queue.isCreated = true;
        await call("logs", "PutLogEvents", { logGroupName: group, logStreamName: stream, logEvents: lines }, { as, region, trace });
      } catch (error) {
        queue.isCreated = false;
        tell(queue.about, trace, error);
      }
    }
  };

  return {
    write({ lines, ...about }) {
      const key = `${about.as.account}/${about.region}/${about.group}/${about.stream}`;
      let queue = queues.get(key);
      if (queue === undefined) queues.set(key, (queue = { about, lines: [], isCreated: false }));
      if (queue.lines.length + lines.length > LOG_PENDING_LINES_MAX) return;
      queue.lines.push(...lines);
      if (writing.has(key)) return;
      const sent = Promise.resolve()
        .then(() => send(queue))
        .finally(() => {
          writing.delete(key);
          if (queue.lines.length === 0 && !queue.isCreated) queues.delete(key);
        });
      writing.set(key, sent);
    },
    async flush() {
      while (writing.size > 0) await Promise.all(writing.values());
    },
  };
};
