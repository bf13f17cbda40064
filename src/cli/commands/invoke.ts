import { readFileSync } from "node:fs";
import { text as readAll } from "node:stream/consumers";
import type { InvokeCommandOutput } from "@aws-sdk/client-lambda";
import type { Command } from "commander";
import { CliError, EXIT, usageError } from "../cli-error.ts";
import { createClients } from "../clients.ts";
import { clientCommand, type ClientContext, type Exit, type Outcome } from "../command.ts";

export const addInvoke = (program: Command, exit: Exit): void => {
  const command = program
    .command("invoke")
    .description("run a function; its payload on stdout, its log on stderr, exit code 4 when it failed")
    .argument("<function>", "name, partial ARN or ARN")
    .option("-e, --event <event>", "JSON, a file, or - for stdin", "{}")
    .option("--qualifier <qualifier>", "version or alias")
    .option("--tenant-id <id>", "for which tenant, of a function that isolates them")
    .option("--async", "queue it, do not wait for the result")
    .option("--tail", "show the end of its log");
  clientCommand(command, exit, async (context, name) => invoke(context, name!));
};

const invoke = async (context: ClientContext, name: string): Promise<Outcome> => {
  const { out, client, options } = context;
  const payload = await readEvent(String(options["event"]));
  const isAsync = options["async"] === true;
  const { InvokeCommand } = await import("@aws-sdk/client-lambda");
  const clients = await createClients(client);
  const reply = await clients.lambda.send(
    new InvokeCommand({
      FunctionName: name,
      Payload: Buffer.from(payload),
      InvocationType: isAsync ? "Event" : "RequestResponse",
      ...(typeof options["qualifier"] === "string" ? { Qualifier: options["qualifier"] } : {}),
      ...(typeof options["tenantId"] === "string" ? { TenantId: options["tenantId"] } : {}),
      ...(options["tail"] === true && !isAsync ? { LogType: "Tail" } : {}),
    }),
  );
  const { text, ...data } = describe(reply);
  if (data.log !== undefined) out.note(data.log.trimEnd());
  if (isAsync) {
    if (!out.isJson) out.note(`queued as ${data.requestId}: lambdad why ${data.requestId}`);
    out.succeed(data);
    return {};
  }
  if (!out.isJson) out.line(text);
  if (reply.FunctionError === undefined) {
    out.succeed(data);
    return {};
  }
  out.fail(functionError(name, reply.FunctionError, data), data);
  return { exitCode: EXIT.functionError };
};

const describe = (reply: InvokeCommandOutput) => {
  const text = Buffer.from(reply.Payload ?? []).toString();
  return {
    statusCode: reply.StatusCode,
    executedVersion: reply.ExecutedVersion,
    functionError: reply.FunctionError,
    requestId: reply.$metadata.requestId,
    text,
    payload: parse(text),
    log: reply.LogResult === undefined ? undefined : Buffer.from(reply.LogResult, "base64").toString(),
  };
};

/** JSON as its value, anything else as the text it is. */
const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const functionError = (name: string, kind: string, { payload, requestId }: Omit<ReturnType<typeof describe>, "text">): CliError => {
  const { errorType, errorMessage } = (payload ?? {}) as { errorType?: string; errorMessage?: string };
  return new CliError("FUNCTION_ERROR", `${name} ended with ${errorType ?? kind}`, {
    category: "functionError",
    why: errorMessage,
    actions: [`see its story: lambdad why ${requestId}`, `see its log: lambdad logs ${name} --request-id ${requestId}`],
  });
};

const readEvent = async (given: string): Promise<string> => {
  if (given === "-") return checkJson(await readAll(process.stdin), "stdin");
  if (/^\s*([{["\d-]|true|false|null)/.test(given)) return checkJson(given, "the event");
  try {
    return checkJson(readFileSync(given, "utf8"), given);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw usageError(`the event file ${given} cannot be read`, (error as Error).message, ["give JSON, a file, or - for stdin: lambdad invoke hello -e '{\"name\": \"you\"}'"]);
  }
};

const checkJson = (text: string, where: string): string => {
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw usageError(`${where} is not JSON`, (error as Error).message, ["Lambda events are JSON: correct it, or quote it for the shell"]);
  }
};
