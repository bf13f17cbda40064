import { GetAccountSettingsCommand, ListFunctionsCommand, ListVersionsByFunctionCommand, paginateListFunctions } from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { zipOf } from "../support/functions.ts";
import { arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();

const list = async (input: ConstructorParameters<typeof ListFunctionsCommand>[0] = {}) => plain(await on.lambda.send(new ListFunctionsCommand(input)));

describe("ListFunctions", () => {
  it("answers an empty list without a marker", async () => {
    expect(await list()).toEqual({ Functions: [] });
  });

  it("tells less of each function than GetFunction does", async () => {
    const name = await on.active({ Environment: { Variables: { AA: "1" } } });
    const { Functions } = await list();
    expect(Functions).toHaveLength(1);
    expect(Object.keys(Functions![0]!).toSorted()).toEqual([
      "Architectures", "CodeSha256", "CodeSize", "Description", "Environment", "EphemeralStorage", "FunctionArn", "FunctionName", "Handler", "LastModified", "LoggingConfig", "MemorySize", "PackageType",
      "RevisionId", "Role", "Runtime", "SnapStart", "Timeout", "TracingConfig", "Version",
    ]);
    expect(Functions![0]).toMatchObject({ FunctionArn: arnOf(name), Version: "$LATEST" });
    expect((await list({ FunctionVersion: "ALL" })).Functions).toEqual([{ ...Functions![0], FunctionArn: `${arnOf(name)}:$LATEST` }]);
    expect(plain(await on.lambda.send(new ListVersionsByFunctionCommand({ FunctionName: name })))).toEqual({ Versions: [{ ...Functions![0], FunctionArn: `${arnOf(name)}:$LATEST` }] });
  });

  it("goes on where the marker says, to the end", async () => {
    const names = ["p-1", "p-2", "p-3", "p-4", "p-5"];
    for (const FunctionName of names) await on.create({ FunctionName });
    const first = await list({ MaxItems: 2 });
    expect(first.Functions!.map((one) => one.FunctionName)).toEqual(["p-1", "p-2"]);
    expect(first.NextMarker).toEqual(expect.any(String));
    const seen: string[] = [];
    for await (const page of paginateListFunctions({ client: on.lambda, pageSize: 2 }, {})) seen.push(...page.Functions!.map((one) => one.FunctionName!));
    expect(seen).toEqual(names);
    expect(await list({ MaxItems: 5 })).not.toHaveProperty("NextMarker");
    expect((await list({ MaxItems: 10_000 })).Functions).toHaveLength(5);
  });

  it("takes an empty marker for none", async () => {
    const FunctionName = await on.create();
    expect((await list({ Marker: "" })).Functions).toHaveLength(1);
    expect((await list({ Marker: "", FunctionVersion: "ALL" })).Functions).toHaveLength(1);
    expect((await on.lambda.send(new ListVersionsByFunctionCommand({ FunctionName, Marker: "" }))).Versions).toHaveLength(1);
  });

  it("knows only this region's", async () => {
    await on.create();
    expect((await list({ MasterRegion: "ALL", FunctionVersion: "ALL" })).Functions).toHaveLength(1);
    expect((await list({ MasterRegion: "eu-west-1", FunctionVersion: "ALL" })).Functions).toHaveLength(0);
  });

  it.each([
    [{ FunctionVersion: "SOME" as "ALL" }, "Value 'SOME' at 'functionVersion' failed to satisfy constraint: Member must satisfy enum value set: [ALL]"],
    [{ MaxItems: 0 }, "Value '0' at 'maxItems' failed to satisfy constraint: Member must have value greater than or equal to 1"],
    [{ MaxItems: 10_001 }, "Value '10001' at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 10000"],
  ])("refuses %j", async (input, message) => {
    expect(await refusal(list(input))).toMatchObject({ name: "ValidationException", message: `1 validation error detected: ${message}`, status: 400 });
  });
});

describe("GetAccountSettings", () => {
  it("counts functions and their packages", async () => {
    const ZipFile = await zipOf({ "index.mjs": "export const handler = 1;" });
    await on.create({ Code: { ZipFile } });
    await on.create({ Code: { ZipFile } });
    expect(plain(await on.lambda.send(new GetAccountSettingsCommand({})))).toEqual({
      AccountLimit: { TotalCodeSize: 80_530_636_800, CodeSizeUnzipped: 262_144_000, CodeSizeZipped: 52_428_800, ConcurrentExecutions: 1_000, UnreservedConcurrentExecutions: 1_000 },
      AccountUsage: { TotalCodeSize: 2 * ZipFile.length, FunctionCount: 2 },
    });
  });
});
