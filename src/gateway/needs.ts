import type { Identities } from "../iam/document.ts";
import type { Clock } from "../kit/clock.ts";
import type { Ledger } from "../kit/ledger.ts";
import type { Log } from "../kit/log.ts";
import type { Random } from "../kit/random.ts";
import type { LazyService } from "../services/index.ts";

export type IamMode = "enforce" | "soft" | "off";

export interface GatewaySettings {
  iam: IamMode;
  anyCredentials: boolean;
  allowedHosts: readonly string[];
  defaultRegion: string;
  /** Where user pools of Cognito tell their keys, instead of AWS. */
  cognitoEndpoint?: string | undefined;
}

/** What a request meets on its way. */
export interface GatewayNeeds {
  services: Readonly<Record<string, LazyService>>;
  identities: Identities;
  clock: Clock;
  wall: Clock;
  random: Random;
  ledger: Ledger;
  log: Log;
  sessionKey: Buffer;
  settings: GatewaySettings;
}
