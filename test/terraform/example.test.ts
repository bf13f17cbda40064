import { execFile, spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { ListRolesCommand } from "@aws-sdk/client-iam";
import { DescribeLogGroupsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clientsOf, type Clients } from "../support/clients.ts";
import { launchServer, type RunningServer } from "../support/server.ts";
import { eventually } from "../support/temporary.ts";
import { hasTerraform, NO_TERRAFORM, terraformIn, type Terraform } from "../support/terraform.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const PERMISSION = /resource "aws_lambda_permission" "bucket" \{\n[^}]*\n\}\n/;

// It makes the function's zip file.
const hasPython = spawnSync("python3", ["--version"]).status === 0;
const WHY_SKIPPED = NO_TERRAFORM || (hasPython ? "" : " (skipped: there is no `python3` here)");

describe.skipIf(!hasTerraform || !hasPython)(`examples/terraform${WHY_SKIPPED}`, () => {
  let server: RunningServer;
  let clients: Clients;
  let folder: string;
  let terraform: Terraform;
  beforeAll(async () => {
    server = await launchServer();
    clients = clientsOf(server.endpoint);
    folder = mkdtempSync(join(tmpdir(), "lambdad-terraform-"));
    cpSync(join(ROOT, "examples/terraform"), folder, { recursive: true });
    // Without its permission: the door is shut.
    const main = readFileSync(join(folder, "main.tf"), "utf8");
    expect(main).toMatch(PERMISSION);
    writeFileSync(join(folder, "main.tf"), main.replace(PERMISSION, "").replace("aws_lambda_permission.bucket", "aws_lambda_function.uploads"));
    terraform = await terraformIn(folder, { TF_VAR_endpoint: server.endpoint });
  });
  afterAll(async () => {
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  it("fails as on AWS while the permission is missing, and `lambdad why` prints the block that it lacks", { timeout: 120_000 }, async () => {
    const shut = await terraform("apply", "-auto-approve");
    expect(shut.said).toContain("api error InvalidArgument: Unable to validate the following destination configurations");
    expect(shut.code).toBe(1);
    const why = await promisify(execFile)(process.execPath, [join(ROOT, "bin/lambdad.js"), "why", "inbox", "--endpoint", server.endpoint, "--no-color"]);
    const block = /resource "aws_lambda_permission" "inbox_from_s3" \{\n[^}]*\n *\}\n/.exec(why.stdout)?.[0];
    expect(block).toBeDefined();
    appendFileSync(join(folder, "main.tf"), block!);
  });

  it("applies with that block, has no change after it, and an upload is in the log", { timeout: 120_000 }, async () => {
    const main = readFileSync(join(folder, "main.tf"), "utf8");
    writeFileSync(join(folder, "main.tf"), main.replace("depends_on = [aws_lambda_function.uploads]", "depends_on = [aws_lambda_permission.inbox_from_s3]"));
    const opened = await terraform("apply", "-auto-approve");
    expect(opened.said).toContain("Apply complete! Resources: 2 added, 0 changed, 0 destroyed.");
    expect(await terraform("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
    await clients.s3.send(new PutObjectCommand({ Bucket: "inbox", Key: "in/hello there.txt", Body: "Hello\nthere" }));
    await eventually("the upload is in the log", async () => {
      const { events } = await clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/inbox", filterPattern: '"Here is in/hello there.txt: Hello"' }));
      return events?.length === 1;
    });
  });

  it("takes a change of the folder, and leaves nothing behind", { timeout: 120_000 }, async () => {
    appendFileSync(join(folder, "function/app.mjs"), "// changed\n");
    const changed = await terraform("apply", "-auto-approve", "-var", "greeting=There is");
    expect(changed.said).toContain("Apply complete! Resources: 1 added, 1 changed, 1 destroyed.");
    const { Functions } = await clients.lambda.send(new ListFunctionsCommand());
    expect(Functions).toMatchObject([{ FunctionName: "inbox", Environment: { Variables: { GREETING: "There is" } } }]);
    // The bucket is not empty: `force_destroy`.
    expect((await terraform("destroy", "-auto-approve")).said).toContain("Destroy complete!");
    const left = await Promise.all([
      clients.lambda.send(new ListFunctionsCommand()).then(({ Functions }) => Functions),
      clients.s3.send(new ListBucketsCommand()).then(({ Buckets }) => Buckets ?? []),
      clients.iam.send(new ListRolesCommand()).then(({ Roles }) => Roles ?? []),
      clients.logs.send(new DescribeLogGroupsCommand()).then(({ logGroups }) => logGroups ?? []),
    ]);
    expect(left).toEqual([[], [], [], []]);
  });
});
