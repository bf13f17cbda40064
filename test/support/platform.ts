import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { readConfig } from "../../src/cli/config.ts";
import { silentLog, type Log } from "../../src/kit/log.ts";
import { createPlatform } from "../../src/main.ts";
import { clientsOf, type Clients } from "./clients.ts";

interface Options {
  /** `LAMBDAD_…` settings. */
  env?: Record<string, string>;
  log?: Log;
  /** Of an earlier platform; whoever made it removes it. */
  directory?: string;
}

export interface OpenPlatform {
  endpoint: string;
  host: string;
  dataDirectory: string;
  /** As root of account 000000000000. */
  clients: Clients;
  close(): Promise<void>;
}

/** A whole platform in this process, on a free port, in a folder of its own that is gone when it is closed. */
export const openPlatform = async ({ env = {}, log = silentLog, directory: given }: Options = {}): Promise<OpenPlatform> => {
  const directory = given ?? mkdtempSync(join(tmpdir(), "lambdad-platform-"));
  const config = readConfig({}, { PATH: process.env["PATH"], LAMBDAD_PORT: "0", LAMBDAD_DATA_DIR: directory, LAMBDAD_ISOLATION: "process", LAMBDAD_PREPARE_SDKS: "0", ...env });
  const platform = await createPlatform(config, log);
  return {
    endpoint: platform.endpoint,
    host: new URL(platform.endpoint).host,
    dataDirectory: config.dataDirectory,
    clients: clientsOf(platform.endpoint),
    async close() {
      await platform.close(0);
      if (given === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
};

/** The same for all tests of a file. */
export const usePlatform = (options: Options = {}): OpenPlatform => {
  const opened = {} as OpenPlatform;
  beforeAll(async () => void Object.assign(opened, await openPlatform(options)));
  afterAll(() => opened.close?.());
  return opened;
};
