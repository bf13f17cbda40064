import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { claim, type Claim } from "../../src/protocol/claim.ts";
import type { WireRequest, WireResponse } from "../../src/protocol/http.ts";
import type { ServiceModel } from "../../src/protocol/schema.ts";

/** The SDK package of each service, by our name. */
export const sdkPackages: Readonly<Record<string, string>> = {
  lambda: "client-lambda", s3: "client-s3", sqs: "client-sqs", sns: "client-sns", events: "client-eventbridge",
  scheduler: "client-scheduler", pipes: "client-pipes", apigateway: "client-api-gateway", apigatewayv2: "client-apigatewayv2",
  "execute-api": "client-apigatewaymanagementapi", iam: "client-iam", sts: "client-sts", logs: "client-cloudwatch-logs",
  monitoring: "client-cloudwatch", kinesis: "client-kinesis", dynamodb: "client-dynamodb", ssm: "client-ssm",
  secretsmanager: "client-secrets-manager", kms: "client-kms", cloudformation: "client-cloudformation",
};

export interface SdkClient {
  config: Record<string, unknown>;
  send(command: unknown): Promise<Record<string, unknown>>;
}
type Constructor<T> = new (argument: object) => T;
export type Sdk = Record<string, unknown>;

export const loadSdk = (name: string) => import(`@aws-sdk/${sdkPackages[name]}`) as Promise<Sdk>;

export function createSdkClient(sdk: Sdk, config: object): SdkClient {
  const key = Object.keys(sdk).find((name) => name.endsWith("Client") && name !== "__Client") as string;
  return new (sdk[key] as Constructor<SdkClient>)({ region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, ...config });
}

/** A request as the gateway would hand it over. */
export function wireRequest(request: Partial<WireRequest> & { body?: string | Uint8Array } = {}): WireRequest {
  const bytes = Buffer.from((request.body ?? "") as string);
  return { method: "POST", path: "/", query: "", headers: {}, buffer: async () => bytes, stream: () => Readable.from([bytes]), ...request };
}

interface SentRequest {
  method: string;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: unknown;
}

/** Answers a claimed request, in place of a server. */
export type Answer = (claimed: Claim, input: Record<string, unknown>) => WireResponse;

/** A real client whose requests are claimed and answered in this process. */
export async function createInProcessClient(model: ServiceModel, answer: Answer, config: object = {}) {
  const sdk = await loadSdk(model.name);
  const client = createSdkClient(sdk, { endpoint: "http://127.0.0.1", maxAttempts: 1, requestHandler: { handle: createHandler(model, answer) }, ...config });
  return {
    send: (operation: string, input: object) => client.send(new (sdk[`${operation}Command`] as Constructor<unknown>)(input)),
  };
}

function createHandler(model: ServiceModel, answer: Answer) {
  return async (sent: SentRequest) => {
    const headers = Object.fromEntries(Object.entries(sent.headers).map(([name, value]) => [name.toLowerCase(), value]));
    const body = sent.body instanceof Readable ? await buffer(sent.body) : ((sent.body ?? "") as string | Uint8Array);
    const claimed = await claim(model, wireRequest({ method: sent.method, path: sent.path, query: queryText(sent.query), headers, body }));
    if (claimed === undefined) throw new Error(`${sent.method} ${sent.path} was not claimed`);
    const response = answer(claimed, await claimed.read());
    const content = response.body ?? "";
    const stream = typeof content === "string" || content instanceof Uint8Array ? Readable.from([Buffer.from(content as string)], { objectMode: false }) : Readable.from(content, { objectMode: false });
    return { response: { statusCode: response.status, reason: "", headers: response.headers, body: stream } };
  };
}

const queryText = (query: SentRequest["query"] = {}) =>
  Object.entries(query).flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => (one === null ? encodeURIComponent(name) : `${encodeURIComponent(name)}=${encodeURIComponent(one)}`))).join("&");
