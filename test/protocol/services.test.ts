import { describe, expect, it } from "vitest";
import { loadServiceModel, serviceSummaries } from "../../src/protocol/models.ts";
import { createSdkClient, loadSdk, sdkPackages } from "./in-process.ts";

interface ProtocolSettings {
  defaultNamespace: string;
  version: string;
  serviceTarget: string;
  xmlNamespace?: string;
  awsQueryCompatible?: boolean;
}
interface ClientConfig {
  serviceId: string;
  apiVersion: string;
  protocol: { getShapeId(): string };
  protocolSettings: ProtocolSettings;
  defaultSigningName?: string;
}

const speaksXml = (protocols: readonly string[]) => protocols.includes("awsQuery") || protocols.includes("restXml");

it("lists every service of which there is a client", () => {
  expect(serviceSummaries.map((summary) => summary.name)).toEqual(Object.keys(sdkPackages));
});

describe.each(serviceSummaries)("the facts about $name", (summary) => {
  it("are those that the SDK's client is configured with", async () => {
    const config = createSdkClient(await loadSdk(summary.name), {}).config as unknown as ClientConfig;
    const { protocolSettings: settings } = config;
    expect(summary).toMatchObject({ sdkId: config.serviceId, apiVersion: settings.version, targetPrefix: settings.serviceTarget });
    expect(config.protocol.getShapeId()).toBe(`aws.protocols#${summary.protocols[0]}`);
    expect(summary.isQueryCompatible ?? false).toBe(settings.awsQueryCompatible ?? false);
    // SQS has an XML namespace that its client no longer knows.
    if (speaksXml(summary.protocols) && summary.name !== "sqs") expect(summary.xmlNamespace).toBe(settings.xmlNamespace);
    expect(summary.signingName).toBe(config.defaultSigningName ?? summary.signingName);
  });

  it("fit the model, which has every command of the client and no other", async () => {
    const sdk = await loadSdk(summary.name);
    const commands = Object.keys(sdk).filter((key) => key.endsWith("Command") && key !== "$Command").map((key) => key.slice(0, -"Command".length));
    const model = loadServiceModel(summary.name);
    expect([...model.operations.keys()].toSorted()).toEqual(commands.toSorted());
    for (const operation of model.operations.values()) {
      for (const error of operation.errors) expect(model.errors.has(error), `${operation.name} names ${error}`).toBe(true);
    }
  });
});

it("says what is wrong when a service is not known", () => {
  expect(() => loadServiceModel("nothing")).toThrow("no service is called nothing");
});
