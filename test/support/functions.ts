import { AttachRolePolicyCommand, CreateRoleCommand } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, type CreateFunctionCommandInput, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { ZipFile } from "yazl";
import type { Clients } from "./clients.ts";

/** A text, or what a file holds with its mode: `0o755` for a program. */
export type PackageFile = string | { content: string | Buffer; mode: number };

/** A zip package made of texts and files. */
export const zipOf = async (files: Record<string, PackageFile>): Promise<Buffer> => {
  const zip = new ZipFile();
  for (const [name, file] of Object.entries(files)) {
    if (typeof file === "string") zip.addBuffer(Buffer.from(file), name);
    else zip.addBuffer(Buffer.from(file.content as string), name, { mode: 0o100_000 | file.mode });
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

/** A role that Lambda may assume, with the policy that every function's role has. */
export const createRole = async ({ iam }: Clients, name: string): Promise<string> => {
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: TRUST }));
  await iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole" }));
  return Role!.Arn!;
};

/** Creates a function and waits, as SDK users do, until it is Active. */
export const createFunction = async (
  clients: Clients,
  options: Partial<CreateFunctionCommandInput> & { FunctionName: string; Role: string; files: Record<string, PackageFile> },
): Promise<string> => {
  const { files, ...input } = options;
  const created = await clients.lambda.send(
    new CreateFunctionCommand({ Runtime: "python3.13", Handler: "app.handler", Code: { ZipFile: await zipOf(files) }, ...input }),
  );
  await waitUntilFunctionActiveV2({ client: clients.lambda, maxWaitTime: 30, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: options.FunctionName });
  return created.FunctionArn!;
};
