import { createHash, createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateFunctionCommand, DeleteFunctionCommand, GetFunctionConfigurationCommand, LambdaServiceException, type CreateFunctionCommandInput } from "@aws-sdk/client-lambda";
import { SignatureV4 } from "@smithy/signature-v4";
import { beforeAll, onTestFinished } from "vitest";
import { readConfig } from "../../src/cli/config.ts";
import { silentLog } from "../../src/kit/log.ts";
import { systemRandom } from "../../src/kit/random.ts";
import { createPlatform, type Platform } from "../../src/main.ts";
import { clientsOf, type Clients } from "../support/clients.ts";
import { createRole, zipOf, type PackageFile } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";

export const ACCOUNT = "000000000000";
export const arnOf = (name: string) => `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The SDK's signer takes a hash as a class. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | Uint8Array | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as Uint8Array);
  }
  update(data: string | Uint8Array | ArrayBuffer | ArrayBufferView) {
    this.#hash.update(data as Uint8Array);
  }
  async digest() {
    return new Uint8Array(this.#hash.digest());
  }
  reset() {}
}

export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
  json: Record<string, unknown>;
}

/** One platform for the tests of a file, with a role for functions: everything over the wire. */
export const useLambda = () => {
  const ground = {} as { platform: Platform; clients: Clients; role: string; directory: string };
  beforeAll(async () => {
    const directory = mkdtempSync(join(tmpdir(), "lambdad-lambda-"));
    const platform = await createPlatform(readConfig({}, { PATH: process.env["PATH"], LAMBDAD_PORT: "0", LAMBDAD_DATA_DIR: directory, LAMBDAD_ISOLATION: "process", LAMBDAD_PREPARE_SDKS: "0" }), silentLog);
    const clients = clientsOf(platform.endpoint);
    Object.assign(ground, { platform, clients, directory, role: await createRole(clients, "worker") });
    return async () => {
      await platform.close(0);
      rmSync(directory, { recursive: true, force: true });
    };
  });

  /** What the client makes of the answer is not looked at: the bytes are. */
  const raw = async (method: string, path: string, options: { body?: string | Uint8Array; query?: Record<string, string>; headers?: Record<string, string> } = {}): Promise<RawAnswer> => {
    const { host } = new URL(ground.platform.endpoint);
    const signer = new SignatureV4({ service: "lambda", region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, sha256: Sha256, uriEscapePath: true });
    const request = { method, protocol: "http:", hostname: host, path, query: options.query ?? {}, headers: { host, ...options.headers }, ...(options.body === undefined ? {} : { body: options.body }) };
    const { headers } = await signer.sign(request);
    const query = new URLSearchParams(options.query ?? {}).toString();
    const response = await fetch(`${ground.platform.endpoint}${path}${query === "" ? "" : `?${query}`}`, { method, headers, ...(options.body === undefined ? {} : { body: options.body as string }) });
    const text = await response.text();
    let json: Record<string, unknown> = {};
    try {
      json = JSON.parse(text) as Record<string, unknown>;
    } catch {}
    return { status: response.status, headers: response.headers, text, json };
  };

  const isSettled = (name: string) =>
    eventually(`${name} is settled`, async () => {
      const { State, LastUpdateStatus } = await ground.clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
      return State === "Active" && LastUpdateStatus === "Successful";
    });

  const inputOf = async (name: string, over: Partial<CreateFunctionCommandInput> = {}, files: Record<string, PackageFile> = { "index.mjs": "export const handler = async (event) => event;\n" }): Promise<CreateFunctionCommandInput> => ({
    FunctionName: name, Role: ground.role, Runtime: "nodejs24.x", Handler: "index.handler", Code: { ZipFile: await zipOf(files) }, ...over,
  });

  return {
    ground,
    get lambda() {
      return ground.clients.lambda;
    },
    raw,
    isSettled,
    inputOf,
    /** A function of this test's own, Pending; gone when the test is over. */
    async create(over: Partial<CreateFunctionCommandInput> = {}, files?: Record<string, PackageFile>): Promise<string> {
      const name = over.FunctionName ?? `fn-${systemRandom.bytes(6).toString("hex")}`;
      await ground.clients.lambda.send(new CreateFunctionCommand(await inputOf(name, over, files)));
      onTestFinished(async () => void (await ground.clients.lambda.send(new DeleteFunctionCommand({ FunctionName: name })).catch(() => undefined)));
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
