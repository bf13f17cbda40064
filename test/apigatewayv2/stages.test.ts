import {
  CreateDeploymentCommand, CreateStageCommand, DeleteAccessLogSettingsCommand, DeleteDeploymentCommand, DeleteRouteSettingsCommand, DeleteStageCommand, GetDeploymentCommand, GetDeploymentsCommand, GetStageCommand, GetStagesCommand, ResetAuthorizersCacheCommand,
  UpdateApiCommand, UpdateDeploymentCommand, UpdateStageCommand, type CreateStageCommandInput,
} from "@aws-sdk/client-apigatewayv2";
import { beforeAll, describe, expect, it } from "vitest";
import { refusal, useApis } from "./support.ts";

const on = useApis();
const LOG = "arn:aws:logs:us-east-1:000000000000:log-group:/apis/pets";
const keys = async (ApiId: string, stage: string) => (await on.served(ApiId, stage))?.snapshot?.routes.map(({ RouteKey }) => RouteKey).toSorted();

describe("a stage", () => {
  it("serves nothing until something is deployed to it, and then what was deployed", async () => {
    const ApiId = await on.make();
    const { $metadata: _1, ...made } = await on.api.send(new CreateStageCommand({ ApiId, StageName: "live", StageVariables: { color: "red" }, Tags: { a: "b" } }));
    expect(made).toEqual({ StageName: "live", CreatedDate: expect.any(Date) as Date, LastUpdatedDate: expect.any(Date) as Date, DefaultRouteSettings: { DetailedMetricsEnabled: false }, RouteSettings: {}, StageVariables: { color: "red" }, Tags: { a: "b" } });
    expect((await on.served(ApiId, "live"))?.snapshot).toBeUndefined();
    expect(await refusal(on.api.send(new CreateDeploymentCommand({ ApiId })))).toBe("BadRequestException: Unable to deploy API because no routes exist in this API");

    await on.route(ApiId, "GET /a");
    const { $metadata: _2, ...first } = await on.api.send(new CreateDeploymentCommand({ ApiId, StageName: "live", Description: "one" }));
    expect(first).toEqual({ DeploymentId: expect.stringMatching(/^[a-z0-9]{6}$/) as string, AutoDeployed: false, CreatedDate: expect.any(Date) as Date, DeploymentStatus: "DEPLOYED", Description: "one" });
    await on.route(ApiId, "GET /b");
    await on.api.send(new UpdateApiCommand({ ApiId, Name: "dogs" }));
    expect(await keys(ApiId, "live")).toEqual(["GET /a"]);
    expect((await on.served(ApiId, "live"))?.snapshot?.api.Name).toBe("pets");

    const second = await on.api.send(new CreateDeploymentCommand({ ApiId }));
    expect(await on.api.send(new UpdateStageCommand({ ApiId, StageName: "live", DeploymentId: second.DeploymentId }))).toMatchObject({ DeploymentId: second.DeploymentId, StageVariables: { color: "red" } });
    expect(await keys(ApiId, "live")).toEqual(["GET /a", "GET /b"]);
    expect(await refusal(on.api.send(new DeleteDeploymentCommand({ ApiId, DeploymentId: second.DeploymentId })))).toMatch(/Active stages pointing to this deployment/);
    await on.api.send(new DeleteDeploymentCommand({ ApiId, DeploymentId: first.DeploymentId }));
    expect(await refusal(on.api.send(new GetDeploymentCommand({ ApiId, DeploymentId: first.DeploymentId })))).toBe("NotFoundException: Invalid Deployment identifier specified");
    expect(await on.api.send(new UpdateDeploymentCommand({ ApiId, DeploymentId: second.DeploymentId, Description: "two" }))).toMatchObject({ Description: "two" });
    expect((await on.api.send(new GetDeploymentsCommand({ ApiId }))).Items).toHaveLength(1);
  });

  it("follows the API with AutoDeploy, and keeps what it has when that ends", async () => {
    const ApiId = await on.make();
    const StageName = "$default";
    const { DeploymentId, LastDeploymentStatusMessage } = await on.api.send(new CreateStageCommand({ ApiId, StageName, AutoDeploy: true }));
    expect(LastDeploymentStatusMessage).toBe(`Successfully deployed stage with deployment ID '${DeploymentId}'`);
    expect(await on.api.send(new GetDeploymentCommand({ ApiId, DeploymentId }))).toMatchObject({ AutoDeployed: true, DeploymentStatus: "DEPLOYED" });
    await on.route(ApiId, "GET /a");
    expect(await keys(ApiId, StageName)).toEqual(["GET /a"]);
    await on.route(ApiId, "GET /b");
    expect(await keys(ApiId, StageName)).toEqual(["GET /a", "GET /b"]);

    expect(await on.api.send(new UpdateStageCommand({ ApiId, StageName, AutoDeploy: false }))).toMatchObject({ AutoDeploy: false, DeploymentId });
    await on.route(ApiId, "GET /c");
    expect(await keys(ApiId, StageName)).toEqual(["GET /a", "GET /b"]);
    const again = await on.api.send(new UpdateStageCommand({ ApiId, StageName, AutoDeploy: true }));
    expect(again.DeploymentId).not.toBe(DeploymentId);
    expect(await keys(ApiId, StageName)).toHaveLength(3);
    expect(await refusal(on.api.send(new UpdateStageCommand({ ApiId, StageName, DeploymentId })))).toMatch(/auto deploy enabled/);
    expect(await refusal(on.api.send(new CreateDeploymentCommand({ ApiId, StageName })))).toMatch(/auto deploy enabled/);
  });

  it("stands on what another one follows as it was then", async () => {
    const ApiId = await on.make();
    await on.route(ApiId, "GET /a");
    const { DeploymentId } = await on.api.send(new CreateStageCommand({ ApiId, StageName: "next", AutoDeploy: true }));
    await on.api.send(new CreateStageCommand({ ApiId, StageName: "live", DeploymentId }));
    await on.route(ApiId, "GET /b");
    expect(await keys(ApiId, "live")).toEqual(["GET /a"]);
    expect(await keys(ApiId, "next")).toEqual(["GET /a", "GET /b"]);
    expect((await on.api.send(new GetStageCommand({ ApiId, StageName: "next" }))).DeploymentId).not.toBe(DeploymentId);
    await on.api.send(new DeleteStageCommand({ ApiId, StageName: "next" }));
    expect((await on.api.send(new GetStagesCommand({ ApiId }))).Items).toMatchObject([{ StageName: "live" }]);
    expect((await on.api.send(new GetDeploymentsCommand({ ApiId }))).Items).toMatchObject([{ DeploymentId }]);
    expect(await refusal(on.api.send(new GetStageCommand({ ApiId, StageName: "next" })))).toBe("NotFoundException: Invalid stage identifier specified");
  });

  it("has settings, for all routes and for one, which are changed one by one", async () => {
    const ApiId = await on.make();
    await on.route(ApiId, "GET /a");
    const StageName = "live";
    await on.api.send(new CreateStageCommand({ ApiId, StageName, StageVariables: { a: "1", b: "2" }, DefaultRouteSettings: { ThrottlingBurstLimit: 5, ThrottlingRateLimit: 2.5 }, RouteSettings: { "GET /a": { ThrottlingBurstLimit: 1 } }, AccessLogSettings: { DestinationArn: LOG, Format: "$context.requestId\n" } }));
    const changed = await on.api.send(new UpdateStageCommand({ ApiId, StageName, Description: "d", StageVariables: { a: "", c: "3" }, DefaultRouteSettings: { ThrottlingBurstLimit: 6 } }));
    expect(changed).toMatchObject({ Description: "d", StageVariables: { b: "2", c: "3" }, DefaultRouteSettings: { DetailedMetricsEnabled: false, ThrottlingBurstLimit: 6, ThrottlingRateLimit: 2.5 }, RouteSettings: { "GET /a": { ThrottlingBurstLimit: 1 } } });
    await on.api.send(new DeleteAccessLogSettingsCommand({ ApiId, StageName }));
    await on.api.send(new DeleteRouteSettingsCommand({ ApiId, StageName, RouteKey: "GET /a" }));
    const read = await on.api.send(new GetStageCommand({ ApiId, StageName }));
    expect(read.RouteSettings).toEqual({});
    expect(read).not.toHaveProperty("AccessLogSettings");
    expect(await refusal(on.api.send(new DeleteRouteSettingsCommand({ ApiId, StageName, RouteKey: "GET /a" })))).toMatch(/^NotFoundException/);
  });

  it("forgets what its authorizers said when it is told to", async () => {
    const ApiId = await on.make();
    await on.api.send(new CreateStageCommand({ ApiId, StageName: "live" }));
    const before = (await on.served(ApiId, "live"))!;
    await on.api.send(new ResetAuthorizersCacheCommand({ ApiId, StageName: "live" }));
    const after = (await on.served(ApiId, "live"))!;
    expect(after.api.revision).toBeGreaterThan(before.api.revision);
    expect(after.stage).toEqual(before.stage);
    expect(await refusal(on.api.send(new ResetAuthorizersCacheCommand({ ApiId, StageName: "none" })))).toMatch(/Invalid stage identifier/);
  });

  let http: string;
  let socket: string;
  beforeAll(async () => {
    [http, socket] = await Promise.all([on.make(), on.socket()]);
    await on.api.send(new CreateStageCommand({ ApiId: http, StageName: "taken" }));
  });
  const CASES: [string, "http" | "socket", Partial<CreateStageCommandInput>, RegExp][] = [
    ["a name that is taken", "http", { StageName: "taken" }, /^ConflictException: Stage already exists$/],
    ["a name of another form", "http", { StageName: "a.b" }, /^BadRequestException: Stage name only allows a-zA-Z0-9_$/],
    ["the default one of a WebSocket's", "socket", { StageName: "$default" }, /Stage name only allows/],
    ["a variable's name of another form", "http", { StageVariables: { "a-b": "c" } }, /Invalid stage variable name/],
    ["a variable's value of another form", "http", { StageVariables: { a: "b c" } }, /must match/],
    ["a deployment that is not there", "http", { DeploymentId: "nothing" }, /^NotFoundException: Invalid Deployment identifier specified$/],
    ["settings of a route that is not there", "http", { RouteSettings: { "GET /none": {} } }, /^NotFoundException: Unable to find Route by key GET \/none within the provided RouteSettings$/],
    ["execution logs", "http", { DefaultRouteSettings: { LoggingLevel: "INFO" } }, /^BadRequestException: Execution logs are not supported on protocol type HTTP$/],
    ["execution logs of a WebSocket's", "socket", { DefaultRouteSettings: { DataTraceEnabled: true } }, /^NotImplemented: .*LoggingLevel/],
    ["a log that is no group's", "http", { AccessLogSettings: { DestinationArn: "arn:aws:s3:::bucket", Format: "$context.requestId" } }, /Invalid ARN specified/],
    ["a log to Firehose", "http", { AccessLogSettings: { DestinationArn: "arn:aws:firehose:us-east-1:000000000000:deliverystream/amazon-apigateway-x", Format: "$context.requestId" } }, /^BadRequestException: Access log destination must only contain characters a-z, A-Z, 0-9, '_', '-', '\/', '\.': 'deliverystream\/amazon-apigateway-x'$/],
    ["a log without a request's id", "http", { AccessLogSettings: { DestinationArn: LOG, Format: "$context.status" } }, /^BadRequestException: The following errors are found in Access Log Format: Access Log format must include either \$context\.requestId or \$context\.extendedRequestId : '\$context\.status'$/],
    ["a log of two lines", "http", { AccessLogSettings: { DestinationArn: LOG, Format: "$context.requestId\n$context.status" } }, /single line/],
    ["a client's certificate", "socket", { ClientCertificateId: "x" }, /^NotImplemented: ClientCertificateId/],
  ];
  it.each(CASES)("is refused with %s", async (_what, kind, input, text) => {
    expect(await refusal(on.api.send(new CreateStageCommand({ ApiId: kind === "http" ? http : socket, StageName: "s", ...input })))).toMatch(text);
  });
});
