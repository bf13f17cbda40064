import type { Migration } from "../migrate.ts";
import { alarms } from "./alarms.ts";
import { apis } from "./apis.ts";
import { clock } from "./clock.ts";
import { delivery } from "./delivery.ts";
import { eventInvokeConfig } from "./event-invoke-config.ts";
import { eventSourceMapping } from "./event-source-mapping.ts";
import { events } from "./events.ts";
import { functionControl } from "./function-control.ts";
import { functions } from "./functions.ts";
import { iam } from "./iam.ts";
import { invocationQueue } from "./invocation-queue.ts";
import { layers } from "./layers.ts";
import { ledger } from "./ledger.ts";
import { logs } from "./logs.ts";
import { metrics } from "./metrics.ts";
import { mail } from "./mail.ts";
import { pipes } from "./pipes.ts";
import { provisionedConcurrency } from "./provisioned-concurrency.ts";
import { s3BucketSettings } from "./s3-bucket-settings.ts";
import { s3 } from "./s3.ts";
import { scheduler } from "./scheduler.ts";
import { sns } from "./sns.ts";
import { sqsQueues } from "./sqs-queues.ts";
import { sqs } from "./sqs.ts";

/** What promises durability: `state.db`. */
export const stateMigrations: readonly Migration[] = [...iam, ...functions, ...layers, ...invocationQueue, ...delivery, ...s3, ...s3BucketSettings, ...eventInvokeConfig, ...functionControl, ...provisionedConcurrency, ...sqs, ...sqsQueues, ...eventSourceMapping, ...apis, ...events, ...scheduler, ...sns, ...mail, ...pipes, ...alarms, ...clock];

/** What is appended behind the work, bounded in size and age: `history.db`. */
export const historyMigrations: readonly Migration[] = [...ledger, ...logs, ...metrics];
