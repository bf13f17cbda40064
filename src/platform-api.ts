import { readFileSync } from "node:fs";
import type { BlobStore } from "./blob/blob.ts";
import type { Executor, LogDestination } from "./executor/executor.ts";
import type { PlatformApi } from "./gateway/platform-api.ts";
import { open } from "./iam/seal.ts";
import { wallNow, type AdvanceableClock, type Clock } from "./kit/clock.ts";
import type { Ledger } from "./kit/ledger.ts";
import { restAll, type Worker } from "./kit/patience.ts";
import type { LogForwarding } from "./plumber/logs/forwarding.ts";
import type { SandboxDriver } from "./sandbox/sandbox.ts";
import { findMail, listMail, type Mail } from "./plumber/mail.ts";
import { findCertificate } from "./plumber/signing-certificates.ts";
import type { PlatformTime } from "./platform-time.ts";
import type { Scheduler } from "./scheduler/scheduler.ts";
import type { Store } from "./store/store.ts";

interface Needs {
  services: Record<string, unknown>;
  store: Store;
  executor: Executor;
  scheduler: Scheduler;
  queue: { pending(): Promise<{ queued: number; inFlight: number }> };
  outbox: { pending(): Promise<number> };
  /** What services do by themselves. */
  engines: { pending(): Promise<number> };
  mappings: { pending(): Promise<{ batches: number; messages: number }> };
  ledger: Ledger;
  logs: LogDestination;
  forwarding: Pick<LogForwarding, "flush">;
  blobs: BlobStore;
  /** All of what works by itself. */
  workers: readonly Worker[];
  clock: AdvanceableClock;
  wall: Clock;
  time: PlatformTime;
  sessionKey: Buffer;
  sandboxes: Pick<SandboxDriver, "isolation" | "prepared">;
  endpoint: () => string;
}

/** How often a drain looks again: real work ends by itself, so this is a wait, not a rate. */
const DRAIN_LOOK_MS = 20;

export const version: string = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")).version;

const describeMail = ({ at, ...mail }: Omit<Mail, "body">) => ({ ...mail, at: new Date(at).toISOString() });

/** What `/_lambdad/…` answers, put together from the parts that know it. */
export const createPlatformApi = ({ services, store, executor, scheduler, queue, outbox, engines, mappings, ledger, logs, forwarding, blobs, workers, clock, wall, time, sessionKey, sandboxes, endpoint }: Needs): PlatformApi => {
  const left = async () => ({ ...(await queue.pending()), deliveries: await outbox.pending(), due: await engines.pending(), ...(await mappings.pending()), busy: scheduler.environments().filter(({ state }) => state === "busy").length, moves: time.moves });
  const isNothing = (counts: Record<string, number>) => Object.values(counts).every((count) => count === 0);
  const describeTime = () => ({ now: new Date(clock.now()).toISOString(), aheadMs: clock.aheadMs });
  /** What has just ended has set its next timer, and what it told of is on its way. */
  const settled = async (): Promise<boolean> => {
    await logs.flush();
    await forwarding.flush();
    return !(await restAll(workers));
  };
  return {
    health: async () => ({
      status: "ready",
      version,
      pid: process.pid,
      endpoint: endpoint(),
      isolation: sandboxes.isolation,
      clock: describeTime(),
      ...(sandboxes.prepared === undefined ? {} : { prepared: sandboxes.prepared() }),
      services: Object.fromEntries(Object.keys(services).map((name) => [name, "available"])),
      runtimes: (await executor.runtimes()).filter(({ path, isExact }) => path !== undefined || isExact),
    }),
    clock: describeTime,
    async resetClock() {
      await time.reset();
      return describeTime();
    },
    async advance(ms) {
      const fired = await time.advance(ms);
      return { ...describeTime(), fired };
    },
    async drain(timeoutMs) {
      // On the wall's time: an advance meanwhile would stop at each look.
      const done = new AbortController();
      let isLate = false;
      const late = wall.sleep(timeoutMs, done.signal).then(() => !(isLate = true), () => false);
      const areSettled = () => Promise.race([settled(), late]);
      try {
        for (;;) {
          const isSettled = await areSettled();
          const now = await left();
          // Twice: between two of the counts an event may have gone from the one to the other.
          const isQuiet = isSettled && isNothing(now) && (await areSettled()) && isNothing(await left());
          if (isQuiet || isLate) return { isQuiet, left: now };
          await wall.sleep(DRAIN_LOOK_MS);
        }
      } finally {
        done.abort();
      }
    },
    runtimes: () => executor.runtimes(),
    environments: () => scheduler.environments(),
    story: (key) => ledger.find(key),
    mails: async (account) => (await store.run(() => listMail(account))).map(describeMail),
    async mail(account, id) {
      const found = await store.run(() => findMail(account, id));
      return found && describeMail(found);
    },
    signingCertificate: (path) => store.run(() => findCertificate(path)),
    async openCode(token) {
      const claims = open(sessionKey, token) as { blobId: string; size: number; expiresAt: number } | undefined;
      if (claims === undefined || claims.expiresAt < wallNow()) return undefined;
      return { size: claims.size, body: blobs.read(claims.blobId) };
    },
  };
};
