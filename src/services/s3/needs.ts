import type { BlobStore } from "../../blob/blob.ts";
import type { Call } from "../../kit/call.ts";
import type { Clock } from "../../kit/clock.ts";
import type { Ledger } from "../../kit/ledger.ts";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import type { Outbox } from "../../plumber/outbox.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { Store } from "../../store/store.ts";
import type { RequestContext, Service } from "../service.ts";
import type { BucketPlaces } from "./bucket-places.ts";
import type { Garbage } from "./garbage.ts";

export type S3Types = typeof import("@aws-sdk/client-s3");
export type S3Service = Service<S3Types>;
export type S3Handlers = Handlers<S3Types, RequestContext>;
export type S3Handler<N extends keyof S3Handlers> = NonNullable<S3Handlers[N]>;
export type S3Input<N extends keyof S3Handlers> = Parameters<S3Handler<N>>[0];

export interface Needs {
  store: Store;
  blobs: BlobStore;
  call: Call;
  outbox: Pick<Outbox, "enqueue" | "poke">;
  ledger: Ledger;
  clock: Clock;
  random: Random;
  log: Log;
}

/** What the operations share beside what the platform gives them. */
export interface S3 extends Needs {
  garbage: Garbage;
  places: BucketPlaces;
}
