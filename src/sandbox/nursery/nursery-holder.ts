import { followStatus } from "../holder-status.ts";
import type { Holder, Opened } from "../holder.ts";
import { createInnerPorts } from "../inner-ports.ts";
import { signalAll } from "../process-table.ts";
import { createRuns } from "../runs.ts";
import { uidOf } from "../run-script.ts";
import type { SandboxProcess } from "../sandbox.ts";
import type { Cage, Ends, Made, Role } from "./cage.ts";
import type { Kind } from "./kind.ts";

interface Facts {
  id: string;
  kind: Kind;
  cage: Cage;
  made: Made;
}

export interface NurseryHolder extends Holder {
  /** Puts all that is in it into its group, which nothing that is in there leaves. */
  join(group: (pid: number) => Promise<unknown>): Promise<void>;
  /** It is in its group now. Resolves when what is started in advance runs. */
  enter(): Promise<void>;
}

const WAITING = "waiting";

/** A first process that a nursery made (`runtimes/sandbox/nursery/first.py`): it waits until `enter`. */
export const createNurseryHolder = ({ id, kind, cage, made }: Facts): NurseryHolder => {
  const { control } = made;
  const ports = createInnerPorts();
  const runs = createRuns();
  /** It has namespaces of its own: nothing may be mounted in it before. */
  const ready = Promise.withResolvers<void>();
  let hasEnded = false;
  /** The program that waits, when it is a copy. */
  let copy: { pid: number; inner: number } | undefined;

  ports.adopt(made.servers);
  followStatus(control, { ...runs.events, ready: ready.resolve });
  const ended = made.ended.then(() => {
    hasEnded = true;
    control.destroy();
    ports.close();
    runs.end();
    ready.reject(new Error("a sandbox of a nursery ended before it was ready"));
  });
  ready.promise.catch(() => {});
  const order = (line: string) => void (hasEnded || control.write(`${line}\n`));

  const uid = uidOf(kind.account);
  const lineOf = (name: string, { command, args, env, directory }: SandboxProcess) => `run ${name} ${JSON.stringify({ command, args, env, directory, uid, gid: uid, files: kind.openFilesMax })}`;
  const openedOf = ({ stdout, stderr, log, channel }: Ends, start: Opened["start"]): Opened => ({
    stdout: stdout!, stderr: stderr!, ...(log === undefined ? {} : { log }), ...(channel === undefined ? {} : { channel }),
    start,
    release() {},
    abandon: () => [stdout, stderr, log, channel].forEach((end) => end?.destroy()),
  });

  /** Its ends are closed when it has ended, and nobody has taken it. */
  const openWaiting = (): Opened => {
    const run = runs.add(WAITING);
    const opened = openedOf(made.waiting, () => run);
    void run.exited.then(() => {
      if (waiting !== opened) return;
      waiting = undefined;
      opened.abandon();
    });
    return opened;
  };
  let waiting: Opened | undefined = made.waiting.stdout === undefined ? undefined : openWaiting();
  return {
    pid: Promise.resolve(made.pid),
    ready: ready.promise,
    listens: true,
    async join(group) {
      if (made.isCopied) copy = await cage.copy(id, made.pid);
      await Promise.all([made.pid, ...(copy === undefined ? [] : [copy.pid])].map(group));
    },
    async enter() {
      order("enter");
      if (waiting === undefined) return;
      const run = waiting.start();
      if (copy !== undefined) order(`adopt ${WAITING} ${copy.inner}`);
      await run.started;
      if (copy !== undefined) await cage.release(id);
    },
    async open(name, program) {
      const roles: Role[] = ["stdout", "stderr", ...(program.hasLog === true ? ["log" as const] : []), ...(program.hasChannel === true ? ["channel" as const] : [])];
      return openedOf(await cage.open(id, name, roles), () => {
        const run = runs.add(name);
        order(lineOf(name, program));
        return run;
      });
    },
    takeWaiting() {
      const taken = waiting;
      waiting = undefined;
      return taken;
    },
    signal(name, pid) {
      if (pid > 1) order(`signal ${name.slice("SIG".length)} ${pid}`);
    },
    reset() {
      const { number, done } = runs.askReset();
      order(`reset ${number}`);
      return done;
    },
    adopt: ports.adopt,
    answer: ports.answer,
    async kill() {
      if (!hasEnded) signalAll([made.pid], "SIGKILL");
      await ended;
    },
    ended,
  };
};
