import type { Command } from "commander";
import { usageError } from "../cli-error.ts";
import { clientCommand, type Exit } from "../command.ts";
import { credentialsOf } from "../platform-client.ts";

/** A profile of the user's would win over the endpoint, and could send their calls to real AWS. */
const UNSET = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"];

const SHELLS: Record<string, { set(name: string, value: string): string; unset(name: string): string }> = {
  sh: { set: (name, value) => `export ${name}='${value}'`, unset: (name) => `unset ${name}` },
  fish: { set: (name, value) => `set -gx ${name} '${value}'`, unset: (name) => `set -e ${name}` },
  powershell: { set: (name, value) => `$Env:${name} = '${value}'`, unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue` },
};

export const variablesOf = (client: { endpoint: string; region: string; account: string | undefined }): Record<string, string> => {
  const { accessKeyId, secretAccessKey } = credentialsOf(client);
  return { AWS_ENDPOINT_URL: client.endpoint, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_DEFAULT_REGION: client.region, AWS_REGION: client.region };
};

export const addEnv = (program: Command, exit: Exit): void => {
  const command = program
    .command("env")
    .description('lines that point AWS tools at the server: eval "$(lambdad env)"')
    .option("--shell <name>", "sh, fish or powershell", "sh");
  clientCommand(command, exit, async ({ out, client, options }) => {
    const shell = SHELLS[String(options["shell"])];
    if (shell === undefined) throw usageError(`no shell ${JSON.stringify(options["shell"])}`, "it must be sh, fish or powershell", ["lambdad env --shell sh"]);
    const variables = variablesOf(client);
    if (!out.isJson) {
      for (const [name, value] of Object.entries(variables)) out.line(shell.set(name, value));
      for (const name of UNSET) out.line(shell.unset(name));
    }
    out.succeed({ set: variables, unset: UNSET });
    return {};
  });
};
