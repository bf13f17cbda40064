import { CreateQueueCommand, ListQueueTagsCommand, TagQueueCommand, UntagQueueCommand } from "@aws-sdk/client-sqs";
import { expect, it } from "vitest";
import { usePlatform } from "../support/platform.ts";

const platform = usePlatform();
const create = async (QueueName: string, tags?: Record<string, string>) => (await platform.clients.sqs.send(new CreateQueueCommand({ QueueName, tags }))).QueueUrl!;
const tag = (QueueUrl: string, Tags: Record<string, string>) => platform.clients.sqs.send(new TagQueueCommand({ QueueUrl, Tags }));
const untag = (QueueUrl: string, ...TagKeys: string[]) => platform.clients.sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys }));
const tags = async (QueueUrl: string) => (await platform.clients.sqs.send(new ListQueueTagsCommand({ QueueUrl }))).Tags;
const many = (count: number, from = 0) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${from + index}`, "v"]));

it("are given, replaced, listed and taken away", async () => {
  const url = await create("tagged", { team: "red", floor: "1" });
  expect(await tags(url)).toEqual({ team: "red", floor: "1" });
  await tag(url, { floor: "2", "a b/c:d=e+f-g@h.ü": "" });
  await untag(url, "team", "nothing");
  expect(await tags(url)).toEqual({ floor: "2", "a b/c:d=e+f-g@h.ü": "" });
  await untag(url, "floor", "a b/c:d=e+f-g@h.ü");
  expect(await tags(url)).toBeUndefined();
  // What a queue is tagged with makes no other queue of it.
  expect(await create("tagged", { other: "x" })).toBe(url);
});

it("are at most fifty, of the form that AWS takes", async () => {
  const url = await create("limits", many(50));
  await expect(tag(url, { more: "x" })).rejects.toMatchObject({ name: "InvalidParameterValue", message: "Too many tags added for queue limits." });
  await tag(url, { "key-1": "other" });
  await expect(create("limits-2", many(51))).rejects.toMatchObject({ name: "InvalidParameterValue" });
  const other = await create("forms");
  for (const bad of [{ "": "x" }, { ["k".repeat(129)]: "x" }, { k: "v".repeat(257) }, { "aws:k": "x" }, { "k!": "x" }, { k: "<v>" }]) {
    await expect(tag(other, bad)).rejects.toMatchObject({ name: "InvalidParameterValue", $metadata: { httpStatusCode: 400 } });
  }
  await tag(other, { ["k".repeat(128)]: "v".repeat(256) });
  await expect(tag(other, {})).rejects.toMatchObject({ name: "MissingParameter", message: "The request must contain the parameter Tags." });
  await expect(untag(other)).rejects.toMatchObject({ name: "MissingParameter", message: "The request must contain the parameter TagKeys." });
  await expect(tags(`${platform.endpoint}/000000000000/nowhere`)).rejects.toMatchObject({ name: "QueueDoesNotExist" });
});
