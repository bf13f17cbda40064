import { describe, expect, it } from "vitest";
import { loadServiceModel, serviceSummaries } from "../../src/protocol/models.ts";
import type { Operation, Shape } from "../../src/protocol/schema.ts";
import { validate } from "../../src/protocol/validate.ts";

const messageOf = (service: string, name: string, input: Record<string, unknown>): string | undefined => {
  const model = loadServiceModel(service);
  try {
    validate(model, model.operations.get(name) as Operation, input);
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: model.validationCode, status: 400 });
    return (error as Error).message;
  }
};
const createFunction = (more: Record<string, unknown>) =>
  messageOf("lambda", "CreateFunction", { FunctionName: "f", Role: "arn:aws:iam::000000000000:role/r", Code: {}, ...more });

describe("a broken constraint is told in AWS's words", () => {
  it.each([
    [{ PackageType: "Tar" }, /^1 validation error detected: Value 'Tar' at 'packageType' failed to satisfy constraint: Member must satisfy enum value set: \[Zip, Image\]$/],
    [{ Timeout: 0 }, "1 validation error detected: Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1"],
    [{ MemorySize: 1 }, "1 validation error detected: Value '1' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128"],
    [{ Description: "x".repeat(257) }, `1 validation error detected: Value '${"x".repeat(257)}' at 'description' failed to satisfy constraint: Member must have length less than or equal to 256`],
    [{ FunctionName: "a b" }, /^1 validation error detected: Value 'a b' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: \(arn:\(aws\[a-zA-Z-\]\*\)\?:lambda:\)\?.*$/],
    [{ Role: undefined }, "1 validation error detected: Value null at 'role' failed to satisfy constraint: Member must not be null"],
    [{ KMSKeyArn: "x" }, /^1 validation error detected: Value 'x' at 'kMSKeyArn' failed/],
    [{ TracingConfig: { Mode: "On" } }, "1 validation error detected: Value 'On' at 'tracingConfig.mode' failed to satisfy constraint: Member must satisfy enum value set: [Active, PassThrough]"],
    [{ Architectures: ["x86_64", "arm64"] }, "1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1"],
    [{ Architectures: ["mips"] }, "1 validation error detected: Value '[mips]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"],
    [{ FileSystemConfigs: [{ Arn: "x", LocalMountPath: "/mnt/a" }] }, /^1 validation error detected: Value 'x' at 'fileSystemConfigs\.1\.member\.arn' failed/],
    [{ FileSystemConfigs: [{ LocalMountPath: "/mnt/a" }] }, "1 validation error detected: Value null at 'fileSystemConfigs.1.member.arn' failed to satisfy constraint: Member must not be null"],
    [{ Layers: [null] }, /^1 validation error detected: Value '\[null\]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: \[.*Member must not be null\]$/],
  ])("%j", (more, message) => {
    if (typeof message === "string") expect(createFunction(more)).toBe(message);
    else expect(createFunction(more)).toMatch(message);
  });

  it("and values that are sensitive are not repeated", () => {
    const message = createFunction({ Environment: { Variables: { "1secret": "value" } } });
    expect(message).toBe("1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]");
  });

  it("several in one message, what is missing first, no more than ten", () => {
    const message = createFunction({ Timeout: 0, MemorySize: 0, Code: undefined });
    expect(message).toMatch(/^3 validation errors detected: Value null at 'code' .* null; Value '0' at '.*; Value '0' at '/);
    const entries = Array.from({ length: 12 }, () => ({}));
    expect(messageOf("events", "PutTargets", { Rule: "r", Targets: entries.slice(0, 12) })).toMatch(/^10 validation errors detected: Value null at 'targets\.1\.member\.id'/);
  });

  it("a value is shown no longer than it must be", () => {
    expect(createFunction({ Description: "x".repeat(1_000_000) })?.length).toBeLessThan(5_000);
  });

  it("map values, and what is in them", () => {
    expect(messageOf("dynamodb", "BatchGetItem", { RequestItems: { t: {} } })).toBe("1 validation error detected: Value null at 'requestItems.t.member.keys' failed to satisfy constraint: Member must not be null");
  });
});

it("each service has its own code", () => {
  expect(messageOf("iam", "CreateRole", {})).toMatch(/^2 validation errors detected: Value null at 'roleName'/);
  expect(messageOf("logs", "CreateLogGroup", {})).toMatch(/^1 validation error detected: Value null at 'logGroupName'/);
  expect(messageOf("sns", "Subscribe", {})).toMatch(/^2 validation errors detected: Value null at 'topicArn'/);
});

it("SQS says what is missing in words of its own, and leaves names of attributes to its handlers", () => {
  const model = loadServiceModel("sqs");
  const attempt = (name: string, input: object) => () => validate(model, model.operations.get(name) as Operation, input as Record<string, unknown>);
  const refusal = (code: string, message: string) => expect.objectContaining({ code, message }) as Error;
  expect(attempt("SendMessage", { QueueUrl: "u" })).toThrow(refusal("MissingParameter", "The request must contain the parameter MessageBody."));
  expect(attempt("SendMessage", {})).toThrow(refusal("MissingParameter", "The request must contain the parameter QueueUrl."));
  expect(attempt("SendMessageBatch", { QueueUrl: "u" })).toThrow(refusal("EmptyBatchRequest", "There should be at least one SendMessageBatchRequestEntry in the request."));
  expect(attempt("SendMessageBatch", { QueueUrl: "u", Entries: [{ Id: "a", MessageBody: "b" }, { Id: "c" }] })).toThrow(refusal("MissingParameter", "The request must contain the parameter SendMessageBatchRequestEntry.2.MessageBody."));
  expect(attempt("GetQueueAttributes", { QueueUrl: "u", AttributeNames: ["Nothing"] })).not.toThrow();
  expect(attempt("SetQueueAttributes", { QueueUrl: "u", Attributes: { Nothing: "1" } })).not.toThrow();
});

it("S3 has a code for its bodies and one for the rest", () => {
  const model = loadServiceModel("s3");
  const attempt = (name: string, input: object) => () => validate(model, model.operations.get(name) as Operation, { Bucket: "b", Key: "k", ...input });
  expect(attempt("PutBucketTagging", { Tagging: { TagSet: [{ Key: "k" }] } })).toThrow(expect.objectContaining({ code: "MalformedXML", status: 400 }) as Error);
  expect(attempt("CopyObject", {})).toThrow(expect.objectContaining({ code: "InvalidArgument", status: 400 }) as Error);
  // Its handlers say these in S3's words.
  expect(attempt("PutObject", { StorageClass: "PAPER" })).not.toThrow();
  const filter = { Filter: { Key: { FilterRules: [{ Name: "Prefix", Value: "in/" }] } } };
  expect(attempt("PutBucketNotificationConfiguration", { NotificationConfiguration: { LambdaFunctionConfigurations: [{ LambdaFunctionArn: "a", Events: ["s3:ObjectCreated:*"], ...filter }] } })).not.toThrow();
});

it("what is fine is let through: names, partial and full ARNs", () => {
  for (const FunctionName of ["f", "f:live", "000000000000:function:f", "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST"]) {
    expect(messageOf("lambda", "GetFunction", { FunctionName })).toBe(undefined);
  }
});

it("every pattern of every model is one that JavaScript reads", () => {
  let count = 0;
  const seen = new Set<Shape>();
  const visit = (shape: Shape) => {
    if (seen.has(shape)) return;
    seen.add(shape);
    const { pattern, regex } = shape.traits;
    if (pattern !== undefined) {
      count++;
      expect(() => new RegExp(`^(?:${regex ?? pattern})$`, "u"), pattern).not.toThrow();
    }
    for (const member of [...shape.members, shape.value, shape.key]) if (member !== undefined) visit(member.shape);
  };
  for (const { name } of serviceSummaries) for (const { input, output } of loadServiceModel(name).operations.values()) [input, output].forEach(visit);
  expect(count).toBeGreaterThan(300);
});
