import { CreateFunctionCommand } from "@aws-sdk/client-lambda";
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ZipFile } from "yazl";
import { zipOf } from "../support/functions.ts";
import { refusal, useLambda } from "./support.ts";

const on = useLambda();

const create = async (code: Buffer) => refusal(on.lambda.send(new CreateFunctionCommand(await on.inputOf("limits", { Code: { ZipFile: code } }))));

const zipOfBytes = async (content: Buffer, compress: boolean): Promise<Buffer> => {
  const zip = new ZipFile();
  zip.addBuffer(content, "data.bin", { compress });
  zip.end();
  return Buffer.concat(await Array.fromAsync(zip.outputStream as AsyncIterable<Buffer>));
};

describe("the size of a package", () => {
  it("is 50 MiB zipped", async () => {
    expect(await create(await zipOfBytes(randomBytes(52_428_801), false))).toMatchObject({ name: "RequestEntityTooLargeException", message: "Zipped size must be smaller than 52428800 bytes", status: 413, type: "User" });
  });

  it("is 250 MiB unzipped", async () => {
    expect(await create(await zipOfBytes(Buffer.alloc(262_144_001), true))).toMatchObject({ name: "InvalidParameterValueException", message: "Unzipped size must be smaller than 262144000 bytes", status: 400, type: "User" });
  });

  it("is the request's, before anything is read of it", async () => {
    expect(await create(Buffer.alloc(53_000_000))).toMatchObject({ name: "RequestEntityTooLargeException", message: "Request must be smaller than 70167211 bytes for the CreateFunction operation", status: 413 });
  });

  it("is more than nothing", async () => {
    const refused = { name: "InvalidParameterValueException", message: "Uploaded file must be a non-empty zip", status: 400, type: "User" };
    expect(await create(Buffer.alloc(0))).toEqual(refused);
    expect(await create(await zipOf({}))).toEqual(refused);
  });
}, 60_000);
