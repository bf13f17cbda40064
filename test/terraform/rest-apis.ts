import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  APIGatewayClient, GetApiKeysCommand, GetDeploymentsCommand, GetDomainNamesCommand, GetMethodCommand, GetResourcesCommand, GetRestApisCommand, GetStageCommand, GetUsagePlansCommand,
} from "@aws-sdk/client-api-gateway";
import { expect, it } from "vitest";
import { ask } from "../front-doors/ask.ts";
import { zipOf } from "../support/functions.ts";
import { NOTHING } from "./outcome.ts";
import type { Module, Suite } from "./suite.ts";

const APP = `
def handler(event, context):
    return {"statusCode": 200, "body": event["path"]}
`;

const PATHS = ["restapis", "restapis/*", "apikeys", "apikeys/*", "usageplans", "usageplans/*", "domainnames", "domainnames/*", "account", "tags/*"];
const ACTIONS = ["GET", "POST", "PUT", "PATCH", "DELETE", "UpdateRestApiPolicy", "AddCertificateToDomain", "RemoveCertificateFromDomain"];
const POLICY = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: ACTIONS.map((action) => `apigateway:${action}`), Resource: PATHS.map((path) => `arn:aws:apigateway:us-east-1::/${path}`) },
    { Effect: "Allow", Action: ["iam:*", "lambda:*"], Resource: ["arn:aws:iam::000000000000:role/rest-pets", "arn:aws:lambda:us-east-1:000000000000:function:rest-pets"] },
    { Effect: "Allow", Action: "logs:*", Resource: "arn:aws:logs:us-east-1:000000000000:log-group:/apis/rest-pets*" },
    { Effect: "Allow", Action: "logs:DescribeLogGroups", Resource: "*" },
  ],
};

const api = (on: Module) => new APIGatewayClient({ endpoint: on.server.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
const idOf = async (on: Module, name: string) => (await api(on).send(new GetRestApisCommand())).items!.find((one) => one.name === name)!.id!;
const resources = async (on: Module, restApiId: string) => (await api(on).send(new GetResourcesCommand({ restApiId }))).items!;

export const restApis: Suite = {
  title: "with REST APIs",
  name: "rest_apis",
  folder: join(import.meta.dirname, "rest-apis"),
  policy: POLICY,
  given: () => "generation = var.generation",
  prepare: async (folder) => writeFileSync(join(folder, "app.zip"), await zipOf({ "app.py": APP })),

  applied(on) {
    it("applies, and has no change after it", async () => {
      expect(on.did("first")).toEqual({ ...NOTHING, added: 33 });
      expect(on.did("applied")).toEqual(NOTHING);
      expect(on.left("applied")).toEqual([]);
    });

    it("answers at the URL that it tells, to whoever has the key", async () => {
      const { pets, key } = on.outputs("applied")["read"] as { pets: string; key: string };
      const { host, pathname } = new URL(pets);
      const get = (headers = {}) => ask(on.server.endpoint, host, { path: `${pathname}/pets/7?color=red`, headers });
      const [refused, answer] = [await get(), await get({ "x-api-key": key })];
      expect([refused.status, answer.status, answer.text]).toEqual([403, 200, "/pets/7"]);
    });

    it("made what was written", async () => {
      const restApiId = await idOf(on, "pets");
      const stage = await api(on).send(new GetStageCommand({ restApiId, stageName: "live" }));
      expect(stage).toMatchObject({ variables: { color: "red", size: "small" }, accessLogSettings: { format: "$context.requestId" }, tags: { project: "lambdad", purpose: "first" } });
      expect(stage.methodSettings).toMatchObject({ "*/*": { loggingLevel: "INFO", throttlingRateLimit: 100 }, "pets/POST": { throttlingBurstLimit: 5 } });
      expect((await resources(on, restApiId)).map(({ path }) => path).toSorted()).toEqual(["/", "/pets", "/pets/{id}"]);
      expect((await resources(on, await idOf(on, "imported"))).map(({ path }) => path).toSorted()).toEqual(["/", "/first"]);
      expect((await api(on).send(new GetUsagePlansCommand())).items).toMatchObject([{ name: "basic", quota: { limit: 100, offset: 1, period: "WEEK" }, apiStages: [{ apiId: restApiId, stage: "live", throttle: { "/pets/{id}/GET": { rateLimit: 3, burstLimit: 2 } } }] }]);
    });
  },

  changed(on) {
    it("changes in place what can be", async () => {
      expect(on.did("changed")).toEqual({ ...NOTHING, added: expect.any(Number), changed: expect.any(Number), destroyed: expect.any(Number) });
      expect(on.left("changed")).toEqual([]);
      const restApiId = await idOf(on, "pets");
      expect(await api(on).send(new GetStageCommand({ restApiId, stageName: "live" }))).toMatchObject({ variables: { color: "blue" }, methodSettings: { "*/*": { metricsEnabled: false, throttlingRateLimit: 50.5 } } });
      const pets = (await resources(on, restApiId)).find(({ path }) => path === "/pets")!;
      const method = await api(on).send(new GetMethodCommand({ restApiId, resourceId: pets.id, httpMethod: "POST" }));
      expect(method).toMatchObject({ authorizationType: "COGNITO_USER_POOLS", authorizationScopes: ["pets/write"], methodIntegration: { requestTemplates: { "application/json": expect.stringContaining("second") as string }, integrationResponses: { 200: { selectionPattern: "ok.*" } } } });
      expect((await api(on).send(new GetDeploymentsCommand({ restApiId }))).items).toMatchObject([{ description: "the second" }]);
      expect((await resources(on, await idOf(on, "imported"))).map(({ path }) => path).toSorted()).toEqual(["/", "/second"]);
    });
  },

  destroyed(on) {
    it("destroys all of it", async () => {
      expect(on.did("destroyed")).toEqual({ ...NOTHING, destroyed: expect.any(Number) });
      expect((await api(on).send(new GetRestApisCommand())).items).toEqual([]);
      expect((await api(on).send(new GetApiKeysCommand())).items).toEqual([]);
      expect((await api(on).send(new GetDomainNamesCommand())).items).toEqual([]);
    });
  },
};
