import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateFunctionCommand } from "@aws-sdk/client-lambda";
import { clientOf, createMaker, packageOf, ROLE } from "./maker.ts";
import { plainPrograms } from "./programs/plain.ts";
import { startLambdad } from "./server.ts";

const AT_ONCE = 16;
const filled = new Map<string, Promise<string>>();
const made: string[] = [];
process.once("exit", () => made.forEach((directory) => rmSync(directory, { recursive: true, force: true })));

export const newDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "lambdad-bench-"));
  made.push(directory);
  return directory;
};

/** A data directory of the caller's own with so many functions, gone with this process. They are made once for each number. */
export const storedFunctions = async (isolation: string, count: number): Promise<string> => {
  const key = `${isolation} ${count}`;
  if (!filled.has(key)) filled.set(key, fill(isolation, count));
  const directory = newDirectory();
  cpSync(await filled.get(key)!, directory, { recursive: true });
  return directory;
};

const fill = async (isolation: string, count: number): Promise<string> => {
  const directory = newDirectory();
  const server = await startLambdad(isolation, directory);
  if (typeof server === "string") throw new Error(server);
  const [program] = await plainPrograms(server.endpoint);
  await createMaker(server.endpoint);
  const lambda = clientOf(server.endpoint);
  const ZipFile = await packageOf(program!.files);
  let begun = 0;
  const work = async () => {
    while (begun < count) await lambda.send(new CreateFunctionCommand({ FunctionName: `stored-${begun++}`, Runtime: program!.runtime, Handler: program!.handler, Role: ROLE, Code: { ZipFile } }));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await server.stop();
  return directory;
};
