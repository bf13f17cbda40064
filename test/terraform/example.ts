import { execFile, spawnSync } from "node:child_process";
import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { ListRolesCommand } from "@aws-sdk/client-iam";
import { DescribeLogGroupsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { eventually } from "../support/temporary.ts";
import { terraformIn, type Outcome } from "../support/terraform.ts";
import { errorsOf, NOTHING } from "./outcome.ts";
import type { Suite } from "./suite.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const EXAMPLE = join(ROOT, "examples/terraform");
const PERMISSION = /resource "aws_lambda_permission" "bucket" \{\n[^}]*\n\}\n/;
/** A module has it from its root. The example's own is tried by itself. */
const PROVIDER = /provider "aws" \{\n[^]*?\n\}\n/;

// It makes the function's zip file.
const hasPython = spawnSync("python3", ["--version"]).status === 0;

let byItself: Promise<Outcome> | undefined;

const POLICY = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: [
        "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:PassRole",
        "iam:PutRolePolicy", "iam:TagRole",
      ],
      Resource: "arn:aws:iam::000000000000:role/inbox",
    },
    {
      Effect: "Allow",
      Action: ["AddPermission", "CreateFunction", "DeleteFunction", "GetFunction", "GetFunctionCodeSigningConfig", "GetPolicy", "ListVersionsByFunction", "RemovePermission", "TagResource", "UpdateFunctionCode", "UpdateFunctionConfiguration"].map((action) => `lambda:${action}`),
      Resource: "arn:aws:lambda:us-east-1:000000000000:function:inbox",
    },
    { Effect: "Allow", Action: "s3:*", Resource: ["arn:aws:s3:::inbox", "arn:aws:s3:::inbox/*"] },
    { Effect: "Allow", Action: ["logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:ListTagsForResource", "logs:PutRetentionPolicy", "logs:TagResource"], Resource: ["arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/inbox", "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/inbox:*"] },
    { Effect: "Allow", Action: "logs:DescribeLogGroups", Resource: "*" },
  ],
};

/** What Terraform keeps of a module, as the state of a configuration that is its own root. */
const stateOf = (module: string, state: string, outputs: Record<string, unknown>): string => {
  const whole = JSON.parse(state) as { resources: { module?: string }[] };
  const texts = Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value, type: "string" }]));
  return JSON.stringify({ ...whole, outputs: texts, resources: whole.resources.filter((resource) => resource.module === `module.${module}`).map((resource) => ({ ...resource, module: undefined })) });
};

export const example: Suite = {
  title: "examples/terraform",
  name: "example",
  folder: EXAMPLE,
  missing: hasPython ? undefined : "there is no `python3` here",
  policy: POLICY,
  given: (endpoint) => `endpoint = "${endpoint}"\ngreeting = var.generation == 1 ? "Here is" : "There is"`,
  prepare(folder) {
    // Without its permission: the door is shut.
    const main = readFileSync(join(folder, "main.tf"), "utf8");
    expect(main).toMatch(PERMISSION);
    expect(main).toMatch(PROVIDER);
    writeFileSync(join(folder, "main.tf"), main.replace(PROVIDER, "").replace(PERMISSION, "").replace("aws_lambda_permission.bucket", "aws_lambda_function.uploads"));
  },
  // Nothing is taken over; the folder has changed.
  imported(on) {
    appendFileSync(join(on.folder, "function/app.mjs"), "// changed\n");
    return {};
  },

  first(on) {
    it("fails as on AWS while the permission is missing, and `lambdad why` prints the block that it lacks", async () => {
      expect(on.did("first")).toMatchObject({ failed: ["aws_s3_bucket_notification.uploads"] });
      expect(on.errors("first")).toEqual([expect.stringContaining("api error InvalidArgument: Unable to validate the following destination configurations")]);
      const why = await promisify(execFile)(process.execPath, [join(ROOT, "bin/lambdad.js"), "why", "inbox", "--endpoint", on.server.endpoint, "--no-color"]);
      const block = /resource "aws_lambda_permission" "inbox_from_s3" \{\n[^}]*\n *\}\n/.exec(why.stdout)?.[0];
      expect(block).toBeDefined();
      const main = readFileSync(join(on.folder, "main.tf"), "utf8");
      writeFileSync(join(on.folder, "main.tf"), main.replace("depends_on = [aws_lambda_function.uploads]", "depends_on = [aws_lambda_permission.inbox_from_s3]") + block!);
    });
  },

  applied(on) {
    it("applies with that block, has no change after it, and an upload is in the log", async () => {
      expect(on.did("applied")).toEqual({ ...NOTHING, added: 2 });
      expect(on.left("applied")).toEqual([]);
      await on.clients.s3.send(new PutObjectCommand({ Bucket: "inbox", Key: "in/hello there.txt", Body: "Hello\nthere" }));
      await eventually("the upload is in the log", async () => {
        const { events } = await on.clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/inbox", filterPattern: '"Here is in/hello there.txt: Hello"' }));
        return events?.length === 1;
      });
    });

    it("can be planned with its own provider block", async () => {
      const folder = join(on.folder, "../example-by-itself");
      cpSync(on.folder, folder, { recursive: true });
      appendFileSync(join(folder, "main.tf"), PROVIDER.exec(readFileSync(join(EXAMPLE, "main.tf"), "utf8"))![0]);
      writeFileSync(join(folder, "terraform.tfstate"), stateOf("example", readFileSync(join(on.folder, "../terraform.tfstate"), "utf8"), on.outputs("applied")));
      const terraform = await terraformIn(folder, { TF_VAR_endpoint: on.server.endpoint });
      // The provider takes long to read such a block: meanwhile all others wait for their queues.
      byItself = terraform("plan");
    });
  },

  changed(on) {
    it("finds all of it by the addresses in its own provider block", { timeout: 120_000 }, async () => {
      const plan = await byItself!;
      expect([plan.code, errorsOf(plan.said)]).toEqual([0, []]);
      // It would take away the tags that the deployment gives to everything.
      expect(plan.said).toMatch(/^Plan: 0 to add, \d+ to change, 0 to destroy\.$/m);
    });

    it("takes a change of the folder", async () => {
      expect(on.did("changed")).toEqual({ ...NOTHING, added: 1, changed: 1, destroyed: 1 });
      expect(on.left("changed")).toEqual([]);
      const { Functions } = await on.clients.lambda.send(new ListFunctionsCommand());
      expect(Functions!.find(({ FunctionName }) => FunctionName === "inbox")).toMatchObject({ Environment: { Variables: { GREETING: "There is" } } });
    });
  },

  destroyed(on) {
    it("leaves nothing behind", async () => {
      // The bucket was not empty: `force_destroy`.
      const left = await Promise.all([
        on.clients.lambda.send(new ListFunctionsCommand()).then(({ Functions }) => Functions),
        on.clients.s3.send(new ListBucketsCommand()).then(({ Buckets }) => Buckets ?? []),
        on.clients.iam.send(new ListRolesCommand()).then(({ Roles }) => Roles ?? []),
        on.clients.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/aws/lambda/inbox" })).then(({ logGroups }) => logGroups ?? []),
      ]);
      expect(left).toEqual([[], [], [], []]);
    });
  },
};
