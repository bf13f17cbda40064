import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const environment = process.env;

/** A folder with `registry.terraform.io/hashicorp/aws/5.…` in it; `.ci/run` looks for one. */
const NAMED = "LAMBDAD_TEST_TERRAFORM_PLUGINS";
/** A command that hangs ends the test by itself. */
const COMMAND_MS = 180_000;

/** Most of what it does is to wait for what it has changed to be told everywhere. */
const ALL_AT_ONCE = { TF_CLI_ARGS_apply: "-parallelism=64", TF_CLI_ARGS_destroy: "-parallelism=64" };

/** Where Terraform looks by itself ("Implied Local Mirror Directories" of its documentation). */
const impliedMirrors = (): string[] => [
  join(homedir(), ".terraform.d/plugins"),
  join(environment["XDG_DATA_HOME"] ?? join(homedir(), ".local/share"), "terraform/plugins"),
  ...(environment["XDG_DATA_DIRS"] ?? "/usr/local/share:/usr/share").split(":").map((folder) => join(folder, "terraform/plugins")),
];

const holdsProvider = (folder: string): boolean => {
  const versions = join(folder, "registry.terraform.io/hashicorp/aws");
  return existsSync(versions) && readdirSync(versions).some((name) => /^(terraform-provider-aws_)?5\./.test(name));
};

/** The folder of plugins that has the AWS provider; or why this machine has none. */
const findPlugins = async (): Promise<{ folder: string } | { why: string }> => {
  const named = environment[NAMED];
  const folder = [...(named === undefined ? [] : [named]), ...impliedMirrors()].find(holdsProvider);
  if (!(await run("terraform", ["version"], { env: { ...environment, CHECKPOINT_DISABLE: "1" } }).then(() => true, () => false))) return { why: "there is no `terraform` here" };
  return folder === undefined ? { why: `no folder of plugins here has version 5 of the AWS provider: name one in ${NAMED}` } : { folder };
};

const found = await findPlugins();
if ("why" in found) process.stderr.write(`tests of Terraform are skipped: ${found.why}\n`);

export const hasTerraform = "folder" in found;
/** Behind the name of a test that is skipped for want of it. */
export const NO_TERRAFORM = "why" in found ? ` (skipped: ${found.why})` : "";

export interface Outcome {
  /** As `-detailed-exitcode` says it: 0, 1 for an error, 2 for a change. */
  code: number;
  /** stdout and stderr. */
  said: string;
}

export type Terraform = (...args: string[]) => Promise<Outcome>;

/** The provider's program in the folder of plugins. */
const providerOf = (plugins: string): string => {
  const name = (readdirSync(plugins, { recursive: true }) as string[]).find((path) => /(^|\/)terraform-provider-aws_v5[^/]*$/.test(path));
  if (name === undefined) throw new Error(`there is no program of the AWS provider in ${plugins}`);
  return join(plugins, name);
};

/** Starting the provider is most of what a command costs: it is started once, as its developers do to debug it, and each command is told where it is. */
const startProvider = async (folder: string, env: Record<string, string | undefined>): Promise<{ env: Record<string, string>; stop(): void }> => {
  const provider = spawn(providerOf((found as { folder: string }).folder), ["-debug"], { cwd: folder, env, stdio: ["ignore", "pipe", "ignore"] });
  for await (const line of createInterface({ input: provider.stdout })) {
    const where = /TF_REATTACH_PROVIDERS='(.*)'/.exec(line)?.[1];
    if (where !== undefined) {
      provider.stdout.resume();
      return { env: { TF_REATTACH_PROVIDERS: where }, stop: () => void provider.kill() };
    }
  }
  throw new Error("the AWS provider did not say where it is");
};

/** Terraform in a folder whose configuration is there already; nothing of this user's own settings reaches it. */
export const terraformIn = async (folder: string, variables: Record<string, string>): Promise<Terraform> => initialize(folder, environmentIn(folder, variables));

/** The same, for many commands. */
export const terraformWithProvider = async (folder: string, variables: Record<string, string>): Promise<{ terraform: Terraform; stop(): void }> => {
  const env = environmentIn(folder, variables);
  const provider = await startProvider(folder, env);
  return { terraform: await initialize(folder, { ...env, ...provider.env }), stop: provider.stop };
};

const environmentIn = (folder: string, variables: Record<string, string>): Record<string, string | undefined> => ({
  PATH: environment["PATH"], HOME: folder, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1", TF_INPUT: "0", TF_CLI_ARGS: "-no-color", ...ALL_AT_ONCE, AWS_EC2_METADATA_DISABLED: "true", ...variables,
});

const initialize = async (folder: string, env: Record<string, string | undefined>): Promise<Terraform> => {
  const terraform: Terraform = async (...args) => {
    try {
      const { stdout, stderr } = await run("terraform", args, { cwd: folder, env, timeout: COMMAND_MS, maxBuffer: 2 ** 26 });
      return { code: 0, said: stdout + stderr };
    } catch (error) {
      const { code, stdout = "", stderr = "" } = error as { code?: unknown; stdout?: string; stderr?: string };
      if (typeof code !== "number") throw error;
      return { code, said: stdout + stderr };
    }
  };
  const initialized = await terraform("init", `-plugin-dir=${(found as { folder: string }).folder}`);
  if (initialized.code !== 0) throw new Error(`terraform init failed:\n${initialized.said}`);
  return terraform;
};
