import { describe, expect, it } from "vitest";
import type { Permission } from "../../src/services/service.ts";
import { createPermissions } from "../../src/services/apigateway/permissions.ts";
import type { Store } from "../../src/store/store.ts";
import { requestContext } from "../support/context.ts";

const OPERATIONS = ["CreateRestApi", "PutIntegration", "UpdateIntegration", "CreateAuthorizer", "UpdateAccount", "CreateDomainName", "UpdateDomainName", "DeleteDomainName", "PutRestApi", "TagResource", "GetStage", "GetMethodResponse"] as const;
const store = { read: async () => ({ team: "a" }) } as unknown as Store;
const permissions = createPermissions(store, OPERATIONS);

const asked = async (operation: (typeof OPERATIONS)[number], input: object): Promise<string[]> => {
  const of = permissions[operation] as (input: object, context: object) => Promise<Permission[]>;
  return (await of(input, requestContext())).map(({ action, resource }) => `${action} ${resource.replace("arn:aws:apigateway:us-east-1::", "")}`);
};

describe("what API Gateway asks IAM", () => {
  it("is the method of HTTP on the path of its own API", async () => {
    expect(await asked("GetStage", { restApiId: "a", stageName: "live" })).toEqual(["apigateway:GET /restapis/a/stages/live"]);
    expect(await asked("GetMethodResponse", { restApiId: "a", resourceId: "b", httpMethod: "GET", statusCode: "200" })).toEqual(["apigateway:GET /restapis/a/resources/b/methods/GET/responses/200"]);
    expect(await asked("TagResource", { resourceArn: "arn:aws:apigateway:us-east-1::/restapis/a", tags: { x: "1" } })).toEqual(["apigateway:PUT /tags/arn%3Aaws%3Aapigateway%3Aus-east-1%3A%3A%2Frestapis%2Fa"]);
  });

  it("is more for tags, policies, certificates and roles", async () => {
    const role = "arn:aws:iam::000000000000:role/r";
    const PASS = `iam:PassRole ${role}`;
    expect(await asked("CreateRestApi", { name: "a", tags: { x: "1" }, policy: "{}" })).toEqual(["apigateway:POST /restapis", "apigateway:POST /tags/", "apigateway:UpdateRestApiPolicy /restapis"]);
    expect(await asked("CreateRestApi", { name: "a", cloneFrom: "b" })).toEqual(["apigateway:POST /restapis", "apigateway:GET /restapis/b"]);
    const document = (parts: string) => ({ restApiId: "a", body: Buffer.from(`openapi: 3.0.1\n${parts}`) });
    expect(await asked("PutRestApi", document('"\\x78-amazon-apigateway-policy": {}'))).toEqual(["apigateway:PUT /restapis/a", "apigateway:UpdateRestApiPolicy /restapis/a"]);
    expect(await asked("PutRestApi", document(`paths: {/: {get: {x-amazon-apigateway-integration: {type: aws, credentials: "${role}"}}}}`))).toEqual(["apigateway:PUT /restapis/a", PASS]);
    expect(await asked("PutRestApi", document(`components: {securitySchemes: {own: {x-amazon-apigateway-authorizer: {type: token, authorizerCredentials: "${role}"}}}}`))).toEqual(["apigateway:PUT /restapis/a", PASS]);
    expect(await asked("PutRestApi", { restApiId: "a", body: Buffer.from("nothing") })).toEqual(["apigateway:PUT /restapis/a"]);
    expect(await asked("PutIntegration", { restApiId: "a", resourceId: "b", httpMethod: "GET", credentials: role })).toContain(PASS);
    expect(await asked("PutIntegration", { restApiId: "a", resourceId: "b", httpMethod: "GET", credentials: "arn:aws:iam::*:user/*" })).toHaveLength(1);
    expect(await asked("UpdateIntegration", { restApiId: "a", resourceId: "b", httpMethod: "GET", patchOperations: [{ op: "replace", path: "/credentials", value: role }] })).toContain(PASS);
    expect(await asked("CreateAuthorizer", { restApiId: "a", authorizerCredentials: role })).toContain(PASS);
    expect(await asked("UpdateAccount", { patchOperations: [{ op: "replace", path: "/cloudwatchRoleArn", value: role }] })).toEqual(["apigateway:PATCH /account", PASS]);
    expect(await asked("CreateDomainName", { domainName: "a.b" })).toEqual(["apigateway:POST /domainnames", "apigateway:AddCertificateToDomain /domainnames"]);
    expect(await asked("UpdateDomainName", { domainName: "a.b", patchOperations: [{ op: "replace", path: "/regionalCertificateArn", value: "x" }] })).toHaveLength(3);
    expect(await asked("DeleteDomainName", { domainName: "a.b" })).toEqual(["apigateway:DELETE /domainnames/a.b", "apigateway:RemoveCertificateFromDomain /domainnames/a.b"]);
  });

  it("knows the tags of what it is about", async () => {
    const [permission] = await (permissions.GetStage as (input: object, context: object) => Promise<Permission[]>)({ restApiId: "a", stageName: "live" }, requestContext());
    expect(permission!.context).toEqual({ "aws:ResourceTag/team": "a" });
  });
});
