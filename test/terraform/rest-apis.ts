import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  APIGatewayClient, GetApiKeysCommand, GetDeploymentsCommand, GetDomainNamesCommand, GetMethodCommand, GetResourcesCommand, GetRestApisCommand, GetStageCommand, GetUsagePlansCommand,
} from "@aws-sdk/client-api-gateway";
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import type { Clients } from "../support/clients.ts";
import { zipOf } from "../support/functions.ts";
import { hasTerraform, NO_TERRAFORM, useTerraform } from "../support/terraform.ts";

const OPTIONS = { timeout: 240_000 };
const APP = `
def handler(event, context):
    return {"statusCode": 200, "body": event["path"]}
`;

/** A user who may do what this configuration needs of API Gateway, and nothing else of it. */
const createUser = async ({ iam }: Clients): Promise<Record<string, string>> => {
  const paths = ["restapis", "restapis/*", "apikeys", "apikeys/*", "usageplans", "usageplans/*", "domainnames", "domainnames/*", "account", "tags/*"];
  const actions = ["GET", "POST", "PUT", "PATCH", "DELETE", "UpdateRestApiPolicy", "AddCertificateToDomain", "RemoveCertificateFromDomain"];
  const policy = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: actions.map((action) => `apigateway:${action}`), Resource: paths.map((path) => `arn:aws:apigateway:us-east-1::/${path}`) },
      { Effect: "Allow", Action: ["iam:*", "lambda:*", "logs:*"], Resource: "*" },
    ],
  };
  await iam.send(new CreateUserCommand({ UserName: "deployer" }));
  await iam.send(new PutUserPolicyCommand({ UserName: "deployer", PolicyName: "deploy", PolicyDocument: JSON.stringify(policy) }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "deployer" }));
  return { AWS_ACCESS_KEY_ID: AccessKey!.AccessKeyId!, AWS_SECRET_ACCESS_KEY: AccessKey!.SecretAccessKey! };
};

export const testRestApis = (): void => void describe.skipIf(!hasTerraform).concurrent(`Terraform, as a user of IAM, with REST APIs${NO_TERRAFORM}`, () => {
  const on = useTerraform(join(import.meta.dirname, "rest-apis"), async ({ server, clients, folder }) => {
    writeFileSync(join(folder, "app.zip"), await zipOf({ "app.py": APP }));
    return { ...(await createUser(clients)), AWS_ENDPOINT_URL: server.endpoint, AWS_REGION: "us-east-1" };
  });
  const api = () => new APIGatewayClient({ endpoint: on.server.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
  const idOf = async (name: string) => (await api().send(new GetRestApisCommand())).items!.find((one) => one.name === name)!.id!;
  const resources = async (restApiId: string) => (await api().send(new GetResourcesCommand({ restApiId }))).items!;

  it.sequential("applies, and has no change after it", OPTIONS, async () => {
    expect((await on.terraform("apply", "-auto-approve")).said).toMatch(/Apply complete! Resources: 33 added, 0 changed, 0 destroyed\./);
    expect(await on.terraform("plan", "-detailed-exitcode")).toMatchObject({ code: 0, said: expect.stringContaining("No changes.") as string });
  });

  it.sequential("made what was written", OPTIONS, async () => {
    const restApiId = await idOf("pets");
    const stage = await api().send(new GetStageCommand({ restApiId, stageName: "live" }));
    expect(stage).toMatchObject({ variables: { color: "red", size: "small" }, accessLogSettings: { format: "$context.requestId" }, tags: { project: "lambdad", purpose: "first" } });
    expect(stage.methodSettings).toMatchObject({ "*/*": { loggingLevel: "INFO", throttlingRateLimit: 100 }, "pets/POST": { throttlingBurstLimit: 5 } });
    expect((await resources(restApiId)).map(({ path }) => path).toSorted()).toEqual(["/", "/pets", "/pets/{id}"]);
    expect((await resources(await idOf("imported"))).map(({ path }) => path).toSorted()).toEqual(["/", "/first"]);
    expect((await api().send(new GetUsagePlansCommand())).items).toMatchObject([{ name: "basic", quota: { limit: 100, offset: 1, period: "WEEK" }, apiStages: [{ apiId: restApiId, stage: "live", throttle: { "/pets/{id}/GET": { rateLimit: 3, burstLimit: 2 } } }] }]);
  });

  it.sequential("changes in place what can be", OPTIONS, async () => {
    const changed = await on.terraform("apply", "-auto-approve", "-var", "generation=2");
    expect(changed.said).toMatch(/Apply complete! Resources: \d+ added, \d+ changed, \d+ destroyed\./);
    expect(await on.terraform("plan", "-detailed-exitcode", "-var", "generation=2")).toMatchObject({ code: 0, said: expect.stringContaining("No changes.") as string });
    const restApiId = await idOf("pets");
    expect(await api().send(new GetStageCommand({ restApiId, stageName: "live" }))).toMatchObject({ variables: { color: "blue" }, methodSettings: { "*/*": { metricsEnabled: false, throttlingRateLimit: 50.5 } } });
    const pets = (await resources(restApiId)).find(({ path }) => path === "/pets")!;
    const method = await api().send(new GetMethodCommand({ restApiId, resourceId: pets.id, httpMethod: "POST" }));
    expect(method).toMatchObject({ authorizationType: "COGNITO_USER_POOLS", authorizationScopes: ["pets/write"], methodIntegration: { requestTemplates: { "application/json": expect.stringContaining("second") as string }, integrationResponses: { 200: { selectionPattern: "ok.*" } } } });
    expect((await api().send(new GetDeploymentsCommand({ restApiId }))).items).toMatchObject([{ description: "the second" }]);
    expect((await resources(await idOf("imported"))).map(({ path }) => path).toSorted()).toEqual(["/", "/second"]);
  });

  it.sequential("destroys all of it", OPTIONS, async () => {
    expect((await on.terraform("destroy", "-auto-approve", "-var", "generation=2")).said).toContain("Destroy complete!");
    expect((await api().send(new GetRestApisCommand())).items).toEqual([]);
    expect((await api().send(new GetApiKeysCommand())).items).toEqual([]);
    expect((await api().send(new GetDomainNamesCommand())).items).toEqual([]);
  });
});
