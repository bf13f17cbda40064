import { describe, expect, it } from "vitest";
import { openLambda, SETTLE_MS } from "./in-process.ts";
import { ACCOUNT } from "../support/context.ts";
import { arnOf } from "./support.ts";

const conflict = (message: string) => ({ code: "ResourceConflictException", message: `The operation cannot be performed at this time. ${message}` });
const PENDING = conflict("The function is currently in the following state: Pending");
const UPDATING = conflict(`An update is in progress for resource: ${arnOf("f")}`);

describe("a function that was created", () => {
  it("is Pending until it is Active, with another revision then", async () => {
    const { create, configuration, clock } = openLambda();
    const created = await create("f");
    expect(created).toMatchObject({ State: "Pending", StateReasonCode: "Creating" });
    expect(created).not.toHaveProperty("LastUpdateStatus");
    await clock.advance(SETTLE_MS / 2);
    expect(await configuration("f")).toEqual(created);
    await clock.advance(SETTLE_MS);
    const { State, StateReason, StateReasonCode, RevisionId, ...active } = await configuration("f");
    const { State: _state, StateReason: _reason, StateReasonCode: _code, RevisionId: before, ...same } = created;
    expect({ State, StateReason, StateReasonCode }).toEqual({ State: "Active", StateReason: undefined, StateReasonCode: undefined });
    expect(active).toEqual({ ...same, LastUpdateStatus: "Successful" });
    expect(RevisionId).not.toBe(before);
    expect((await configuration("f")).RevisionId).toBe(RevisionId);
  });

  it("is neither invoked nor changed before", async () => {
    const { create, lambda, context, update, targets } = openLambda();
    await create("f");
    await expect(lambda.Invoke({ FunctionName: "f" }, context())).rejects.toMatchObject(PENDING);
    await expect(lambda.Invoke({ FunctionName: "f", InvocationType: "Event" }, context())).rejects.toMatchObject(PENDING);
    await expect(lambda.UpdateFunctionConfiguration({ FunctionName: "f", Timeout: 4 }, context())).rejects.toMatchObject(PENDING);
    await expect(update("f", "2")).rejects.toMatchObject(PENDING);
    expect(targets).toEqual([]);
  });

  it("can be deleted, and created again as another", async () => {
    const { create, lambda, context, settle, blobFiles } = openLambda();
    await create("f");
    await lambda.DeleteFunction({ FunctionName: "f" }, context());
    expect(blobFiles()).toEqual([]);
    expect(await create("f", "another")).toMatchObject({ State: "Pending" });
    await settle();
  });
});

describe("an update", () => {
  it("lets what was there serve until it is done, and then retires it", async () => {
    const { create, settle, update, runs, retired, resolve, configuration } = openLambda();
    const created = await create("f", "old");
    await settle();
    expect(await runs("f")).toBe(created.CodeSha256);
    const updated = await update("f", "new");
    expect(updated.CodeSha256).not.toBe(created.CodeSha256);
    expect(await runs("f")).toBe(created.CodeSha256);
    expect((await resolve({ account: ACCOUNT, region: "us-east-1" }, "f")).code.sha256Base64).toBe(created.CodeSha256);
    expect((await configuration("f")).CodeSha256).toBe(updated.CodeSha256);
    expect(retired).toEqual([]);
    await settle();
    expect(await runs("f")).toBe(updated.CodeSha256);
    const { revisionId } = await resolve({ account: ACCOUNT, region: "us-east-1" }, "f");
    expect(retired).toEqual([[arnOf("f"), revisionId]]);
  });

  it("of the configuration does the same", async () => {
    const { create, settle, lambda, context, runs, targets } = openLambda();
    await create("f");
    await settle();
    await lambda.UpdateFunctionConfiguration({ FunctionName: "f", Timeout: 9, Environment: { Variables: { NEW: "1" } } }, context());
    await runs("f");
    await settle();
    await runs("f");
    expect(targets.map(({ timeoutSeconds, environment }) => ({ timeoutSeconds, environment }))).toEqual([{ timeoutSeconds: 3, environment: {} }, { timeoutSeconds: 9, environment: { NEW: "1" } }]);
    expect(targets[0]!.revisionId).not.toBe(targets[1]!.revisionId);
  });

  it("is the only one at a time", async () => {
    const { create, settle, update, lambda, context } = openLambda();
    await create("f");
    await settle();
    await update("f", "2");
    await expect(update("f", "3")).rejects.toMatchObject(UPDATING);
    await expect(lambda.UpdateFunctionConfiguration({ FunctionName: "f", Timeout: 4 }, context())).rejects.toMatchObject(UPDATING);
    await lambda.AddPermission({ FunctionName: "f", StatementId: "s", Action: "lambda:InvokeFunction", Principal: "*" }, context());
    await settle();
    await update("f", "3");
  });

  it("is asked for its revision before it is asked to wait", async () => {
    const { create, lambda, context } = openLambda();
    await create("f");
    await expect(lambda.UpdateFunctionConfiguration({ FunctionName: "f", RevisionId: "no" }, context())).rejects.toMatchObject({ code: "PreconditionFailedException" });
  });

  it("of two at the same moment wins once", async () => {
    const { create, settle, update, blobFiles } = openLambda();
    await create("f");
    await settle();
    const results = await Promise.allSettled([update("f", "2"), update("f", "3"), update("f", "4")]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected", "rejected"]);
    expect(blobFiles()).toHaveLength(2);
    await settle();
    expect(blobFiles()).toHaveLength(1);
  });

  it("does not give warm environments up for a change of the policy or of tags", async () => {
    const { create, settle, lambda, context, runs, targets } = openLambda();
    await create("f");
    await settle();
    await runs("f");
    await lambda.AddPermission({ FunctionName: "f", StatementId: "s", Action: "lambda:InvokeFunction", Principal: "*" }, context());
    await lambda.TagResource({ Resource: arnOf("f"), Tags: { a: "1" } }, context());
    await runs("f");
    expect(targets[0]!.revisionId).toBe(targets[1]!.revisionId);
  });

  it("that a crash interrupted is done by the next process", async () => {
    const first = openLambda();
    const { CodeSha256: old } = await first.create("f", "old");
    await first.settle();
    const { CodeSha256: fresh } = await first.update("f", "new");
    await first.close();
    const second = openLambda({ directory: first.directory });
    await second.clock.advance(SETTLE_MS);
    expect(await second.runs("f")).toBe(old);
    await second.clock.advance(2 * SETTLE_MS);
    expect(await second.runs("f")).toBe(fresh);
    expect(second.blobFiles()).toHaveLength(1);
  });

  it("that settles between looking and running runs what serves now", async () => {
    const ground = openLambda({
      async run({ code }) {
        if (code.sha256Base64 !== old) return;
        await ground.settle();
        throw new Error("its package is gone");
      },
    });
    const old = (await ground.create("f", "old")).CodeSha256;
    await ground.clock.advance(SETTLE_MS);
    const updated = await ground.update("f", "new");
    expect(await ground.runs("f")).toBe(updated.CodeSha256);
    expect(ground.targets).toHaveLength(2);
  });
});
