import { homedir } from "node:os";
import type { Config } from "./config.ts";

export interface Preparation {
  what: "the AWS SDK for Python" | "AWS's client for Java";
  isReady: boolean;
  message: string;
  /** What else may be done, when it is not ready. */
  instead: string;
}

/** Puts what AWS's runtimes bring along into the data directory, where an interpreter has none: one after the other, told as each is done. */
export async function* prepareSdks({ dataDirectory, searchPath, runtimePaths }: Pick<Config, "dataDirectory" | "searchPath" | "runtimePaths">): AsyncGenerator<Preparation> {
  const [{ createRuntimes }, { preparePythonSdk }, { prepareJavaClient }] = await Promise.all([import("../executor/runtimes.ts"), import("../executor/sdk.ts"), import("../executor/java-client.ts")]);
  const listings = await createRuntimes({ settings: { strictRuntimes: false, runtimePaths }, searchPath }).list();
  const pathsOf = (language: string) => [...new Set(listings.flatMap(({ runtime, path }) => (runtime.startsWith(language) && path !== undefined ? [path] : [])))];
  yield { what: "the AWS SDK for Python", instead: "put boto3 into the function's package", ...(await preparePythonSdk(dataDirectory, pathsOf("python"))) };
  const java = pathsOf("java").at(-1);
  if (java === undefined) return;
  yield { what: "AWS's client for Java", instead: "bring the client as a bootstrap of provided.al2023", ...(await prepareJavaClient({ dataDirectory, searchPath, home: homedir(), java })) };
}
