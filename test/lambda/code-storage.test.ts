import { expect, it } from "vitest";
import { CODE_STORAGE_BYTES_MAX } from "../../src/kit/limits/lambda.ts";
import { sql } from "../../src/store/store.ts";
import { openLambda } from "./in-process.ts";

const EXCEEDED = { code: "CodeStorageExceededException", message: "Code storage limit exceeded.", status: 400 };

it("an account's packages have room for 75 GB in a region: of functions, versions and layers together, and nothing is left of what is refused", async () => {
  const { lambda, context, create, update, settle, store, zip, blobFiles } = openLambda();
  await create("f");
  await settle();
  const size = (await zip("1")).length;
  /** As if the function's package were that large. */
  const fill = (bytes: number) => store.run(() => sql("update lambda_function set code_size = ? where name = 'f'", bytes));
  const usage = async () => (await lambda.GetAccountSettings({}, context())).AccountUsage!.TotalCodeSize;
  const layer = async () => lambda.PublishLayerVersion({ LayerName: "l", Content: { ZipFile: await zip("1") } }, context());
  const files = blobFiles();

  await fill(CODE_STORAGE_BYTES_MAX - size + 1);
  await expect(create("g")).rejects.toMatchObject(EXCEEDED);
  await expect(layer()).rejects.toMatchObject(EXCEEDED);
  await expect(lambda.PublishVersion({ FunctionName: "f" }, context())).rejects.toMatchObject(EXCEEDED);
  expect([await usage(), (await lambda.GetAccountSettings({}, context())).AccountLimit!.TotalCodeSize]).toEqual([CODE_STORAGE_BYTES_MAX - size + 1, CODE_STORAGE_BYTES_MAX]);
  expect(blobFiles()).toEqual(files);

  await fill(CODE_STORAGE_BYTES_MAX - size);
  await layer();
  expect(await usage()).toBe(CODE_STORAGE_BYTES_MAX);
  await expect(create("g")).rejects.toMatchObject(EXCEEDED);
  // New code takes the place of the old.
  await update("f", "2");
  await create("g");
});
