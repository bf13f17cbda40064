import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { ApiError } from "../kit/api-error.ts";
import { runCommand } from "../sandbox/run-command.ts";
import type { Interpreter } from "./discover.ts";
import { findJavaClient, prepareJavaClient } from "./java-client.ts";
import type { Runtime, RuntimeClient } from "./runtimes.ts";

interface Needs {
  dataDirectory: string;
  /** PATH of the server. */
  searchPath: string;
  /** Of its user. */
  home?: string;
}

const GEM_TIMEOUT_MS = 20_000;
const GEM = "aws_lambda_ric";
/** Earlier versions are started another way, and AWS has given them up. */
const FIND_GEM = `spec = Gem::Specification.find_by_name(${JSON.stringify(GEM)}, ">= 3.0"); puts spec.full_gem_path, Gem.path`;

const missing = (message: string): ApiError => new ApiError("InvalidRuntimeException", message, { status: 502 });

/** The gem, and the folders of this Ruby's gems: AWS's runtime brings the SDK as gems, here those that are installed are found. */
const findGem = async ({ path, version }: Interpreter, home: string): Promise<RuntimeClient> => {
  const { code, stdout } = await runCommand(path, ["-e", FIND_GEM], { timeoutMs: GEM_TIMEOUT_MS, env: { HOME: home } });
  const [folder, ...gems] = stdout.trim().split("\n");
  if (code === 0 && folder !== undefined && folder !== "") return { folder, gems: gems.filter((one) => existsSync(one)) };
  throw missing(`Ruby functions run under AWS's own runtime interface client, and Ruby ${version} (${path}) does not have it. Install it with: gem install ${GEM} (version 3 or newer, for this Ruby)`);
};

/** AWS's own runtime interface clients, for the languages that lambdad has none of its own for. */
export const createRuntimeClients = ({ dataDirectory, searchPath, home = homedir() }: Needs) => {
  const gems = new Map<string, RuntimeClient>();
  let preparing: ReturnType<typeof prepareJavaClient> | undefined;

  const findJava = async (java: string): Promise<RuntimeClient> => {
    let folder = findJavaClient(dataDirectory);
    if (folder === undefined) {
      // All who come now wait for one; what failed is told to everybody until somebody puts it there.
      const { isReady, message } = await (preparing ??= prepareJavaClient({ dataDirectory, searchPath, home, java }));
      folder = findJavaClient(dataDirectory);
      if (!isReady || folder === undefined) throw missing(message);
    }
    return { folder };
  };

  const findRuby = async (interpreter: Interpreter): Promise<RuntimeClient> => {
    const known = gems.get(interpreter.path);
    if (known !== undefined && existsSync(known.folder)) return known;
    const found = await findGem(interpreter, home);
    gems.set(interpreter.path, found);
    return found;
  };

  return {
    /** The runtime with its client. Throws an ApiError that says what is missing and how to get it. */
    async complete(runtime: Runtime): Promise<Runtime> {
      const { language, interpreter } = runtime;
      if (interpreter === undefined || (language !== "java" && language !== "ruby")) return runtime;
      return { ...runtime, client: language === "java" ? await findJava(interpreter.path) : await findRuby(interpreter) };
    },
  };
};
