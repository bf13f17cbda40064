import { join } from "node:path";
import { createFileBlobStore } from "./blob/files.ts";
import type { Config } from "./cli/config.ts";
import { createExecutor } from "./executor/create-executor.ts";
import { createLogDestination } from "./executor/log-destination.ts";
import { createCall } from "./gateway/call.ts";
import { createFrontDoors } from "./gateway/front-doors/front-doors.ts";
import { createGateway } from "./gateway/server.ts";
import type { Call } from "./kit/call.ts";
import { createClock } from "./kit/clock.ts";
import { HISTORY_GATHER_MS } from "./kit/limits/history.ts";
import type { Log } from "./kit/log.ts";
import { once } from "./kit/once.ts";
import { systemRandom } from "./kit/random.ts";
import { createPlatformApi } from "./platform-api.ts";
import { createPlatformTime, loadClock } from "./platform-time.ts";
import { createLazyEventSourceMappings } from "./plumber/event-source-mapping/lazy-event-source-mappings.ts";
import { createLedger } from "./plumber/ledger.ts";
import { createLogForwarding } from "./plumber/logs/forwarding.ts";
import { createMetrics } from "./plumber/metrics/metrics.ts";
import { createDeliveryStatus } from "./plumber/delivery-status.ts";
import { createOutbox } from "./plumber/outbox.ts";
import { createApiDestinationTarget } from "./plumber/targets/api-destination.ts";
import { chooseSandboxDriver } from "./sandbox/choose.ts";
import { createFunctionLimits } from "./scheduler/function-limits.ts";
import { createInvocationQueue } from "./scheduler/invocation-queue.ts";
import { createScheduler } from "./scheduler/invoke.ts";
import { loadSessionKey } from "./session-key.ts";
import type { TestInvoke } from "./services/apigateway/needs.ts";
import { createIdentities } from "./services/iam/identities.ts";
import { createEngines } from "./services/engines.ts";
import { createActionHistory } from "./services/monitoring/alarms/action-history.ts";
import { createServices } from "./services/index.ts";
import { createEventRules } from "./services/lambda/invocation/event-rules.ts";
import { loadFunctionLimits } from "./services/lambda/concurrency/limits.ts";
import { createProvisioning } from "./services/lambda/concurrency/provisioning.ts";
import { createResolveTarget } from "./services/lambda/versions/resolve.ts";
import { historyMigrations, stateMigrations } from "./store/migrations/index.ts";
import { createSqliteStore } from "./store/sqlite.ts";
import { createThreadStore } from "./store/thread.ts";

export interface Platform {
  /** `http://127.0.0.1:4566`: the address actually bound. */
  endpoint: string;
  /** Stops taking requests, lets what runs finish for at most `graceMs`, flushes, and leaves no process behind. */
  close(graceMs?: number): Promise<void>;
}

const GRACE_MS = 30_000;

/** Wires everything, in order, visibly: the only place that names concrete drivers. */
export const createPlatform = async (config: Config, log: Log): Promise<Platform> => {
  const random = systemRandom;
  const wall = createClock();
  const inData = (name: string) => join(config.dataDirectory, name);
  const onSyncFailure = (error: Error): never => {
    log.error("the disk did not take what was written: the process ends, and finds a consistent state at its next start", { error: error.message });
    process.exit(1);
  };

  const store = createSqliteStore({ path: inData("state.db"), migrations: stateMigrations, onSyncFailure });
  const clock = await loadClock(store);
  const history = createThreadStore({ path: inData("history.db"), migrations: historyMigrations, onFailure: onSyncFailure, gather: { wall, ms: HISTORY_GATHER_MS, isOff: () => clock.isMoving } });
  const blobs = createFileBlobStore({ directory: inData("blobs"), random });
  const sessionKey = loadSessionKey(inData("session.key"), random);
  const sandboxes = await chooseSandboxDriver({ isolation: config.isolation, network: config.network, searchPath: config.searchPath, directory: inData("sandboxes"), ...(config.prepared === 0 ? {} : { prepared: { packages: inData("code"), count: config.prepared } }), wall, log });

  // Services call each other, environments call the gateway, and the gateway calls the services: the circle is closed by these two.
  const call: Call = (...request) => callServices(...request);
  let endpoint = "";

  const ledger = createLedger({ store: history, clock });
  const metrics = createMetrics({ store: history, clock, wall, log });
  const identities = createIdentities({ store, clock, sessionKey });
  const logs = createLogDestination({ call, clock, log, ledger });
  const executor = createExecutor({
    sandboxes, blobs, call, logs, clock, wall, random, log,
    handleConnection: (socket) => gateway.handleConnection(socket),
    serverPort: () => (endpoint === "" ? undefined : Number(new URL(endpoint).port)),
    dataDirectory: config.dataDirectory,
    settings: { strictRuntimes: config.strictRuntimes, runtimePaths: config.runtimePaths },
    searchPath: config.searchPath,
  });
  await executor.checkRuntimes();
  const limits = createFunctionLimits();
  const scheduler = createScheduler({ executor, limits, clock, wall, ledger, metrics, settings: config.environmentIdleMs === undefined ? {} : { idleMs: config.environmentIdleMs } });
  const resolve = createResolveTarget({ store, clock, random });
  const sendToApiDestination = createApiDestinationTarget({ store, call, clock, wall, sessionKey });
  const tellStatus = [createDeliveryStatus({ logs, call, clock, wall, random, log }), createActionHistory({ history, clock, log })];
  const outbox = createOutbox({ store, call, clock, wall, random, ledger, metrics, log, sendToApiDestination, tellStatus: (delivery, outcome) => tellStatus.forEach((tell) => tell(delivery, outcome)) });
  const forwarding = createLogForwarding({ store, outbox, clock, random, ledger, metrics, log });
  const queue = createInvocationQueue({ store, scheduler, resolve, rules: createEventRules({ outbox, clock }), limits, clock, random, ledger, metrics, log });
  const engines = createEngines({ store, history, call, outbox, sendToApiDestination, clock, wall, random, ledger, metrics, logs, log, sessionKey, queueUrls: config.queueUrls, endpoint: () => endpoint });
  // Nobody is told of what a poller resolves, so it waits for no disk.
  const resolveForPollers = createResolveTarget({ store: { run: store.read }, clock, random });
  const mappings = createLazyEventSourceMappings({
    store,
    load: async () => (await import("./plumber/event-source-mapping/create-event-source-mappings.ts")).createEventSourceMappings({ store, call, scheduler, resolve: resolveForPollers, clock, random, ledger, metrics, log }),
  });
  // TestInvokeMethod asks what serves REST APIs.
  const testing = once(async () => (await import("./gateway/front-doors/rest-api/test-invoke.ts")).createTestInvoke({ ...needs, store, call, metrics, logs }));
  const testInvoke: TestInvoke = { method: async (...asked) => (await testing()).method(...asked), authorizer: async (...asked) => (await testing()).authorizer(...asked) };
  const services = createServices({ testInvoke, engines: engines.engines, store, history, metrics, forwarding, blobs, call, scheduler, runtimeVersions: executor.runtimeVersions, queue, limits, outbox, mappings, identities, ledger, clock, wall, random, log, sessionKey });
  const settings = { iam: config.iam, anyCredentials: config.anyCredentials, allowedHosts: config.allowedHosts, defaultRegion: config.defaultRegion, cognitoEndpoint: config.cognitoEndpoint };
  const needs = { services, identities, clock, wall, random, ledger, log, sessionKey, settings };
  const callServices = createCall(needs);
  const workers = [outbox, queue, engines, mappings, logs, forwarding];
  const time = createPlatformTime({ store, clock, workers });
  const platform = createPlatformApi({ services, store, executor, scheduler, queue, outbox, engines, mappings, ledger, logs, forwarding, blobs, workers, clock, wall, time, sessionKey, sandboxes, endpoint: () => endpoint });
  const frontDoors = createFrontDoors({ ...needs, store, call, metrics, logs });
  const gateway = createGateway({ ...needs, frontDoors, platform });

  // What an earlier process left is taken up before anything new can come in beside it.
  await loadFunctionLimits({ store, limits });
  await queue.start();
  await outbox.start();
  await engines.start();
  await mappings.start();
  await history.opened;
  ({ endpoint } = await gateway.listen({ host: config.host, port: config.port }));
  // Behind the first requests: nobody waits for environments to be warm again.
  createProvisioning({ store, scheduler, limits, clock }).recover().catch((error: unknown) => log.error("provisioned concurrency could not be taken up; it is when it is configured anew", { error: String(error) }));

  return {
    endpoint,
    async close(graceMs = GRACE_MS) {
      clock.halt();
      const polled = Promise.all([mappings.close(graceMs), engines.stopPipes(graceMs)]);
      await engines.endPolls();
      await gateway.close(graceMs);
      await polled;
      await engines.close();
      await outbox.close(graceMs);
      await queue.close(graceMs);
      await scheduler.close();
      await executor.close();
      await logs.flush();
      await forwarding.flush();
      await ledger.flush();
      await metrics.flush();
      await sandboxes.close();
      await store.close();
      await history.close();
      clock.stop();
      wall.stop();
    },
  };
};
