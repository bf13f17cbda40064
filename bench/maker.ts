import { buffer } from "node:stream/consumers";
import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, DeleteFunctionCommand, GetFunctionConfigurationCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { ZipFile } from "yazl";
import type { Program } from "./programs/program.ts";

const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] });
export const ROLE = "arn:aws:iam::000000000000:role/bench";

type Deployed = Pick<Program, "name" | "runtime" | "handler" | "files">;

export const packageOf = (files: Program["files"]): Promise<Buffer> => {
  const zip = new ZipFile();
  for (const [name, { content, mode = 0o644 }] of Object.entries(files)) zip.addBuffer(Buffer.from(content as string), name, { mode: 0o100_000 | mode });
  zip.end();
  return buffer(zip.outputStream);
};

export const clientOf = (endpoint: string): LambdaClient => new LambdaClient(connectionOf(endpoint));
const connectionOf = (endpoint: string) => ({ endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });

/** Makes functions of one server; each is Active when it is given back. The SDK is good enough for what is not measured. */
export const createMaker = async (endpoint: string) => {
  const [lambda, iam] = [clientOf(endpoint), new IAMClient(connectionOf(endpoint))];
  await iam.send(new CreateRoleCommand({ RoleName: "bench", AssumeRolePolicyDocument: TRUST })).catch((error: Error) => {
    if (error.name !== "EntityAlreadyExistsException" && error.name !== "EntityAlreadyExists") throw error;
  });
  await iam.send(new AttachRolePolicyCommand({ RoleName: "bench", PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" }));
  const packages = new Map<Deployed, Promise<Buffer>>();
  const packageFor = (program: Deployed) => {
    const made = packages.get(program) ?? packageOf(program.files);
    packages.set(program, made);
    return made;
  };
  let made = 0;
  const make = async (program: Deployed): Promise<string> => {
    const FunctionName = `${program.name.replaceAll(/\W/g, "-")}-${process.pid}-${made++}`;
    await lambda.send(new CreateFunctionCommand({ FunctionName, Runtime: program.runtime, Handler: program.handler, Role: ROLE, MemorySize: 1769, Timeout: 30, Code: { ZipFile: await packageFor(program) } }));
    for (;;) {
      const { State } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
      if (State === "Active") return FunctionName;
      if (State === "Failed") throw new Error(`${FunctionName} could not be made`);
    }
  };
  return {
    make,
    makeMany: (program: Program, count: number): Promise<string[]> => Promise.all(Array.from({ length: count }, () => make(program))),
    remove: async (names: readonly string[]): Promise<void> => void (await Promise.all(names.map((FunctionName) => lambda.send(new DeleteFunctionCommand({ FunctionName }))))),
  };
};

export type Maker = Awaited<ReturnType<typeof createMaker>>;
