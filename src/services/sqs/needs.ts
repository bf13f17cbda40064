import type { Call } from "../../kit/call.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Ledger } from "../../kit/ledger.ts";
import type { Log } from "../../kit/log.ts";
import type { Metrics } from "../../kit/metrics.ts";
import type { Random } from "../../kit/random.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { Store } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import type { Arrivals } from "./arrivals.ts";
import type { QueueCounts } from "./counts.ts";
import type { Garbage } from "./garbage.ts";
import type { MessageParts } from "./messages/parts.ts";
import type { MoveTasks } from "./move-tasks/move-tasks.ts";
import type { QueueMetrics } from "./queue-metrics.ts";
import type { QueueName } from "./queue-rows.ts";

export type SqsTypes = typeof import("@aws-sdk/client-sqs");
export type SqsHandlers = Handlers<SqsTypes, RequestContext>;

export interface SqsNeeds {
  store: Store;
  /** Platform time: visibility, delays, retention and deduplication go by it. */
  clock: Clock;
  random: Random;
  ledger: Ledger;
  metrics: Metrics;
  log: Log;
  /** In which of its forms a queue's URL is returned. */
  queueUrls: QueueUrlStrategy;
  /** Of this installation: what was sealed with it once is known again after a restart. */
  sessionKey: Buffer;
}

/** What the operations share beside what the platform gives them. */
export interface SqsParts extends SqsNeeds {
  /**
   * The queue that a request's QueueUrl names, which need not be there, and which is active from now on: its row is to be read inside the operation that uses it
   * (`yield* getQueue(name)`), as a purge gives the queue another id. Throws InvalidAddress.
   */
  inQueue(input: { QueueUrl?: string | undefined }, context: Pick<RequestContext, "region">): QueueName;
  counts: QueueCounts;
  arrivals: Arrivals;
  measured: QueueMetrics;
}

/** What those on queues share beside what those on messages do. */
export interface QueueParts extends MessageParts {
  /** Who a queue's policy names is looked for in IAM. */
  call: Call;
  /** An action names a queue, otherwise than by its URL. Returns it. */
  accessed<N extends QueueName>(queue: N): N;
  garbage: Garbage;
  moveTasks: MoveTasks;
}

/** As SQS_ENDPOINT_STRATEGY names them: `off`, the default, is `http://localhost:4566/<account>/<name>`, which like `path` needs no DNS; `standard` and `domain` carry the region in the host. All four are understood. */
export type QueueUrlStrategy = "off" | "path" | "standard" | "domain";
