import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createFrontDoors } from "../../src/gateway/front-doors/front-doors.ts";
import type { GatewayLimits } from "../../src/gateway/connections.ts";
import { createGateway } from "../../src/gateway/server.ts";
import type { Call } from "../../src/kit/call.ts";
import { createClock } from "../../src/kit/clock.ts";
import { noMetrics } from "../../src/kit/metrics.ts";
import { silentLog } from "../../src/kit/log.ts";
import { systemRandom } from "../../src/kit/random.ts";
import { createIdentities } from "../../src/services/iam/identities.ts";
import { sql } from "../../src/store/store.ts";
import { ACCOUNT } from "../support/context.ts";
import { openState } from "../support/store.ts";
import { temporaryDirectory } from "../support/temporary.ts";

type Invoke = (payload: Buffer) => Promise<unknown> | unknown;

/** The gateway with its front doors, and instead of functions what the test answers. Bounds of the test's choice. */
export const openFrontDoors = async ({ limits = {}, invoke = (payload) => JSON.parse(payload.toString()) as unknown }: { limits?: Partial<GatewayLimits>; invoke?: Invoke } = {}) => {
  const clock = createClock();
  const wall = createClock();
  const store = openState(join(temporaryDirectory(), "state.db"));
  const sessionKey = systemRandom.bytes(32);
  const call = (async (_service: string, _operation: string, { Payload }: { Payload: Buffer }) => ({ StatusCode: 200, Payload: Buffer.from(JSON.stringify(await invoke(Payload))) })) as unknown as Call;
  const needs = {
    services: {}, identities: createIdentities({ store, clock, sessionKey }), clock, wall, random: systemRandom, ledger: { record() {} } as never, log: silentLog, sessionKey,
    settings: { iam: "enforce" as const, anyCredentials: false, allowedHosts: [], defaultRegion: "us-east-1" },
  };
  const gateway = createGateway({ ...needs, frontDoors: createFrontDoors({ ...needs, store, call, metrics: noMetrics, logs: { write() {} } as never }), platform: { health: () => Promise.resolve({ services: {}, version: "test" }) } as never, limits });
  const { endpoint } = await gateway.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    await gateway.close(0);
    await store.close();
    clock.stop();
    wall.stop();
  });
  return {
    endpoint, store, clock,
    /** A public URL; its host. */
    async functionUrl(id = "u".repeat(32)): Promise<string> {
      await store.run(function* () {
        yield* sql(
          "insert into lambda_function_url (account, region, name, qualifier, url_id, auth_type, cors, invoke_mode, created_at, last_modified) values (?, 'us-east-1', 'f', '$LATEST', ?, 'NONE', null, 'BUFFERED', 0, 0)",
          ACCOUNT, id,
        );
      });
      return `${id}.lambda-url.us-east-1.localhost`;
    },
  };
};
