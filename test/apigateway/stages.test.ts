import {
  CreateDeploymentCommand, CreateDocumentationPartCommand, CreateDocumentationVersionCommand, CreateStageCommand, DeleteDeploymentCommand, DeleteStageCommand, FlushStageAuthorizersCacheCommand, GetAccountCommand, GetDeploymentCommand, GetDeploymentsCommand,
  GetStageCommand, GetStagesCommand, PutMethodCommand, UpdateAccountCommand, UpdateStageCommand,
} from "@aws-sdk/client-api-gateway";
import { CreateRoleCommand } from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import { add, refusal, remove, replace, useRestApis } from "./support.ts";

const on = useRestApis();

const deployable = async () => {
  const made = await on.make();
  await on.mock({ restApiId: made.restApiId, resourceId: made.rootId });
  return made;
};

describe("deployments", () => {
  it("fix the API as it is", async () => {
    const { restApiId, rootId } = await deployable();
    const deployment = await on.api.send(new CreateDeploymentCommand({ restApiId, stageName: "live", description: "first", stageDescription: "of all", variables: { color: "red" } }));
    expect(deployment).toMatchObject({ id: expect.stringMatching(/^[a-z0-9]{6}$/), description: "first", createdDate: expect.any(Date) });
    await on.resource(restApiId, rootId, "later");
    const served = await on.served(restApiId, "live");
    expect(served!.deployment.snapshot.resources.map(({ path }) => path)).toEqual(["/"]);
    expect(served!.stage).toMatchObject({ variables: { color: "red" }, description: "of all" });
    const { apiSummary } = await on.api.send(new GetDeploymentCommand({ restApiId, deploymentId: deployment.id, embed: ["apisummary"] }));
    expect(apiSummary).toEqual({ "/": { GET: { authorizationType: "NONE", apiKeyRequired: false } } });
    expect((await on.api.send(new GetDeploymentsCommand({ restApiId }))).items).toHaveLength(1);
  });

  it("are of APIs that can be served, and stay while a stage stands on them", async () => {
    const { restApiId, rootId } = await on.make();
    expect(await refusal(on.api.send(new CreateDeploymentCommand({ restApiId })))).toBe("BadRequestException: The REST API doesn't contain any methods");
    await on.api.send(new PutMethodCommand({ restApiId, resourceId: rootId, httpMethod: "PUT", authorizationType: "NONE" }));
    expect(await refusal(on.api.send(new CreateDeploymentCommand({ restApiId })))).toBe("BadRequestException: No integration defined for method");
    const other = await deployable();
    const { id: deploymentId } = await on.api.send(new CreateDeploymentCommand({ restApiId: other.restApiId, stageName: "live" }));
    expect(await refusal(on.api.send(new DeleteDeploymentCommand({ restApiId: other.restApiId, deploymentId })))).toBe("BadRequestException: Active stages pointing to this deployment must be moved or deleted");
    await on.api.send(new DeleteStageCommand({ restApiId: other.restApiId, stageName: "live" }));
    await on.api.send(new DeleteDeploymentCommand({ restApiId: other.restApiId, deploymentId }));
  });
});

describe("stages", () => {
  it("are told as AWS tells them", async () => {
    const { restApiId } = await deployable();
    const { id: deploymentId } = await on.api.send(new CreateDeploymentCommand({ restApiId }));
    const { $metadata: _metadata, ...told } = await on.api.send(new CreateStageCommand({ restApiId, stageName: "live", deploymentId, variables: { color: "red" }, tags: { a: "1" } }));
    expect(told).toEqual({
      stageName: "live", deploymentId, cacheClusterEnabled: false, cacheClusterStatus: "NOT_AVAILABLE", methodSettings: {}, tracingEnabled: false, variables: { color: "red" }, tags: { a: "1" }, createdDate: expect.any(Date), lastUpdatedDate: expect.any(Date),
    });
    expect((await on.api.send(new GetStagesCommand({ restApiId, deploymentId }))).item).toEqual([told]);
    const create = (input: object) => refusal(on.api.send(new CreateStageCommand({ restApiId, stageName: "other", deploymentId, ...input })));
    expect(await create({ stageName: "live" })).toBe("ConflictException: Stage already exists");
    expect(await create({ stageName: "a.b" })).toBe("BadRequestException: Stage name only allows a-zA-Z0-9_");
    expect(await create({ deploymentId: "nosuch" })).toBe("NotFoundException: Invalid Deployment identifier specified");
    expect(await create({ variables: { a: "<b>" } })).toMatch(/^BadRequestException: Invalid stage variable value of key a\.  Please use/);
    expect(await create({ variables: { "a-b": "1" } })).toBe("BadRequestException: Invalid stage variable name: a-b. Please use names with only word characters.");
    expect(await create({ cacheClusterEnabled: true })).toMatch(/^NotImplemented: The cache cluster of a stage is not built/);
    expect(await refusal(on.api.send(new GetStageCommand({ restApiId, stageName: "nosuch" })))).toBe("NotFoundException: Invalid stage identifier specified");
  });

  it("have settings of methods by their paths", async () => {
    const { restApiId } = await deployable();
    await on.api.send(new CreateDeploymentCommand({ restApiId, stageName: "live" }));
    const patch = (...patchOperations: ReturnType<typeof add>[]) => on.api.send(new UpdateStageCommand({ restApiId, stageName: "live", patchOperations }));
    const { methodSettings } = await patch(replace("/~1pets/GET/throttling/rateLimit", "2.5"), replace("/*/*/metrics/enabled", "true"), replace("/a/b/POST/throttling/burstLimit", "7"));
    expect(methodSettings).toEqual({
      "~1pets/GET": {
        throttlingRateLimit: 2.5, throttlingBurstLimit: 5000, metricsEnabled: false, loggingLevel: "OFF", dataTraceEnabled: false, cachingEnabled: false, cacheTtlInSeconds: 300, cacheDataEncrypted: false, requireAuthorizationForCacheControl: true,
        unauthorizedCacheControlHeaderStrategy: "SUCCEED_WITH_RESPONSE_HEADER",
      },
      "*/*": expect.objectContaining({ metricsEnabled: true, throttlingRateLimit: 10_000 }),
      "a/b/POST": expect.objectContaining({ throttlingBurstLimit: 7 }),
    });
    expect(Object.keys((await patch(remove("/~1pets/GET"))).methodSettings!)).toEqual(["*/*", "a/b/POST"]);
    expect(await refusal(patch(remove("/~1pets/GET")))).toBe("BadRequestException: Cannot remove method setting ~1pets/GET because there is no method setting for this method");
    expect(await refusal(patch(replace("/~1pets/GET/throttling/rate", "1")))).toBe(
      "BadRequestException: Invalid method setting path: /~1pets/GET/throttling/rate. Must be one of: [/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, " +
        "/{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, /{resourcePath}/{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit" +
        "/{resourcePath}/{httpMethod}/caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/dataEncrypted, /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, " +
        "/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, " +
        "/*/*/caching/enabled, /*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, /*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled]",
    );
    expect(await refusal(patch(replace("/*/*/caching/ttlInSeconds", "3601")))).toBe("BadRequestException: Invalid time-to-live setting, must be an integer no greater than 3600");
    await patch(replace("/__proto__/GET/metrics/enabled", "true"));
    expect(({} as { metricsEnabled?: unknown }).metricsEnabled).toBeUndefined();
  });

  it("log nowhere without a role of the account that API Gateway may have", async () => {
    const { restApiId } = await deployable();
    await on.api.send(new CreateDeploymentCommand({ restApiId, stageName: "live" }));
    const patch = (...patchOperations: ReturnType<typeof add>[]) => on.api.send(new UpdateStageCommand({ restApiId, stageName: "live", patchOperations }));
    const access = [replace("/accessLogSettings/destinationArn", "arn:aws:logs:us-east-1:000000000000:log-group:access"), replace("/accessLogSettings/format", "$context.requestId")];
    expect(await refusal(patch(...access))).toBe("BadRequestException: CloudWatch Logs role ARN must be set in account settings to enable logging");
    expect(await refusal(patch(replace("/*/*/logging/loglevel", "INFO")))).toBe("BadRequestException: CloudWatch Logs role ARN must be set in account settings to enable logging");
    const account = (arn: string) => on.api.send(new UpdateAccountCommand({ patchOperations: [replace("/cloudwatchRoleArn", arn)] }));
    expect(await refusal(account("arn:aws:iam::000000000000:role/nosuch"))).toMatch(/^BadRequestException: The role ARN does not have required permissions configured\./);
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "apigateway.amazonaws.com" } }] });
    const { Role } = await on.clients.iam.send(new CreateRoleCommand({ RoleName: "logs", AssumeRolePolicyDocument }));
    await account(Role!.Arn!);
    expect(await on.api.send(new GetAccountCommand({}))).toMatchObject({ cloudwatchRoleArn: Role!.Arn, throttleSettings: { burstLimit: 5000, rateLimit: 10_000 }, features: ["UsagePlans"] });
    expect((await patch(...access)).accessLogSettings).toEqual({ destinationArn: "arn:aws:logs:us-east-1:000000000000:log-group:access", format: "$context.requestId" });
    expect(await refusal(patch(replace("/accessLogSettings/format", "$context.status")))).toBe("BadRequestException: Access Log format must include either $context.requestId or $context.extendedRequestId : '$context.status'");
    expect(await refusal(patch(replace("/accessLogSettings/destinationArn", "arn:aws:s3:::x")))).toBe("BadRequestException: Invalid ARN specified in the request. The ARN must be a valid CloudWatch Logs log group or Kinesis Data Firehose delivery stream ARN.");
    expect((await patch(remove("/accessLogSettings"))).accessLogSettings).toBeUndefined();
  });

  it("have a canary, which is promoted by copying", async () => {
    const { restApiId } = await deployable();
    const first = await on.api.send(new CreateDeploymentCommand({ restApiId, stageName: "live", variables: { color: "red", size: "1" } }));
    const second = await on.api.send(new CreateDeploymentCommand({ restApiId, stageName: "live", canarySettings: { percentTraffic: 10.5, stageVariableOverrides: { color: "blue" } } }));
    const stage = await on.api.send(new GetStageCommand({ restApiId, stageName: "live" }));
    expect(stage).toMatchObject({ deploymentId: first.id, canarySettings: { deploymentId: second.id, percentTraffic: 10.5, stageVariableOverrides: { color: "blue" }, useStageCache: false } });
    expect((await on.served(restApiId, "live"))!.canary!.id).toBe(second.id);
    const promoted = await on.api.send(new UpdateStageCommand({
      restApiId,
      stageName: "live",
      patchOperations: [
        { op: "copy", from: "/canarySettings/stageVariableOverrides", path: "/variables" }, { op: "copy", from: "/canarySettings/deploymentId", path: "/deploymentId" }, remove("/canarySettings"),
      ],
    }));
    expect([promoted.deploymentId, promoted.variables, promoted.canarySettings]).toEqual([second.id, { color: "blue", size: "1" }, undefined]);
    const patch = (...patchOperations: ReturnType<typeof add>[]) => on.api.send(new UpdateStageCommand({ restApiId, stageName: "live", patchOperations }));
    expect((await patch(replace("/canarySettings/percentTraffic", "5"))).canarySettings).toEqual({ deploymentId: second.id, percentTraffic: 5, useStageCache: false });
    expect(await refusal(patch(replace("/canarySettings/percentTraffic", "101")))).toMatch(/^BadRequestException/);
    expect(await refusal(patch({ op: "copy", from: "/description", path: "/deploymentId" }))).toMatch(/^BadRequestException: Invalid copy source/);
  });

  it("forget what authorizers said, and keep the documentation that they name", async () => {
    const { restApiId } = await deployable();
    await on.api.send(new CreateDeploymentCommand({ restApiId, stageName: "live" }));
    await on.api.send(new FlushStageAuthorizersCacheCommand({ restApiId, stageName: "live" }));
    expect((await on.served(restApiId, "live"))!.stage.authorizersCache).toBe(1);
    await on.api.send(new CreateDocumentationPartCommand({ restApiId, location: { type: "API" }, properties: '{"description":"x"}' }));
    await on.api.send(new CreateDocumentationVersionCommand({ restApiId, documentationVersion: "1.0", stageName: "live" }));
    expect(await on.api.send(new GetStageCommand({ restApiId, stageName: "live" }))).toMatchObject({ documentationVersion: "1.0" });
    expect(await on.api.send(new GetStageCommand({ restApiId, stageName: "live" }))).not.toHaveProperty("authorizersCache");
  });
});
