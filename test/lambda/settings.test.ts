import { describe, expect, it } from "vitest";
import { loadServiceModel } from "../../src/protocol/models.ts";
import { NOT_BUILT } from "../../src/services/lambda/functions/settings.ts";

const HONOURED = [
  "FunctionName", "Role", "Runtime", "Handler", "Description", "Timeout", "MemorySize", "Environment", "Tags", "Architectures", "EphemeralStorage", "LoggingConfig", "TracingConfig", "Layers", "TenancyConfig", "DeadLetterConfig", "DryRun", "RevisionId", "Publish",
  "ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion",
  // Looked at on their own: what they are made of, or refused with AWS's text or by name.
  "Code", "PackageType", "CodeSigningConfigArn", "ImageUri", "ImageConfig",
];

describe("no setting is taken and forgotten", () => {
  const model = loadServiceModel("lambda");
  const membersOf = (operation: string) => {
    const { members } = model.operations.get(operation)!.input;
    const code = members.find(({ name }) => name === "Code");
    return [...members, ...(code?.shape.members ?? [])].map(({ name }) => name);
  };

  it.each(["CreateFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration"])("by %s: each is honoured, or refused by its name", (operation) => {
    const known = new Set([...HONOURED, ...Object.keys(NOT_BUILT)]);
    expect(membersOf(operation).filter((name) => !known.has(name))).toEqual([]);
  });

  it("and what is refused is there to be given", () => {
    const all = new Set(["CreateFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration"].flatMap(membersOf));
    expect([...HONOURED, ...Object.keys(NOT_BUILT)].filter((name) => !all.has(name))).toEqual([]);
  });
});
