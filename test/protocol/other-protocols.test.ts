import { AwsJson1_0Protocol, AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from "@aws-sdk/core/protocols";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import { loadServiceModel } from "../../src/protocol/models.ts";
import { encode, encodeError } from "../../src/protocol/respond.ts";
import type { Operation } from "../../src/protocol/schema.ts";
import { comparable, generate } from "./generate.ts";
import { type Answer, createInProcessClient } from "./in-process.ts";

/** The protocols beside the one that a client speaks of itself: old clients and other languages speak them. */
const cases = [
  { service: "monitoring", protocol: "awsJson1_0", config: { protocol: AwsJson1_0Protocol } },
  { service: "monitoring", protocol: "rpcv2Cbor", config: { protocol: AwsSmithyRpcV2CborProtocol } },
  { service: "monitoring", protocol: "awsQuery", config: { protocol: AwsQueryProtocol } },
  { service: "sqs", protocol: "awsQuery", config: { protocol: AwsQueryProtocol, useQueueUrlAsEndpoint: false, md5: false } },
] as const;

/** Two members of SQS ReceiveMessage have one name in a form. */
const sharesName = (name: string) => name === "AttributeNames";
const given = (value: unknown) => Object.fromEntries(Object.entries(value as object).filter(([name]) => !sharesName(name)));

describe.each(cases)("$service in $protocol", ({ service, protocol, config }) => {
  const model = loadServiceModel(service);
  const operations = [...model.operations.values()];
  const client = (answer: Answer) => {
    // The SDK's query protocol takes its namespace from the settings, which a JSON client does not have.
    const protocolSettings = { defaultNamespace: `com.amazonaws.${service === "sqs" ? "sqs" : "cloudwatch"}`, version: model.apiVersion, xmlNamespace: model.xmlNamespace, serviceTarget: model.targetPrefix };
    return createInProcessClient(model, answer, { ...config, protocolSettings });
  };

  it.each(["all", "required"] as const)("reads and answers every operation, %s members", async (only) => {
    let sent: { operation: Operation; input: object; output: Record<string, unknown> } | undefined;
    let seen: unknown;
    const { send } = await client((claimed, input) => {
      expect(claimed.protocol).toBe(protocol);
      expect(claimed.operation.name).toBe(sent?.operation.name);
      seen = given(input);
      return encode(claimed, sent?.output ?? {}, "request-id");
    });
    for (const operation of operations) {
      sent = { operation, input: given(generate(operation.input, only)), output: given(generate(operation.output, only)) };
      const received = await send(operation.name, sent.input);
      expect(comparable(seen), operation.name).toEqual(comparable(sent.input));
      expect(comparable(received), operation.name).toEqual(comparable(sent.output));
    }
  });

  it("refuses with every error of the model", async () => {
    let code = "";
    const { send } = await client((claimed) => encodeError(claimed, new ApiError(code, "what went wrong <&>"), "request-id", { method: "POST" }));
    for (const operation of operations) {
      for (code of operation.errors) {
        const error = await send(operation.name, generate(operation.input, "required") as object).catch((thrown: unknown) => thrown);
        // Two of CloudWatch's errors have one code in its old protocol: the client takes the first.
        const old = model.errors.get(code)?.traits.awsQueryError?.[0];
        const kin = [...model.errors.values()].filter((shape) => shape.name === code || (old !== undefined && shape.traits.awsQueryError?.[0] === old)).map((shape) => shape.name);
        expect(kin, `${operation.name} ${code}`).toContain((error as Error).name);
        expect((error as Error).message).toBe("what went wrong <&>");
      }
    }
  });
});
