import type { BlobStore } from "../../blob/blob.ts";
import type { Call } from "../../kit/call.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Ledger } from "../../kit/ledger.ts";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { Operation, Store } from "../../store/store.ts";
import type { RequestContext, Service } from "../service.ts";
import type { BucketOwners } from "./bucket-owners.ts";
import type { Garbage } from "./garbage.ts";

export type S3Types = typeof import("@aws-sdk/client-s3");
export type S3Service = Service<S3Types>;
export type S3Handlers = Handlers<S3Types, RequestContext>;
export type S3Handler<N extends keyof S3Handlers> = NonNullable<S3Handlers[N]>;
export type S3Input<N extends keyof S3Handlers> = Parameters<S3Handler<N>>[0];

/** An event on its way to one target, written in the commit of what caused it. */
export interface Delivery {
  id: string;
  traceId: string;
  lineage?: string;
  targetArn: string;
  /** JSON. */
  payload: string;
  as: { service: string; account: string; sourceArn: string; sourceAccount: string };
  region: string;
  keys: string[];
}

export interface DeliveryOutbox {
  enqueue(delivery: Delivery): Operation<void>;
  poke(): void;
}

export interface Needs {
  store: Store;
  blobs: BlobStore;
  call: Call;
  outbox: DeliveryOutbox;
  ledger: Ledger;
  clock: Clock;
  random: Random;
  log: Log;
}

/** What the operations share beside what the platform gives them. */
export interface S3 extends Needs {
  garbage: Garbage;
  owners: BucketOwners;
}
