import { statSync } from "node:fs";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Connection, Internet } from "./internet.ts";
import type { Gate, Networks } from "./networks.ts";
import type { Pasta } from "./pasta.ts";

interface Needs {
  pasta: Pasta;
  networks: Networks;
  /** What connects a sandbox whose network cannot have a gate. */
  otherwise: Internet;
  log: Log;
}

/**
 * pasta holds 29 MiB for each network, and most functions never leave theirs. So a gate stands there first; with the first packet that wants out pasta is
 * started, and what the gate held leaves by it: no connection is lost, none waits for the sender to try again.
 */
export const createInternetOnFirstUse = ({ pasta, networks, otherwise, log }: Needs): Internet => ({
  async connect(pid) {
    const ending = new AbortController();
    let opening: Promise<Connection> | undefined;
    let report: (gate: Gate) => void = () => {};
    const gated = new Promise<Gate>((resolve) => (report = resolve));
    const onWanted = () => void (opening ??= gated.then((gate) => open(gate, { pid, pasta, signal: ending.signal, log })));
    let gate: Gate;
    try {
      gate = await networks.hold(pid, onWanted);
    } catch {
      return otherwise.connect(pid);
    }
    report(gate);
    return {
      async close() {
        ending.abort();
        gate.close();
        await (await opening)?.close();
      },
    };
  },
});

const open = async (gate: Gate, { pid, pasta, signal, log }: { pid: number; pasta: Pasta; signal: AbortSignal; log: Log }): Promise<Connection> => {
  const connection = await pasta.start(pid, { network: gate.network, families: gate.families, signal });
  // Who closes the connection closes the gate.
  if (signal.aborted || !isNetworkOf(pid, gate.network)) return connection;
  if (connection.failure !== undefined) {
    log.warn("a sandbox has no way to the internet", { error: connection.failure });
    gate.remove();
    return connection;
  }
  // A gate that is lost has nothing any more.
  await gate.open().catch(() => 0);
  return connection;
};

const isNetworkOf = (pid: number, network: number): boolean => {
  try {
    return statSync(`/proc/${pid}/ns/net`).ino === network;
  } catch {
    return false;
  }
};

const KNOCK_TIMEOUT_MS = 1_000;

/** Whether a packet that is held in the network of this process leaves it: undefined, or why not. */
export const tryFirstUse = async (pid: number, { pasta, networks, wall }: Pick<Needs, "pasta" | "networks"> & { wall: Clock }): Promise<string | undefined> => {
  let gate: Gate | undefined;
  let report: () => void = () => {};
  const wanted = new Promise<true>((resolve) => (report = () => resolve(true)));
  try {
    gate = await networks.hold(pid, report);
    const sent = await gate.knock();
    if ((await Promise.race([wanted, wall.sleep(KNOCK_TIMEOUT_MS)])) !== true) return "nothing arrives at a gate";
    const connection = await pasta.start(pid, gate);
    const left = await gate.open();
    await connection.close();
    return connection.failure ?? (left === sent ? undefined : `of ${sent} packets that were held ${left} left`);
  } catch (error) {
    return (error as Error).message;
  } finally {
    gate?.remove();
  }
};
