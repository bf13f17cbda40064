import { GetFunctionCommand, GetFunctionConfigurationCommand, ListTagsCommand, TagResourceCommand, UntagResourceCommand } from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();

const tag = (Resource: string, Tags: Record<string, string>) => on.lambda.send(new TagResourceCommand({ Resource, Tags }));
const untag = (Resource: string, TagKeys: string[]) => on.lambda.send(new UntagResourceCommand({ Resource, TagKeys }));
const tagsOf = async (Resource: string) => plain(await on.lambda.send(new ListTagsCommand({ Resource })));
const many = (count: number, from = 0) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${from + index}`, "v"]));
const invalid = (message: string) => ({ name: "InvalidParameterValueException", message, status: 400, type: "User" });

describe("tags", () => {
  it("are added, replaced, listed and taken away", async () => {
    const arn = arnOf(await on.create({ Tags: { a: "1" } }));
    expect(await tagsOf(arn)).toEqual({ Tags: { a: "1" } });
    expect((await tag(arn, { a: "2", b: "ü" })).$metadata.httpStatusCode).toBe(204);
    expect(await tagsOf(arn)).toEqual({ Tags: { a: "2", b: "ü" } });
    expect((await on.lambda.send(new GetFunctionCommand({ FunctionName: arn }))).Tags).toEqual({ a: "2", b: "ü" });
    expect((await untag(arn, ["a", "not there"])).$metadata.httpStatusCode).toBe(204);
    await untag(arn, ["b"]);
    expect(await tagsOf(arn)).toEqual({ Tags: {} });
    expect(await on.lambda.send(new GetFunctionCommand({ FunctionName: arn }))).not.toHaveProperty("Tags");
  });

  it("are no part of the configuration's revision", async () => {
    const name = await on.active();
    const before = await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
    await tag(arnOf(name), { a: "1" });
    expect((await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }))).RevisionId).toBe(before.RevisionId);
  });

  it("are fifty at most", async () => {
    const arn = arnOf(await on.create({ Tags: many(50) }));
    await tag(arn, { key0: "replaced" });
    expect(await refusal(tag(arn, { another: "v" }))).toEqual(invalid("Number of tags exceeds resource tag limit."));
    expect(Object.keys((await tagsOf(arn)).Tags!)).toHaveLength(50);
  });

  it.each([
    ["none", {}, "An error occurred and the request cannot be processed."],
    ["AWS's own", { "aws:x": "v" }, "aws: prefixed tag key names are not allowed for external use."],
  ])("are refused: %s", async (_what, tags, message) => {
    const arn = arnOf(await on.create());
    expect(await refusal(tag(arn, tags as Record<string, string>))).toEqual(invalid(message));
  });

  it.each([
    ["key", { ["k".repeat(129)]: "v" }, /Map keys must satisfy constraint: \[Member must have length less than or equal to 128/],
    ["value", { k: "v".repeat(257) }, /Map value must satisfy constraint: \[Member must have length less than or equal to 256/],
    ["key of wrong characters", { "a<b": "v" }, /Map keys must satisfy constraint: .*Member must satisfy regular expression pattern: /],
  ])("are held to the model: a long or wrong %s", async (_what, tags, message) => {
    expect(await refusal(tag(arnOf("any"), tags as Record<string, string>))).toMatchObject({ name: "ValidationException", message: expect.stringMatching(message), status: 400 });
  });

  it.each(["$LATEST", "1", "live"])("belong to a function, not to its qualifier %s", async (qualifier) => {
    const arn = `${arnOf(await on.create())}:${qualifier}`;
    const refused = invalid("Tags on function aliases and versions are not supported. Please specify a function ARN.");
    expect(await Promise.all([refusal(tag(arn, { a: "1" })), refusal(untag(arn, ["a"])), refusal(tagsOf(arn))])).toEqual([refused, refused, refused]);
  });

  it("of what is not there are not found", async () => {
    const refused = { name: "ResourceNotFoundException", message: `Function not found: ${arnOf("nothing")}`, status: 404, type: "User" };
    expect(await Promise.all([refusal(tag(arnOf("nothing"), { a: "1" })), refusal(untag(arnOf("nothing"), ["a"])), refusal(tagsOf(arnOf("nothing")))])).toEqual([refused, refused, refused]);
  });

  it.each(["name", "arn:aws:s3:::bucket", arnOf("f").replace("function:f", "layer:l")])("need an ARN that can have tags, not %s", async (resource) => {
    expect(await refusal(tagsOf(resource))).toMatchObject({ name: "ValidationException", message: expect.stringMatching(/^1 validation error detected: Value '.*' at 'resource' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:/), status: 400 });
  });

  it("of other resources are not built, by name", async () => {
    expect(await refusal(tagsOf(arnOf("f").replace("function:f", "capacity-provider:c")))).toMatchObject({ name: "NotImplemented", message: expect.stringContaining("capacity-provider") });
  });

  it("cannot be taken away without saying which", async () => {
    const name = await on.create();
    const answer = await on.raw("DELETE", `/2017-03-31/tags/${encodeURIComponent(arnOf(name))}`);
    expect([answer.status, answer.json["message"]]).toEqual([400, "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null"]);
  });
});
