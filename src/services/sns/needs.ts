import type { PushingServiceNeeds } from "../../plumber/needs.ts";
import type { Handlers } from "../../protocol/handlers.ts";
import type { RequestContext } from "../service.ts";
import type { Signer } from "./signing/signer.ts";
import type { TopicReader } from "./topics/reader.ts";

export type SnsTypes = typeof import("@aws-sdk/client-sns");
export type SnsHandlers = Handlers<SnsTypes, RequestContext>;

export interface SnsNeeds extends PushingServiceNeeds {
  /** This server's address, with which links begin: "" as long as it has none. */
  endpoint: () => string;
}

/** What the operations share beside what the platform gives them. */
export interface SnsParts extends SnsNeeds {
  reader: TopicReader;
  signer: Signer;
}
