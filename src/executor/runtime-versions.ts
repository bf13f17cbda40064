import { hash } from "node:crypto";
import { ApiError } from "../kit/api-error.ts";
import type { FunctionTarget } from "./executor.ts";
import type { Runtime, Runtimes } from "./runtimes.ts";
import { startOf } from "./starts.ts";

export interface RuntimeVersion {
  /** As INIT_START says it: `python:3.13.v2`. */
  version: string;
  arn: string;
}

/** Which version of which runtime a function is to run with. */
export type RuntimeWish = Pick<FunctionTarget, "runtime" | "region" | "runtimeVersion">;

export interface RuntimeVersions {
  /** What runs it here. Throws an ApiError that says what is missing. */
  of(wish: RuntimeWish): Promise<RuntimeVersion>;
  /** Whether this machine has that very version of the runtime. */
  has(runtime: string, region: string, arn: string): Promise<boolean>;
}

/** An ARN of its own for each version of a runtime. */
export const runtimeVersionOf = (runtime: Runtime, region: string): RuntimeVersion => {
  const version = startOf(runtime).version(runtime);
  return { version, arn: `arn:aws:lambda:${region}::runtime:${hash("sha256", `${runtime.interpreter?.path ?? runtime.name} ${version}`, "hex")}` };
};

/** Versions of runtimes by their ARNs: interpreters that this machine has, several of one name where it has them. */
export const createRuntimeVersions = (runtimes: Pick<Runtimes, "resolve" | "candidates">) => {
  const find = async (runtime: string, region: string, arn: string): Promise<Runtime | undefined> => (await runtimes.candidates(runtime)).find((one) => runtimeVersionOf(one, region).arn === arn);

  const resolve = async ({ runtime, region, runtimeVersion }: RuntimeWish): Promise<Runtime> => {
    if (runtimeVersion === undefined) return runtimes.resolve(runtime);
    const { arn, isRequired } = runtimeVersion;
    const pinned = await find(runtime, region, arn);
    if (pinned !== undefined) return pinned;
    if (isRequired) throw new ApiError("InvalidRuntimeException", `The runtime version ${arn} that the function is pinned to is no longer on this machine: install it again, or let the function follow what is here (PutRuntimeManagementConfig, UpdateRuntimeOn Auto)`, { status: 502 });
    const current = await runtimes.resolve(runtime);
    const { version } = runtimeVersionOf(current, region);
    return { ...current, note: `the runtime version ${arn} of the function's last update is no longer on this machine: ${version} runs it. Update the function to make that its version` };
  };

  return {
    resolve,
    of: async (wish: RuntimeWish): Promise<RuntimeVersion> => runtimeVersionOf(await resolve(wish), wish.region),
    has: async (runtime: string, region: string, arn: string): Promise<boolean> => (await find(runtime, region, arn)) !== undefined,
  };
};
