import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiGatewayV2Client, GetApisCommand, GetAuthorizersCommand, GetDeploymentsCommand, GetDomainNamesCommand, GetIntegrationsCommand, GetRoutesCommand, GetStageCommand } from "@aws-sdk/client-apigatewayv2";
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import type { Clients } from "../support/clients.ts";
import { zipOf } from "../support/functions.ts";
import { hasTerraform, NO_TERRAFORM, useTerraform } from "../support/terraform.ts";

const OPTIONS = { timeout: 240_000 };
const APP = `
def handler(event, context):
    return {"pet": event["pathParameters"]["id"], "color": event["stageVariables"]["color"]}
`;

/** A user who may do what this configuration needs of API Gateway, and nothing else of it. */
const createUser = async ({ iam }: Clients): Promise<Record<string, string>> => {
  const policy = {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: ["GET", "POST", "PUT", "PATCH", "DELETE"].map((method) => `apigateway:${method}`), Resource: ["apis", "apis/*", "domainnames", "domainnames/*", "tags/*"].map((path) => `arn:aws:apigateway:us-east-1::/${path}`) },
      { Effect: "Allow", Action: ["iam:*", "lambda:*", "logs:*"], Resource: "*" },
    ],
  };
  await iam.send(new CreateUserCommand({ UserName: "deployer" }));
  await iam.send(new PutUserPolicyCommand({ UserName: "deployer", PolicyName: "deploy", PolicyDocument: JSON.stringify(policy) }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "deployer" }));
  return { AWS_ACCESS_KEY_ID: AccessKey!.AccessKeyId!, AWS_SECRET_ACCESS_KEY: AccessKey!.SecretAccessKey! };
};

export const testHttpApis = (): void => void describe.skipIf(!hasTerraform).concurrent(`Terraform, as a user of IAM, with HTTP and WebSocket APIs${NO_TERRAFORM}`, () => {
  const on = useTerraform(join(import.meta.dirname, "http-apis"), async ({ server, clients, folder }) => {
    writeFileSync(join(folder, "app.zip"), await zipOf({ "app.py": APP }));
    return { ...(await createUser(clients)), AWS_ENDPOINT_URL: server.endpoint, AWS_REGION: "us-east-1" };
  });
  const api = () => new ApiGatewayV2Client({ endpoint: on.server.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
  const idOf = async (name: string) => (await api().send(new GetApisCommand())).Items!.find(({ Name }) => Name === name)!.ApiId!;
  const read = async () => JSON.parse((await on.terraform("output", "-json", "read")).said) as Record<string, string>;

  it.sequential("applies, reads back, and has no change after it", OPTIONS, async () => {
    const applied = await on.terraform("apply", "-auto-approve");
    expect(applied.said).toMatch(/Apply complete! Resources: 26 added, 0 changed, 0 destroyed\./);
    const { port } = new URL(on.server.endpoint);
    const [pets, chat] = await Promise.all([idOf("pets"), idOf("chat")]);
    expect(await read()).toMatchObject({ endpoint: `http://${pets}.execute-api.us-east-1.localhost:${port}`, socket: `ws://${chat}.execute-api.us-east-1.localhost:${port}` });
    expect(await on.terraform("plan", "-detailed-exitcode")).toMatchObject({ code: 0, said: expect.stringContaining("No changes.") as string });
  });

  it.sequential("made what was written", OPTIONS, async () => {
    const ApiId = await idOf("pets");
    const { Items: routes } = await api().send(new GetRoutesCommand({ ApiId }));
    expect(routes!.map(({ RouteKey, AuthorizationType }) => `${RouteKey} ${AuthorizationType}`).toSorted()).toEqual(["ANY /elsewhere/{proxy+} NONE", "GET /pets/{id} NONE", "POST /pets JWT"]);
    expect(await api().send(new GetStageCommand({ ApiId, StageName: "$default" }))).toMatchObject({ AutoDeploy: true, StageVariables: { color: "red", size: "small" }, DefaultRouteSettings: { ThrottlingRateLimit: 50.5 }, Tags: { project: "lambdad" } });
    expect((await api().send(new GetRoutesCommand({ ApiId: await idOf("imported") }))).Items).toMatchObject([{ RouteKey: "GET /first" }]);
  });

  it.sequential("changes in place what can be", OPTIONS, async () => {
    const changed = await on.terraform("apply", "-auto-approve", "-var", "generation=2");
    expect(changed.said).toMatch(/Apply complete! Resources: 0 added, 13 changed, 0 destroyed\./);
    expect(await on.terraform("plan", "-detailed-exitcode", "-var", "generation=2")).toMatchObject({ code: 0, said: expect.stringContaining("No changes.") as string });
    const ApiId = await idOf("pets");
    const { Items: routes } = await api().send(new GetRoutesCommand({ ApiId }));
    expect(routes!.map(({ RouteKey, AuthorizationType }) => `${RouteKey} ${AuthorizationType}`).toSorted()).toEqual(["ANY /elsewhere/{proxy+} NONE", "GET /dogs/{id} NONE", "POST /pets CUSTOM"]);
    const { Items: integrations } = await api().send(new GetIntegrationsCommand({ ApiId }));
    expect(integrations!.map(({ TimeoutInMillis, RequestParameters }) => ({ TimeoutInMillis, RequestParameters }))).toEqual(expect.arrayContaining([{ TimeoutInMillis: 5000, RequestParameters: undefined }, { TimeoutInMillis: 30_000, RequestParameters: { "append:header.x-second": "2" } }]));
    expect((await api().send(new GetStageCommand({ ApiId, StageName: "$default" }))).StageVariables).toEqual({ color: "blue" });
    expect((await api().send(new GetAuthorizersCommand({ ApiId }))).Items!.map(({ Name }) => Name).toSorted()).toEqual(["function-second", "jwt"]);
    expect((await api().send(new GetDeploymentsCommand({ ApiId }))).Items).toHaveLength(2);
    expect((await api().send(new GetRoutesCommand({ ApiId: await idOf("imported") }))).Items).toMatchObject([{ RouteKey: "GET /second" }]);
  });

  it.sequential("destroys all of it", OPTIONS, async () => {
    const destroyed = await on.terraform("destroy", "-auto-approve", "-var", "generation=2");
    expect(destroyed.said).toContain("Destroy complete!");
    expect((await api().send(new GetApisCommand())).Items).toEqual([]);
    expect((await api().send(new GetDomainNamesCommand())).Items).toEqual([]);
  });
});
