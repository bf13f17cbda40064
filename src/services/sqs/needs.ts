import type { Clock } from "../../kit/clock.ts";
import type { Ledger } from "../../kit/ledger.ts";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { Store } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";

export type SqsTypes = typeof import("@aws-sdk/client-sqs");
export type SqsHandlers = Handlers<SqsTypes, RequestContext>;

export interface SqsNeeds {
  store: Store;
  /** Platform time: visibility, delays, retention and deduplication go by it. */
  clock: Clock;
  random: Random;
  ledger: Ledger;
  log: Log;
  /** In which of its forms a queue's URL is returned. */
  queueUrls: QueueUrlStrategy;
}

/** As SQS_ENDPOINT_STRATEGY names them: `off`, the default, is `http://localhost:4566/<account>/<name>`, which like `path` needs no DNS; `standard` and `domain` carry the region in the host. All four are understood. */
export type QueueUrlStrategy = "off" | "path" | "standard" | "domain";
