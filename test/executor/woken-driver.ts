import type { RunningProcess, SandboxDriver } from "../../src/sandbox/sandbox.ts";

/** A driver whose programs are the ones that wait, woken, wherever they can be. `woken` tells how many were. */
export const createWokenDriver = (driver: SandboxDriver): SandboxDriver & { readonly woken: number } => {
  let woken = 0;
  return {
    ...driver,
    get woken() { return woken; },
    async create(spec) {
      const sandbox = await driver.create(spec);
      return {
        ...sandbox,
        async exec(program): Promise<RunningProcess> {
          const { waiting } = spec;
          if (waiting === undefined || program.wake === undefined) return sandbox.exec(program);
          woken++;
          const running = await sandbox.exec({ command: waiting.command, args: waiting.args.map((arg) => sandbox.path(arg)), env: waiting.env, directory: "/", hasChannel: true });
          running.channel!.write(program.wake);
          return running;
        },
      };
    },
  };
};
