import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { ListPoliciesCommand, ListRolesCommand } from "@aws-sdk/client-iam";
import {
  GetAliasCommand, GetFunctionCommand, GetFunctionEventInvokeConfigCommand, GetLayerVersionPolicyCommand, GetPolicyCommand, GetProvisionedConcurrencyConfigCommand, GetRuntimeManagementConfigCommand, ListFunctionsCommand, ListFunctionUrlConfigsCommand,
  ListLayersCommand, ListLayerVersionsCommand,
} from "@aws-sdk/client-lambda";
import { GetBucketNotificationConfigurationCommand, HeadObjectCommand, ListBucketsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { ask } from "../front-doors/ask.ts";
import { zipOf } from "../support/functions.ts";
import { NOTHING } from "./outcome.ts";
import type { Module, Suite } from "./suite.ts";

const CONFIGURATION = join(import.meta.dirname, "every-resource");
const APP = `
import json, os
def handler(event, context):
    return {"greeting": os.environ.get("GREETING"), "name": event.get("name"), "version": context.function_version}
`;
const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:worker";

/** What Terraform is to take over again after it forgot it. */
const IMPORTED = {
  "aws_lambda_alias.live": "worker/live",
  "aws_lambda_permission.bucket": "worker/bucket",
  "aws_lambda_function_event_invoke_config.latest": "worker",
  "aws_lambda_function_recursion_config.worker": "worker",
  "aws_lambda_function_url.live": "worker/live",
  "aws_lambda_provisioned_concurrency_config.live": "worker,live",
  "aws_lambda_runtime_management_config.worker": "worker,$LATEST",
  "aws_s3_bucket_notification.uploads": "uploads",
  "aws_s3_bucket_policy.uploads": "uploads",
  "aws_iam_role.worker": "worker",
  "aws_iam_role_policy.hand_on": "worker:hand-on",
  "aws_iam_policy.read": "arn:aws:iam::000000000000:policy/team/read-uploads",
  "aws_iam_role_policy_attachment.read": "worker/arn:aws:iam::000000000000:policy/team/read-uploads",
  "aws_cloudwatch_log_group.worker": "/team/worker",
};

const urls = async (on: Module) => (await on.clients.lambda.send(new ListFunctionUrlConfigsCommand({ FunctionName: "worker" }))).FunctionUrlConfigs!.toSorted((a, b) => b.AuthType!.localeCompare(a.AuthType!));
const provisioned = (on: Module) => on.clients.lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName: "worker", Qualifier: "live" }));
const statements = async (on: Module, Qualifier?: string) => {
  const { Policy } = await on.clients.lambda.send(new GetPolicyCommand({ FunctionName: "worker", Qualifier }));
  return (JSON.parse(Policy!) as { Statement: { Sid: string; Principal: unknown; Condition?: unknown }[] }).Statement;
};

export const everyResource: Suite = {
  title: "with every resource that is built",
  name: "every_resource",
  folder: CONFIGURATION,
  policy: JSON.parse(readFileSync(join(CONFIGURATION, "policy.json"), "utf8")) as Suite["policy"],
  given: () => "generation = var.generation",
  async prepare(folder) {
    writeFileSync(join(folder, "app.zip"), await zipOf({ "app.py": APP }));
    writeFileSync(join(folder, "layer.zip"), await zipOf({ "python/library.py": "answer = 42\n" }));
  },
  imported: () => IMPORTED,

  applied(on) {
    it("applies, reads back, and has no change after it", () => {
      expect(on.did("first")).toEqual({ ...NOTHING, added: expect.any(Number) });
      expect(on.did("applied")).toEqual(NOTHING);
      expect(on.outputs("applied")["read"]).toEqual({
        account: "000000000000", alias: "1", body: "first", domain: "uploads.s3.us-east-1.amazonaws.com", functions: ["from-object", "worker"], keys: ["packages/app.zip"], layer: 2, region: "us-east-1",
        retention: 7, role: "arn:aws:iam::000000000000:role/team/worker", url: expect.stringMatching(/^http:\/\/[a-z0-9]{32}\.lambda-url\.us-east-1\.localhost:\d+\/$/), version: "1",
        said: [{ greeting: "first", name: "a resource", version: "1" }, { greeting: "first", name: "a data source", version: "$LATEST" }],
      });
      expect(on.left("applied")).toEqual([]);
    });

    it("made what was written", async () => {
      const { lambda, s3 } = on.clients;
      const { Configuration, Tags, Concurrency } = await lambda.send(new GetFunctionCommand({ FunctionName: "worker" }));
      expect(Configuration).toMatchObject({
        Description: "first", MemorySize: 128, Timeout: 10, EphemeralStorage: { Size: 1024 }, Layers: [{ Arn: "arn:aws:lambda:us-east-1:000000000000:layer:library:1" }],
        LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "INFO", SystemLogLevel: "WARN", LogGroup: "/team/worker" },
      });
      expect([Tags, Concurrency]).toEqual([{ project: "lambdad", stage: "test", purpose: "first" }, { ReservedConcurrentExecutions: 5 }]);
      const { LayerVersions } = await lambda.send(new ListLayerVersionsCommand({ LayerName: "library" }));
      expect(LayerVersions!.map(({ Version, CompatibleRuntimes, LicenseInfo }) => [Version, CompatibleRuntimes, LicenseInfo])).toEqual([[2, undefined, ""], [1, ["python3.11", "python3.13"], "MIT"]]);
      expect((await lambda.send(new GetLayerVersionPolicyCommand({ LayerName: "library", VersionNumber: 1 }))).Policy).toContain('"aws:PrincipalOrgID":"o-1234567890"');
      expect(await lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName: "worker" }))).toMatchObject({ MaximumEventAgeInSeconds: 120, MaximumRetryAttempts: 0 });
      expect(await lambda.send(new GetRuntimeManagementConfigCommand({ FunctionName: "worker" }))).toMatchObject({ UpdateRuntimeOn: "FunctionUpdate" });
      expect((await urls(on)).map(({ AuthType, InvokeMode, Cors }) => [AuthType, InvokeMode, Cors?.MaxAge])).toEqual([["NONE", "BUFFERED", 60], ["AWS_IAM", "BUFFERED", undefined]]);
      expect(await provisioned(on)).toMatchObject({ RequestedProvisionedConcurrentExecutions: 1, AvailableProvisionedConcurrentExecutions: 1, Status: "READY" });
      expect(await s3.send(new HeadObjectCommand({ Bucket: "uploads", Key: "texts/hello.txt" }))).toMatchObject({ CacheControl: "no-cache", StorageClass: "STANDARD_IA", TagCount: 3 });

      await expect(s3.send(new PutObjectCommand({ Bucket: "uploads", Key: "locked/a", Body: "x" }))).rejects.toMatchObject({ name: "AccessDenied" });

      const bySid = Object.fromEntries((await statements(on)).map(({ Sid, Principal, Condition }) => [Sid.replace(/^terraform-[\da-f]+$/, "terraform"), [Principal, Condition]]));
      expect(bySid).toEqual({
        bucket: [{ Service: "s3.amazonaws.com" }, { StringEquals: { "AWS:SourceAccount": "000000000000" }, ArnLike: { "AWS:SourceArn": "arn:aws:s3:::uploads" } }],
        terraform: ["*", { StringEquals: { "aws:PrincipalOrgID": "o-1234567890" } }],
        // Of the provider itself, for a URL that is open to everybody.
        FunctionURLAllowPublicAccess: ["*", { StringEquals: { "lambda:FunctionUrlAuthType": "NONE" } }],
        url: ["*", { StringEquals: { "lambda:FunctionUrlAuthType": "NONE" } }],
        "invoke-by-url": ["*", undefined],
        skill: [{ Service: "alexa-appkit.amazon.com" }, { StringEquals: { "lambda:EventSourceToken": "amzn1.ask.skill.0" } }],
        account: [{ AWS: "arn:aws:iam::111122223333:root" }, undefined],
      });
      expect((await statements(on, "live")).map(({ Sid }) => Sid)).toEqual([expect.stringMatching(/^to-live-[\da-f]+$/)]);
    });
  },

  changed(on) {
    it("answers at the function's URL that it tells", async () => {
      const { url } = on.outputs("changed")["read"] as { url: string };
      const answer = await ask(on.server.endpoint, new URL(url).host);
      expect([answer.status, answer.json]).toEqual([200, { greeting: "second", name: null, version: "$LATEST" }]);
    });

    it("takes over what is there already, and changes in place what can be", async () => {
      expect(on.did("changed")).toEqual({ ...NOTHING, imported: Object.keys(IMPORTED).length, changed: expect.any(Number) });
      expect(on.outputs("changed")["read"]).toMatchObject({ alias: "2", body: "second", retention: 14, version: "2", said: [{ version: "1" }, { greeting: "second", version: "$LATEST" }] });
      expect(on.left("changed")).toEqual([]);

      const { Tags, Concurrency } = await on.clients.lambda.send(new GetFunctionCommand({ FunctionName: "worker" }));
      const { Configuration } = await on.clients.lambda.send(new GetFunctionCommand({ FunctionName: "worker", Qualifier: "live" }));
      expect(Configuration).toMatchObject({ Version: "2", Description: "second", MemorySize: 256, LoggingConfig: { SystemLogLevel: "INFO" } });
      expect([Tags, Concurrency]).toMatchObject([{ purpose: "second" }, { ReservedConcurrentExecutions: 6 }]);
      expect(await on.clients.lambda.send(new GetAliasCommand({ FunctionName: "worker", Name: "split" }))).toMatchObject({ FunctionVersion: "1", RoutingConfig: { AdditionalVersionWeights: { 2: 0.25 } } });
      expect(await on.clients.lambda.send(new GetRuntimeManagementConfigCommand({ FunctionName: "worker" }))).toMatchObject({ UpdateRuntimeOn: "Auto" });
      expect((await urls(on)).map(({ AuthType, InvokeMode, Cors }) => [AuthType, InvokeMode, Cors?.MaxAge])).toEqual([["NONE", "BUFFERED", 120], ["AWS_IAM", "RESPONSE_STREAM", undefined]]);
      expect(await provisioned(on)).toMatchObject({ RequestedProvisionedConcurrentExecutions: 2, AvailableProvisionedConcurrentExecutions: 2, Status: "READY" });
      const { LambdaFunctionConfigurations } = await on.clients.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: "uploads" }));
      expect(LambdaFunctionConfigurations).toMatchObject([
        { Id: "photos", LambdaFunctionArn: FUNCTION, Filter: { Key: { FilterRules: [{ Name: "Prefix", Value: "second/" }, { Name: "Suffix", Value: ".jpg" }] } } },
        { LambdaFunctionArn: `${FUNCTION}:live`, Events: ["s3:ObjectRemoved:*"] },
      ]);
      // It is not in the way when all ends.
      await on.clients.s3.send(new PutObjectCommand({ Bucket: "uploads", Key: "a stranger's", Body: "x" }));
    });
  },

  destroyed(on) {
    it("destroys all of it, with what others put into the bucket", async () => {
      expect(on.did("destroyed")).toEqual({ ...NOTHING, destroyed: expect.any(Number) });
      const left = await Promise.all([
        on.clients.lambda.send(new ListFunctionsCommand()).then(({ Functions }) => Functions ?? []),
        on.clients.lambda.send(new ListLayersCommand()).then(({ Layers }) => Layers ?? []),
        on.clients.s3.send(new ListBucketsCommand()).then(({ Buckets }) => Buckets ?? []),
        on.clients.iam.send(new ListRolesCommand()).then(({ Roles }) => Roles ?? []),
        on.clients.iam.send(new ListPoliciesCommand({ Scope: "Local" })).then(({ Policies }) => Policies!.map(({ PolicyName }) => PolicyName!).filter((name) => !name.startsWith("deploy-"))),
        on.clients.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/team/" })).then(({ logGroups }) => logGroups ?? []),
      ]);
      expect(left).toEqual([[], [], [], [], [], []]);
      await expect(statements(on)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    });
  },
};
