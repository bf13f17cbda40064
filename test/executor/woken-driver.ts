import type { RunningProcess, SandboxDriver, SandboxProcess } from "../../src/sandbox/sandbox.ts";

/** A driver whose programs are the ones that wait, woken, wherever they can be. */
export const createWokenDriver = (driver: SandboxDriver): SandboxDriver => ({
  ...driver,
  async create(spec) {
    const sandbox = await driver.create(spec);
    const exec = async (program: SandboxProcess): Promise<RunningProcess> => {
      const { waiting } = spec;
      if (waiting === undefined || program.wake === undefined) return sandbox.exec(program);
      const running = await sandbox.exec({ command: waiting.command, args: waiting.args.map((arg) => sandbox.path(arg)), env: waiting.env, directory: "/", hasChannel: true });
      running.channel!.write(program.wake);
      return running;
    };
    return { ...sandbox, exec };
  },
});

export const withoutChannels = (driver: SandboxDriver): SandboxDriver => ({ ...driver, create: async (spec) => ({ ...(await driver.create(spec)), hasChannels: false }) });
