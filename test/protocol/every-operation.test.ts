import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import { claim, type Claim } from "../../src/protocol/claim.ts";
import type { WireResponse } from "../../src/protocol/http.ts";
import { loadServiceModel, serviceSummaries } from "../../src/protocol/models.ts";
import { encode, encodeError } from "../../src/protocol/respond.ts";
import type { Operation, ServiceModel } from "../../src/protocol/schema.ts";
import { comparable, generate } from "./generate.ts";

const PACKAGES: Record<string, string> = {
  lambda: "client-lambda", s3: "client-s3", sqs: "client-sqs", sns: "client-sns", events: "client-eventbridge", scheduler: "client-scheduler", pipes: "client-pipes",
  apigateway: "client-api-gateway", apigatewayv2: "client-apigatewayv2", "execute-api": "client-apigatewaymanagementapi", iam: "client-iam", sts: "client-sts", logs: "client-cloudwatch-logs", monitoring: "client-cloudwatch",
  kinesis: "client-kinesis", dynamodb: "client-dynamodb", ssm: "client-ssm", secretsmanager: "client-secrets-manager", kms: "client-kms", cloudformation: "client-cloudformation",
};

/** Streams of events are not built; two operations of S3 are told apart by signing name or host, before the protocol. */
const isElsewhere = (operation: Operation) =>
  [...operation.output.members, ...operation.input.members].some(({ shape }) => shape.isStreaming && shape.kind === "union") || ["ListDirectoryBuckets", "WriteGetObjectResponse"].includes(operation.name);

interface SentRequest {
  method: string;
  path: string;
  query?: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: unknown;
}

type Answer = (claim: Claim, input: Record<string, unknown>) => WireResponse;

const queryOf = (query: SentRequest["query"] = {}): string =>
  Object.entries(query).flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => `${encodeURIComponent(name)}${one === null ? "" : `=${encodeURIComponent(one)}`}`)).join("&");

const bodyOf = async (body: unknown): Promise<Buffer> => (body === undefined || body === null ? Buffer.alloc(0) : body instanceof Readable ? buffer(body) : Buffer.from(body as string));

const readStreams = async (input: Record<string, unknown>): Promise<Record<string, unknown>> =>
  Object.fromEntries(await Promise.all(Object.entries(input).map(async ([name, value]) => [name, value instanceof Readable ? await buffer(value) : value] as const)));

/** A real client whose requests are answered in this process. */
const createClient = async (model: ServiceModel, answer: Answer) => {
  const sdk = (await import(`@aws-sdk/${PACKAGES[model.name]}`)) as Record<string, new (input: object) => { send?: unknown }>;
  const Client = sdk[Object.keys(sdk).find((name) => name.endsWith("Client") && name !== "__Client")!]!;
  const client = new Client({
    region: "us-east-1", endpoint: "http://127.0.0.1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1,
    forcePathStyle: true, useQueueUrlAsEndpoint: false, requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED", ...(model.name === "sqs" ? { md5: false } : {}),
    requestHandler: {
      async handle(request: SentRequest) {
        const bytes = await bodyOf(request.body);
        const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
        const claimed = await claim(model, { method: request.method, path: request.path, query: queryOf(request.query), headers, buffer: async () => bytes, stream: () => Readable.from([bytes]) });
        if (claimed === undefined) throw new Error(`${request.method} ${request.path} was not claimed`);
        const { status, headers: answered, body } = answer(claimed, await readStreams(await claimed.read()));
        const content = body === undefined ? Buffer.alloc(0) : typeof body === "string" || body instanceof Uint8Array ? Buffer.from(body as string) : await buffer(Readable.from(body));
        return { response: { statusCode: status, reason: "", headers: answered, body: Readable.from([content], { objectMode: false }) } };
      },
    },
  }) as { send(command: unknown): Promise<Record<string, unknown>> };
  return { send: (operation: string, input: unknown) => client.send(new sdk[`${operation}Command`]!(input as object)) };
};

/** Members that never reach the wire as they are: they choose an endpoint, or two have one name. */
const LEFT_OUT: Record<string, readonly string[]> = {
  "events.PutEvents": ["EndpointId"],
  "sqs.ReceiveMessage": ["AttributeNames"],
  "s3.GetObject": ["Expires", "ExpiresString"],
  "s3.HeadObject": ["Expires", "ExpiresString"],
  // A form cannot say a structure that has no members.
  "cloudformation.BatchDescribeTypeConfigurations": ["TypeConfigurationIdentifiers"],
  "cloudformation.CreateStackRefactor": ["StackDefinitions"],
};
/** The client computes these itself, or checks them against a body that is made up here. */
const CLIENTS_OWN = /^(Checksum|SSECustomerKey|CopySourceSSECustomerKey)/;

const without = (value: unknown, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value as object).filter(([name]) => !names.includes(name) && !CLIENTS_OWN.test(name)));

for (const name of Object.keys(PACKAGES)) {
  describe(`every operation of ${name}`, () => {
    const model = loadServiceModel(name);
    const operations = [...model.operations.values()].filter((operation) => !isElsewhere(operation));

    it.each(["all", "required"] as const)("is read and answered, %s members", async (only) => {
      let sent: { operation: Operation; input: unknown; output: Record<string, unknown> };
      let seen: { operation: string; input: unknown } | undefined;
      const client = await createClient(model, (claimed, input) => {
        seen = { operation: claimed.operation.name, input };
        return encode(claimed, sent.output, "request-id");
      });
      const problems: string[] = [];
      for (const operation of operations) {
        const leftOut = LEFT_OUT[`${name}.${operation.name}`] ?? [];
        sent = { operation, input: without(generate(operation.input, only), leftOut), output: without(generate(operation.output, only), leftOut) };
        seen = undefined;
        try {
          const received = await client.send(operation.name, sent.input);
          for (const [member, value] of Object.entries(received)) {
            const stream = value as { transformToByteArray?: () => Promise<Uint8Array> } | undefined;
            if (typeof stream?.transformToByteArray === "function") received[member] = await stream.transformToByteArray();
          }
          expect(seen!.operation).toBe(operation.name);
          // A client adds what it was not given: idempotency tokens, content lengths, the status that the model gives.
          if (only === "all") {
            expect(comparable(seen!.input)).toEqual(comparable(sent.input));
            expect(comparable(received)).toEqual(comparable(sent.output));
          } else {
            expect(comparable(seen!.input)).toMatchObject(comparable(sent.input) as object);
            expect(comparable(received)).toMatchObject(comparable(sent.output) as object);
          }
        } catch (error) {
          problems.push(`${operation.name}: ${(error as Error).message.slice(0, 600)}`);
        }
      }
      expect(problems).toEqual([]);
    });

    it("refuses with every error that the model names", async () => {
      let code = "";
      const client = await createClient(model, (claimed) => encodeError(claimed, new ApiError(code, "what went wrong", { status: 400 }), "request-id", { method: "POST" }));
      const problems: string[] = [];
      for (const operation of operations) {
        for (code of operation.errors) {
          const error = (await client.send(operation.name, without(generate(operation.input, "required"), LEFT_OUT[`${name}.${operation.name}`] ?? [])).catch((thrown: unknown) => thrown)) as Error & { $metadata?: { httpStatusCode: number } };
          const { httpError, awsQueryError } = model.errors.get(code)!.traits;
          const status = httpError ?? (model.protocols[0] === "awsQuery" ? awsQueryError?.[1] : undefined);
          const isRight = error.name === code && error.message === "what went wrong" && (status === undefined || error.$metadata?.httpStatusCode === status);
          // Two errors of CloudWatch share one code in the model; the client takes the first.
          if (!isRight && code !== "DashboardNotFoundError") problems.push(`${operation.name} ${code}: ${error.name} ${error.message} ${error.$metadata?.httpStatusCode}`);
        }
      }
      expect(problems).toEqual([]);
    });
  });
}

it("leaves no service out", () => {
  expect(Object.keys(PACKAGES).toSorted()).toEqual(serviceSummaries.map((service) => service.name).toSorted());
});
