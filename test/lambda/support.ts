import { CreateFunctionCommand, DeleteFunctionCommand, GetFunctionConfigurationCommand, LambdaServiceException, type CreateFunctionCommandInput } from "@aws-sdk/client-lambda";
import { SignatureV4 } from "@smithy/signature-v4";
import { beforeAll, onTestFinished } from "vitest";
import { systemRandom } from "../../src/kit/random.ts";
import { ACCOUNT } from "../support/context.ts";
import { createRole, zipOf, type PackageFile } from "../support/functions.ts";
import { usePlatform } from "../support/platform.ts";
import { Sha256 } from "../support/sha256.ts";
import { eventually } from "../support/temporary.ts";

export const arnOf = (name: string) => `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
  json: Record<string, unknown>;
}

/** One platform for the tests of a file, with a role for functions: everything over the wire. */
export const useLambda = () => {
  const platform = usePlatform();
  const ground = { platform, role: "" };
  beforeAll(async () => void (ground.role = await createRole(platform.clients, "worker")));

  /** What the client makes of the answer is not looked at: the bytes are. */
  const raw = async (method: string, path: string, options: { body?: string | Uint8Array; query?: Record<string, string>; headers?: Record<string, string> } = {}): Promise<RawAnswer> => {
    const { host } = new URL(platform.endpoint);
    const signer = new SignatureV4({ service: "lambda", region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, sha256: Sha256, uriEscapePath: true });
    const request = { method, protocol: "http:", hostname: host, path, query: options.query ?? {}, headers: { host, ...options.headers }, ...(options.body === undefined ? {} : { body: options.body }) };
    const { headers } = await signer.sign(request);
    const query = new URLSearchParams(options.query ?? {}).toString();
    const response = await fetch(`${platform.endpoint}${path}${query === "" ? "" : `?${query}`}`, { method, headers, ...(options.body === undefined ? {} : { body: options.body as string }) });
    const text = await response.text();
    let json: Record<string, unknown> = {};
    try {
      json = JSON.parse(text) as Record<string, unknown>;
    } catch {}
    return { status: response.status, headers: response.headers, text, json };
  };

  const isSettled = (name: string) =>
    eventually(`${name} is settled`, async () => {
      const { State, LastUpdateStatus } = await platform.clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
      return State === "Active" && LastUpdateStatus === "Successful";
    });

  const inputOf = async (name: string, over: Partial<CreateFunctionCommandInput> = {}, files: Record<string, PackageFile> = { "index.mjs": "export const handler = async (event) => event;\n" }): Promise<CreateFunctionCommandInput> => ({
    FunctionName: name, Role: ground.role, Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await zipOf(files) }, ...over,
  });

  return {
    ground,
    get lambda() {
      return platform.clients.lambda;
    },
    raw,
    isSettled,
    inputOf,
    /** A function of this test's own, Pending; gone when the test is over. */
    async create(over: Partial<CreateFunctionCommandInput> = {}, files?: Record<string, PackageFile>): Promise<string> {
      const name = over.FunctionName ?? `fn-${systemRandom.bytes(6).toString("hex")}`;
      await platform.clients.lambda.send(new CreateFunctionCommand(await inputOf(name, over, files)));
      onTestFinished(async () => void (await platform.clients.lambda.send(new DeleteFunctionCommand({ FunctionName: name })).catch(() => undefined)));
      return name;
    },
    /** And Active. */
    async active(over: Partial<CreateFunctionCommandInput> = {}, files?: Record<string, PackageFile>): Promise<string> {
      const name = await this.create(over, files);
      await isSettled(name);
      return name;
    },
  };
};

/** The error of a call that must be refused: its name, text, status and AWS's `Type`. */
export const refusal = async (work: Promise<unknown>): Promise<{ name: string; message: string; status: number | undefined; type: unknown }> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof LambdaServiceException) return { name: error.name, message: error.message, status: error.$metadata.httpStatusCode, type: (error as { Type?: string }).Type };
    throw error;
  }
  throw new Error("it was not refused");
};

/** An answer without what the SDK adds. */
export const plain = <T extends { $metadata?: unknown }>({ $metadata: _metadata, ...answer }: T): Omit<T, "$metadata"> => answer;
