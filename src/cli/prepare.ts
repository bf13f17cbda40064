import type { Config } from "./config.ts";

export interface Preparation {
  isReady: boolean;
  message: string;
}

/** Puts the SDK that AWS's runtimes bring along into the data directory, where an interpreter has none. */
export const prepareSdks = async ({ dataDirectory, searchPath, runtimePaths }: Pick<Config, "dataDirectory" | "searchPath" | "runtimePaths">): Promise<Preparation> => {
  const [{ createRuntimes }, { preparePythonSdk }] = await Promise.all([import("../executor/runtimes.ts"), import("../executor/sdk.ts")]);
  const listings = await createRuntimes({ settings: { strictRuntimes: false, runtimePaths }, searchPath }).list();
  const pythons = listings.flatMap(({ runtime, path }) => (runtime.startsWith("python") && path !== undefined ? [path] : []));
  return preparePythonSdk(dataDirectory, [...new Set(pythons)]);
};
