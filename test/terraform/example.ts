import { execFile, spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { ListRolesCommand } from "@aws-sdk/client-iam";
import { DescribeLogGroupsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/temporary.ts";
import { hasTerraform, NO_TERRAFORM, useTerraform } from "../support/terraform.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PERMISSION = /resource "aws_lambda_permission" "bucket" \{\n[^}]*\n\}\n/;

// It makes the function's zip file.
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const WHY_SKIPPED = NO_TERRAFORM || (hasPython ? "" : " (skipped: there is no `python3` here)");

export const testExample = (): void => void describe.skipIf(!hasTerraform || !hasPython).concurrent(`examples/terraform${WHY_SKIPPED}`, () => {
  const on = useTerraform(join(ROOT, "examples/terraform"), async ({ server, folder }) => {
    // Without its permission: the door is shut.
    const main = readFileSync(join(folder, "main.tf"), "utf8");
    expect(main).toMatch(PERMISSION);
    writeFileSync(join(folder, "main.tf"), main.replace(PERMISSION, "").replace("aws_lambda_permission.bucket", "aws_lambda_function.uploads"));
    return { TF_VAR_endpoint: server.endpoint };
  });

  it.sequential("fails as on AWS while the permission is missing, and `lambdad why` prints the block that it lacks", { timeout: 240_000 }, async () => {
    const shut = await on.terraform("apply", "-auto-approve");
    expect(shut.said).toContain("api error InvalidArgument: Unable to validate the following destination configurations");
    expect(shut.code).toBe(1);
    const why = await promisify(execFile)(process.execPath, [join(ROOT, "bin/lambdad.js"), "why", "inbox", "--endpoint", on.server.endpoint, "--no-color"]);
    const block = /resource "aws_lambda_permission" "inbox_from_s3" \{\n[^}]*\n *\}\n/.exec(why.stdout)?.[0];
    expect(block).toBeDefined();
    appendFileSync(join(on.folder, "main.tf"), block!);
  });

  it.sequential("applies with that block, has no change after it, and an upload is in the log", { timeout: 240_000 }, async () => {
    const main = readFileSync(join(on.folder, "main.tf"), "utf8");
    writeFileSync(join(on.folder, "main.tf"), main.replace("depends_on = [aws_lambda_function.uploads]", "depends_on = [aws_lambda_permission.inbox_from_s3]"));
    const opened = await on.terraform("apply", "-auto-approve");
    expect(opened.said).toContain("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.");
    expect(await on.terraform("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
    await on.clients.s3.send(new PutObjectCommand({ Bucket: "inbox", Key: "in/hello there.txt", Body: "Hello\nthere" }));
    await eventually("the upload is in the log", async () => {
      const { events } = await on.clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/inbox", filterPattern: '"Here is in/hello there.txt: Hello"' }));
      return events?.length === 1;
    });
  });

  it.sequential("takes a change of the folder, and leaves nothing behind", { timeout: 240_000 }, async () => {
    appendFileSync(join(on.folder, "function/app.mjs"), "// changed\n");
    const changed = await on.terraform("apply", "-auto-approve", "-var", "greeting=There is");
    expect(changed.said).toContain("Apply complete! Resources: 1 added, 1 changed, 1 destroyed.");
    const { Functions } = await on.clients.lambda.send(new ListFunctionsCommand());
    expect(Functions).toMatchObject([{ FunctionName: "inbox", Environment: { Variables: { GREETING: "There is" } } }]);
    // The bucket is not empty: `force_destroy`.
    expect((await on.terraform("destroy", "-auto-approve")).said).toContain("Destroy complete!");
    const left = await Promise.all([
      on.clients.lambda.send(new ListFunctionsCommand()).then(({ Functions }) => Functions),
      on.clients.s3.send(new ListBucketsCommand()).then(({ Buckets }) => Buckets ?? []),
      on.clients.iam.send(new ListRolesCommand()).then(({ Roles }) => Roles ?? []),
      on.clients.logs.send(new DescribeLogGroupsCommand()).then(({ logGroups }) => logGroups ?? []),
    ]);
    expect(left).toEqual([[], [], [], []]);
  });
});
