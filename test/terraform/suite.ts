import type { Clients } from "../support/clients.ts";
import type { RunningServer } from "../support/server.ts";
import type { Within } from "./outcome.ts";

/** The first applies everything (what fails there may be repaired), the second applies again, the third changes what can be changed in place, the fourth ends it. */
export type Step = "first" | "applied" | "changed" | "destroyed";

/** One module of the deployment, as its tests see it. */
export interface Module {
  server: RunningServer;
  /** As root of the account. */
  clients: Clients;
  /** The copy of its folder that Terraform uses. */
  folder: string;
  did(step: Step): Within;
  /** What the plan after this step would still change. */
  left(step: "applied" | "changed"): string[];
  /** Its outputs after this step. */
  outputs(step: "applied" | "changed"): Record<string, unknown>;
  /** What Terraform said of what failed, of all modules. */
  errors(step: Step): string[];
}

/** A folder that is a module of the one configuration, with what is to be true of it. All suites are applied, changed and destroyed by the same commands. */
export interface Suite {
  /** What its tests are named after. */
  title: string;
  /** Of its module, in Terraform's spelling. */
  name: string;
  /** Its configuration, without a provider. */
  folder: string;
  /** What this machine lacks for it. */
  missing?: string | undefined;
  /** What it is given, as lines of HCL; `var.generation` is 1, and 2 when it is to change. */
  given(endpoint: string): string;
  /** What a user who deploys it must be allowed, and nothing else. */
  policy: { Version: string; Statement: object[] };
  /** Completes the copy of its folder. */
  prepare?(folder: string): Promise<void> | void;
  /** What Terraform is to take over again after it forgot it: its id by its address. */
  imported?(module: Module): Promise<Record<string, string>> | Record<string, string>;
  /** Tests after the first command, before the second repairs what it could not do. */
  first?(module: Module): void;
  /** Tests of what is there. */
  applied(module: Module): void;
  /** Tests after the change. */
  changed(module: Module): void;
  /** Tests when nothing is there any more. */
  destroyed(module: Module): void;
}
