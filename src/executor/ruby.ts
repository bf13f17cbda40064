import { assert } from "../kit/assert.ts";
import { interpreterMounts, interpreterOf, isOfSystem } from "./interpreter.ts";
import type { Start } from "./start.ts";

const RUNTIME_DIRECTORY = "/var/runtime";
/** What the client's own program does, but for Bundler: a function's Gemfile may name gems that are not in its package. It takes the handler from _HANDLER. */
const MAIN = 'require "aws_lambda_ric"; AwsLambdaRIC::Bootstrap.new.start';

const abiOf = (version: string): string => `${version.split(".").slice(0, 2).join(".")}.0`;

/** Ruby functions: a Ruby of this machine under AWS's own runtime interface client, a gem that this Ruby has. */
export const rubyStart: Start = {
  mounts(runtime) {
    const interpreter = interpreterOf(runtime);
    assert(runtime.client !== undefined, `${runtime.name} is run by AWS's client`);
    const own = interpreterMounts(interpreter);
    const gems = (runtime.client.gems ?? []).filter((folder) => !isOfSystem(folder) && !own.some(({ target }) => folder.startsWith(`${target}/`)));
    return [{ source: runtime.client.folder, target: RUNTIME_DIRECTORY }, ...own, ...gems.map((folder) => ({ source: folder, target: folder }))];
  },
  program: ({ runtime }) => ({ command: interpreterOf(runtime).path, args: ["-e", MAIN], hasLog: true }),
  variables({ runtime, target, sandbox }) {
    // Gems are built for one version of Ruby: first the one that was asked for, then the one that runs.
    const versions = [...new Set([abiOf(/\d+\.\d+/.exec(target.runtime)![0]), abiOf(interpreterOf(runtime).version)])];
    const gems = versions.flatMap((version) => [sandbox.path(`/var/task/vendor/bundle/ruby/${version}`), sandbox.path(`/opt/ruby/gems/${version}`)]);
    const libraries = ["/var/task", "/var/runtime/lib", "/opt/ruby/lib"].map((path) => sandbox.path(path));
    return {
      GEM_PATH: target.environment["GEM_PATH"] ?? [...gems, ...(runtime.client?.gems ?? [])].join(":"),
      RUBYLIB: [...(target.environment["RUBYLIB"] === undefined ? [] : [target.environment["RUBYLIB"]]), ...libraries].join(":"),
      AWS_EXECUTION_ENV: `AWS_Lambda_${target.runtime}`,
    };
  },
  version(runtime) {
    const [major, minor, patch] = interpreterOf(runtime).version.split(".");
    return `ruby:${major}.${minor}.v${patch}`;
  },
};
