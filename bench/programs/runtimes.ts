import type { Runtime } from "@aws-sdk/client-lambda";
import type { Health } from "../../src/cli/commands/health.ts";

export interface Interpreter {
  runtime: Runtime;
  path: string;
}

export const healthOf = async (endpoint: string): Promise<Health> => (await (await fetch(`${endpoint}/_lambdad/health`)).json()) as Health;

/** Runtimes whose name begins so and whose exact version is on this machine, the newest last. */
export const interpretersOf = async (endpoint: string, prefix: string): Promise<Interpreter[]> => {
  const { runtimes } = await healthOf(endpoint);
  return runtimes.flatMap(({ runtime, path, isExact }) => (runtime.startsWith(prefix) && isExact === true && path !== undefined ? [{ runtime: runtime as Runtime, path }] : []));
};

export const interpreterOf = async (endpoint: string, prefix: string): Promise<Interpreter | undefined> => (await interpretersOf(endpoint, prefix)).at(-1);
