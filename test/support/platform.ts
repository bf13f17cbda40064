import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { readConfig } from "../../src/cli/config.ts";
import { silentLog, type Log } from "../../src/kit/log.ts";
import { createPlatform, type Platform } from "../../src/main.ts";
import { clientsOf, type Clients } from "./clients.ts";

interface Started {
  endpoint: string;
  dataDirectory: string;
  /** As root of account 000000000000. */
  clients: Clients;
}

/** A whole platform in this process, on a free port, for all tests of a file; gone when they are over. */
export const usePlatform = ({ env = {}, log = silentLog }: { env?: Record<string, string>; log?: Log } = {}): Started => {
  const started = {} as Started;
  let platform: Platform;
  let directory = "";
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "lambdad-platform-"));
    platform = await createPlatform(readConfig({}, { PATH: process.env["PATH"], LAMBDAD_PORT: "0", LAMBDAD_DATA_DIR: directory, LAMBDAD_ISOLATION: "process", ...env }), log);
    Object.assign(started, { endpoint: platform.endpoint, dataDirectory: directory, clients: clientsOf(platform.endpoint) });
  });
  afterAll(async () => {
    await platform?.close(0);
    rmSync(directory, { recursive: true, force: true });
  });
  return started;
};
