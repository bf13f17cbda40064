import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiGatewayV2Client, GetApisCommand, GetAuthorizersCommand, GetDeploymentsCommand, GetDomainNamesCommand, GetIntegrationsCommand, GetRoutesCommand, GetStageCommand } from "@aws-sdk/client-apigatewayv2";
import { expect, it } from "vitest";
import { ask } from "../front-doors/ask.ts";
import { zipOf } from "../support/functions.ts";
import { NOTHING } from "./outcome.ts";
import type { Module, Suite } from "./suite.ts";

const APP = `
def handler(event, context):
    return {"pet": event["pathParameters"]["id"], "color": event["stageVariables"]["color"]}
`;

const POLICY = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: ["GET", "POST", "PUT", "PATCH", "DELETE"].map((method) => `apigateway:${method}`), Resource: ["apis", "apis/*", "domainnames", "domainnames/*", "tags/*"].map((path) => `arn:aws:apigateway:us-east-1::/${path}`) },
    { Effect: "Allow", Action: ["iam:*", "lambda:*"], Resource: ["arn:aws:iam::000000000000:role/pets", "arn:aws:lambda:us-east-1:000000000000:function:pets"] },
    { Effect: "Allow", Action: "logs:*", Resource: "arn:aws:logs:us-east-1:000000000000:log-group:/apis/pets*" },
    { Effect: "Allow", Action: "logs:DescribeLogGroups", Resource: "*" },
  ],
};

const api = (on: Module) => new ApiGatewayV2Client({ endpoint: on.server.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
const idOf = async (on: Module, name: string) => (await api(on).send(new GetApisCommand())).Items!.find(({ Name }) => Name === name)!.ApiId!;

/** The provider makes the URL itself, with AWS's name and `https`: the name is what the server knows the API by. */
const invoke = (on: Module, step: "applied" | "changed", path: string) => ask(on.server.endpoint, new URL((on.outputs(step)["read"] as { invoke: string }).invoke).host, { path });

export const httpApis: Suite = {
  title: "with HTTP and WebSocket APIs",
  name: "http_apis",
  folder: join(import.meta.dirname, "http-apis"),
  policy: POLICY,
  given: () => "generation = var.generation",
  prepare: async (folder) => writeFileSync(join(folder, "app.zip"), await zipOf({ "app.py": APP })),

  applied(on) {
    it("applies, reads back, and has no change after it", async () => {
      expect(on.did("first")).toEqual({ ...NOTHING, added: 26 });
      expect(on.did("applied")).toEqual(NOTHING);
      const { port } = new URL(on.server.endpoint);
      const [pets, chat] = await Promise.all([idOf(on, "pets"), idOf(on, "chat")]);
      expect(on.outputs("applied")["read"]).toMatchObject({ endpoint: `http://${pets}.execute-api.us-east-1.localhost:${port}`, socket: `ws://${chat}.execute-api.us-east-1.localhost:${port}` });
      expect(on.left("applied")).toEqual([]);
    });

    it("answers at the URL that it tells", async () => {
      const answer = await invoke(on, "applied", "/pets/7");
      expect([answer.status, answer.json]).toEqual([200, { pet: "7", color: "red" }]);
    });

    it("made what was written", async () => {
      const ApiId = await idOf(on, "pets");
      const { Items: routes } = await api(on).send(new GetRoutesCommand({ ApiId }));
      expect(routes!.map(({ RouteKey, AuthorizationType }) => `${RouteKey} ${AuthorizationType}`).toSorted()).toEqual(["ANY /elsewhere/{proxy+} NONE", "GET /pets/{id} NONE", "POST /pets JWT"]);
      expect(await api(on).send(new GetStageCommand({ ApiId, StageName: "$default" }))).toMatchObject({ AutoDeploy: true, StageVariables: { color: "red", size: "small" }, DefaultRouteSettings: { ThrottlingRateLimit: 50.5 }, Tags: { project: "lambdad" } });
      expect((await api(on).send(new GetRoutesCommand({ ApiId: await idOf(on, "imported") }))).Items).toMatchObject([{ RouteKey: "GET /first" }]);
    });
  },

  changed(on) {
    it("serves by the new route what the API is now", async () => {
      const [gone, pet] = await Promise.all([invoke(on, "changed", "/pets/7"), invoke(on, "changed", "/dogs/7")]);
      expect([gone.status, pet.status, pet.json]).toEqual([404, 200, { pet: "7", color: "blue" }]);
    });

    it("changes in place what can be", async () => {
      expect(on.did("changed")).toEqual({ ...NOTHING, changed: 13 });
      expect(on.left("changed")).toEqual([]);
      const ApiId = await idOf(on, "pets");
      const { Items: routes } = await api(on).send(new GetRoutesCommand({ ApiId }));
      expect(routes!.map(({ RouteKey, AuthorizationType }) => `${RouteKey} ${AuthorizationType}`).toSorted()).toEqual(["ANY /elsewhere/{proxy+} NONE", "GET /dogs/{id} NONE", "POST /pets CUSTOM"]);
      const { Items: integrations } = await api(on).send(new GetIntegrationsCommand({ ApiId }));
      expect(integrations!.map(({ TimeoutInMillis, RequestParameters }) => ({ TimeoutInMillis, RequestParameters }))).toEqual(expect.arrayContaining([{ TimeoutInMillis: 5000, RequestParameters: undefined }, { TimeoutInMillis: 30_000, RequestParameters: { "append:header.x-second": "2" } }]));
      expect((await api(on).send(new GetStageCommand({ ApiId, StageName: "$default" }))).StageVariables).toEqual({ color: "blue" });
      expect((await api(on).send(new GetAuthorizersCommand({ ApiId }))).Items!.map(({ Name }) => Name).toSorted()).toEqual(["function-second", "jwt"]);
      expect((await api(on).send(new GetDeploymentsCommand({ ApiId }))).Items).toHaveLength(2);
      expect((await api(on).send(new GetRoutesCommand({ ApiId: await idOf(on, "imported") }))).Items).toMatchObject([{ RouteKey: "GET /second" }]);
    });
  },

  destroyed(on) {
    it("destroys all of it", async () => {
      expect(on.did("destroyed")).toEqual({ ...NOTHING, destroyed: expect.any(Number) });
      expect((await api(on).send(new GetApisCommand())).Items).toEqual([]);
      expect((await api(on).send(new GetDomainNamesCommand())).Items).toEqual([]);
    });
  },
};
