import { describe, expect, it } from "vitest";
import { sql } from "../../src/store/store.ts";
import { eventually } from "../support/temporary.ts";
import { openLambda } from "./in-process.ts";

describe("packages in the blob store", () => {
  it("are kept while their function is there, and go with it", async () => {
    const { create, settle, lambda, context, blobFiles } = openLambda();
    await create("f", "same");
    await create("g", "same");
    await settle();
    expect(blobFiles()).toHaveLength(2);
    await lambda.DeleteFunction({ FunctionName: "f" }, context());
    expect(blobFiles()).toHaveLength(1);
    await lambda.DeleteFunction({ FunctionName: "g" }, context());
    expect(blobFiles()).toEqual([]);
  });

  it("that were replaced go when the update has settled, not before", async () => {
    const { create, settle, update, blobFiles } = openLambda();
    await create("f", "1");
    await settle();
    await update("f", "2");
    expect(blobFiles()).toHaveLength(2);
    await settle();
    expect(blobFiles()).toHaveLength(1);
  });

  it("stay when the configuration alone changes", async () => {
    const { create, settle, lambda, context, blobFiles } = openLambda();
    await create("f");
    await settle();
    const before = blobFiles();
    await lambda.UpdateFunctionConfiguration({ FunctionName: "f", Timeout: 4 }, context());
    await settle();
    expect(blobFiles()).toEqual(before);
  });

  it("both go with a function that is deleted in the middle of an update", async () => {
    const { create, settle, update, lambda, context, blobFiles } = openLambda();
    await create("f", "1");
    await settle();
    await update("f", "2");
    await lambda.DeleteFunction({ FunctionName: "f" }, context());
    expect(blobFiles()).toEqual([]);
    await settle();
  });

  it("of refused requests are not left", async () => {
    const { create, settle, lambda, context, zip, blobFiles } = openLambda();
    await create("f");
    await settle();
    const before = blobFiles();
    await expect(create("f", "again")).rejects.toMatchObject({ code: "ResourceConflictException" });
    await lambda.UpdateFunctionCode({ FunctionName: "f", ZipFile: await zip("dry"), DryRun: true }, context());
    await expect(lambda.UpdateFunctionCode({ FunctionName: "f", ZipFile: await zip("late"), RevisionId: "no" }, context())).rejects.toMatchObject({ code: "PreconditionFailedException" });
    expect(blobFiles()).toEqual(before);
  });

  it("of two creations at the same moment are one", async () => {
    const { create, blobFiles } = openLambda();
    const results = await Promise.allSettled([create("f", "1"), create("f", "2"), create("f", "3")]);
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(blobFiles()).toHaveLength(1);
  });

  it("that a crash left without a function are swept at the next start; S3's and those in use are not", async () => {
    const first = openLambda();
    await first.create("f");
    const mine = first.blobFiles();
    const orphan = await first.blobs.write(Buffer.from("written, but its commit never came"), { owner: "lambda" });
    const s3 = await first.blobs.write(Buffer.from("an object of S3, not kept yet"), { owner: "s3" });
    // As a crash would leave it: the function's row is there, but its package was not marked as kept.
    const [row] = await first.store.run(() => sql("select code_blob_id from lambda_function"));
    await first.close();
    const second = openLambda({ directory: first.directory });
    await eventually("the orphan is gone", () => !second.blobFiles().includes(orphan.id));
    expect(second.blobFiles().toSorted()).toEqual([...mine, s3.id].toSorted());
    expect(mine).toEqual([row!["code_blob_id"]]);
  });

  it("that a crash left to be removed are removed at the next start", async () => {
    const first = openLambda();
    await first.create("f");
    const doomed = await first.blobs.write(Buffer.from("replaced"), { owner: "lambda" });
    first.blobs.keep(doomed.id);
    await first.store.run(function* () {
      for (const id of first.blobFiles()) yield* sql("insert into lambda_blob_garbage (blob_id) values (?)", id);
    });
    await first.close();
    const second = openLambda({ directory: first.directory });
    await eventually("it is gone", () => !second.blobFiles().includes(doomed.id));
    // What a function names is never removed, even if something called it garbage.
    expect(second.blobFiles()).toHaveLength(1);
    await second.settle();
    await second.runs("f");
  });
});
