import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AttachUserPolicyCommand, CreateAccessKeyCommand, CreatePolicyCommand, CreateUserCommand } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, expect } from "vitest";
import { clientsOf, type Clients } from "../support/clients.ts";
import { launchServer, type RunningServer } from "../support/server.ts";
import { terraformWithProvider, type Outcome, type Terraform } from "../support/terraform.ts";
import { changesOf, errorsOf, within } from "./outcome.ts";
import type { Module, Step, Suite } from "./suite.ts";

// Where lambdad is and who asks comes from the environment.
const ROOT = `
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  s3_use_path_style = true

  default_tags {
    tags = { project = "lambdad", stage = "test" }
  }
}

variable "generation" {
  type    = number
  default = 1
}
`;
const moduleBlock = ({ name, given }: Suite, endpoint: string): string => `
module "${name}" {
  source     = "./${name}"
  ${given(endpoint).trim().replaceAll("\n", "\n  ")}
}

output "${name}" {
  value = module.${name}
}
`;

const documentOf = (statements: readonly object[]): string => JSON.stringify({ Version: "2012-10-17", Statement: statements });

/** As few documents as these statements fit in: a user has ten policies at most, of 6,144 characters each. */
const documentsOf = (suites: readonly Suite[]): string[] => {
  const gathered: object[][] = [];
  for (const { policy: { Statement } } of suites) {
    const last = gathered.at(-1);
    if (last !== undefined && documentOf([...last, ...Statement]).length <= 6_144) last.push(...Statement);
    else gathered.push([...Statement]);
  }
  return gathered.map(documentOf);
};

/** A user who may do what these suites need, and nothing else. */
const createUser = async ({ iam }: Clients, suites: readonly Suite[]): Promise<Record<string, string>> => {
  await iam.send(new CreateUserCommand({ UserName: "deployer" }));
  for (const [index, PolicyDocument] of documentsOf(suites).entries()) {
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: `deploy-${index}`, PolicyDocument }));
    await iam.send(new AttachUserPolicyCommand({ UserName: "deployer", PolicyArn: Policy!.Arn! }));
  }
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "deployer" }));
  return { AWS_ACCESS_KEY_ID: AccessKey!.AccessKeyId!, AWS_SECRET_ACCESS_KEY: AccessKey!.SecretAccessKey! };
};

const SECOND = ["-var", "generation=2"];

type Steps<T> = Partial<Record<Step, T>>;

/** One server, one root folder with a module for each suite, one state: Terraform and its provider are started once for all of them. */
export class Deployment {
  readonly #modules: ReadonlyMap<Suite, Module>;
  readonly #outcomes: Steps<Outcome> = {};
  readonly #plans: Steps<Outcome> = {};
  readonly #outputs: Steps<Record<string, { value: Record<string, unknown> }>> = {};
  #server!: RunningServer;
  #folder!: string;
  #terraform!: Terraform;
  #stopProvider = () => {};

  constructor(suites: readonly Suite[]) {
    this.#modules = new Map(suites.map((suite) => [suite, this.#moduleOf(suite)]));
  }

  /** What a suite's tests ask; where the server is, and so on, they find there once it runs. */
  module(suite: Suite): Module {
    return this.#modules.get(suite)!;
  }

  async open(): Promise<void> {
    const server = (this.#server = await launchServer());
    this.#folder = mkdtempSync(join(tmpdir(), "lambdad-terraform-"));
    const clients = clientsOf(server.endpoint);
    for (const [suite, module] of this.#modules) {
      const folder = join(this.#folder, suite.name);
      cpSync(suite.folder, folder, { recursive: true });
      await suite.prepare?.(folder);
      Object.assign(module, { server, clients, folder });
    }
    const suites = [...this.#modules.keys()];
    writeFileSync(join(this.#folder, "main.tf"), ROOT + suites.map((suite) => moduleBlock(suite, server.endpoint)).join(""));
    ({ terraform: this.#terraform, stop: this.#stopProvider } = await terraformWithProvider(this.#folder, { ...(await createUser(clients, suites)), AWS_ENDPOINT_URL: server.endpoint, AWS_REGION: "us-east-1" }));
  }

  async close(): Promise<void> {
    this.#stopProvider();
    const { process, said, stop } = this.#server;
    const code = await stop();
    rmSync(this.#folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`the server ended by ${process.signalCode ?? `exit ${code}`}:\n${said()}`);
  }

  /** What fails is for the tests of its module to say. */
  async applyFirst(): Promise<void> {
    this.#outcomes.first = await this.#terraform("apply", "-auto-approve");
  }

  async applyAgain(): Promise<void> {
    await this.#applyAndPlan("applied");
  }

  /** Forgets what each suite names, takes it over again, and changes what can be changed. */
  async change(): Promise<void> {
    const imported = (await Promise.all([...this.#modules].map(async ([{ name, imported: ask }, module]) => Object.entries((await ask?.(module)) ?? {}).map(([address, id]) => ({ to: `module.${name}.${address}`, id }))))).flat();
    await this.#terraform("state", "rm", ...imported.map(({ to }) => to));
    writeFileSync(join(this.#folder, "imports.tf"), imported.map(({ to, id }) => `import {\n  to = ${to}\n  id = "${id}"\n}\n`).join(""));
    await this.#applyAndPlan("changed", ...SECOND);
  }

  async destroy(): Promise<void> {
    const outcome = (this.#outcomes.destroyed = await this.#terraform("destroy", "-auto-approve", ...SECOND));
    expect([outcome.code, errorsOf(outcome.said)]).toEqual([0, []]);
  }

  async #applyAndPlan(step: "applied" | "changed", ...variables: string[]): Promise<void> {
    const applied = (this.#outcomes[step] = await this.#terraform("apply", "-auto-approve", ...variables));
    this.#outputs[step] = JSON.parse((await this.#terraform("output", "-json")).said) as Record<string, { value: Record<string, unknown> }>;
    const plan = (this.#plans[step] = await this.#terraform("plan", "-detailed-exitcode", ...variables));
    expect([applied.code, errorsOf(applied.said)]).toEqual([0, []]);
    expect([plan.code, errorsOf(plan.said), changesOf(".+", plan)]).toEqual([0, [], []]);
  }

  #moduleOf({ name }: Suite): Module {
    const after = <T>(of: Steps<T>, step: Step): T => {
      if (of[step] === undefined) throw new Error(`Terraform did not come as far as "${step}"`);
      return of[step];
    };
    const asked: Omit<Module, "server" | "clients" | "folder"> = {
      did: (step) => within(name, after(this.#outcomes, step)),
      left: (step) => changesOf(name, after(this.#plans, step)),
      outputs: (step) => after(this.#outputs, step)[name]!.value,
      errors: (step) => errorsOf(after(this.#outcomes, step).said),
    };
    return asked as Module;
  }
}

/** For all tests of a file. */
export const useDeployment = (suites: readonly Suite[]): Deployment => {
  const deployment = new Deployment(suites);
  beforeAll(() => deployment.open());
  afterAll(() => deployment.close());
  return deployment;
};
