import { AttachRolePolicyCommand, CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, DeleteFunctionCommand, GetFunctionConfigurationCommand, LambdaClient, type Runtime } from "@aws-sdk/client-lambda";
import { zipOf } from "../src/cli/demo/zip.ts";
import type { Health } from "../src/cli/commands/health.ts";

/** A handler in one language, with what calls it once and prints the result when no platform is there. */
export interface Language {
  name: "node" | "python";
  runtime: Runtime;
  /** The program that the server runs it with. */
  interpreter: string;
  file: string;
  /** Returns the event's id, and whether this was the first invocation of its environment. */
  handler: string;
  bareFile: string;
  bare: string;
}

const NODE = { file: "app.mjs", handler: "let count = 0;\nexport const handler = async (event) => ({ id: event.id, isFirst: count++ === 0 });\n" };
const NODE_BARE = { bareFile: "bare.mjs", bare: 'import { handler } from "./app.mjs";\nconsole.log(JSON.stringify(await handler(JSON.parse(process.argv[2]))));\n' };
const PYTHON = {
  file: "app.py",
  handler: "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    return {'id': event['id'], 'isFirst': count == 1}\n",
};
const PYTHON_BARE = { bareFile: "bare.py", bare: "import json, sys\nfrom app import handler\nprint(json.dumps(handler(json.loads(sys.argv[1]), None)))\n" };

/** Node, and the newest Python whose exact version is here. */
export const languagesOf = async (endpoint: string): Promise<Language[]> => {
  const { runtimes } = (await (await fetch(`${endpoint}/_lambdad/health`)).json()) as Health;
  const exact = runtimes.filter(({ isExact }) => isExact);
  const node = exact.find(({ runtime }) => runtime === "nodejs24.x")!;
  const python = exact.findLast(({ runtime }) => runtime.startsWith("python"));
  return [
    { name: "node", runtime: "nodejs24.x", interpreter: node.path!, ...NODE, ...NODE_BARE },
    ...(python === undefined ? [] : [{ name: "python" as const, runtime: python.runtime as Runtime, interpreter: python.path!, ...PYTHON, ...PYTHON_BARE }]),
  ];
};

const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] });

/** Makes functions of one server; each is Active when it is given back. The SDK is good enough for what is not measured. */
export const createMaker = async (endpoint: string) => {
  const common = { endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };
  const [lambda, iam] = [new LambdaClient(common), new IAMClient(common)];
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "bench", AssumeRolePolicyDocument: TRUST }));
  await iam.send(new AttachRolePolicyCommand({ RoleName: "bench", PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" }));
  let made = 0;
  const makeOf = async (name: string, runtime: Runtime, ZipFile: Buffer): Promise<string> => {
    const FunctionName = `${name}-${made++}`;
    await lambda.send(new CreateFunctionCommand({ FunctionName, Runtime: runtime, Handler: "app.handler", Role: Role!.Arn!, MemorySize: 1769, Timeout: 30, Code: { ZipFile } }));
    for (;;) {
      const { State } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
      if (State === "Active") return FunctionName;
      if (State === "Failed") throw new Error(`${FunctionName} could not be made`);
    }
  };
  const make = async ({ name, runtime, file, handler }: Language): Promise<string> => makeOf(name, runtime, await zipOf(file, handler));
  return Object.assign(make, {
    /** One whose package is its program. */
    custom: async (program: Buffer): Promise<string> => makeOf("custom", "provided.al2023", await zipOf("bootstrap", program, 0o755)),
    remove: async (FunctionName: string) => void (await lambda.send(new DeleteFunctionCommand({ FunctionName }))),
  });
};

export type Maker = Awaited<ReturnType<typeof createMaker>>;
